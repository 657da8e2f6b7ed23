-- Functional departments: whose matter a cause may be, their accounts, their answers.

create table department (
  district   text not null check (district ~ '^[0-9]{6}$'),
  code       text not null check (code ~ '^[a-z][a-z0-9_]{1,30}$'),
  name       text not null check (name <> ''),
  name_en    text not null default '',
  active     boolean not null default true,
  created_at timestamptz not null,
  primary key (district, code)
);

alter table account
  add column department text,
  drop constraint account_role_check,
  add constraint account_role_check check (role in ('admin','manager','evaluator','supervisor','leader','worker','panel','auditor','department')),
  add constraint account_department_check check ((role = 'department') = (department is not null)),
  add constraint account_department_fkey foreign key (district, department) references department;

-- What a department says on its card. A correction is a new reply.
create table department_reply (
  district   text not null,
  id         uuid not null,
  department text not null,
  round_id   uuid,            -- the round whose causes it answers, or none
  topic      text not null default '',
  body       text not null check (body <> ''),
  by_id      uuid,
  at         timestamptz not null,
  primary key (district, id),
  foreign key (district, department) references department,
  foreign key (district, round_id) references round
);
create index department_reply_department on department_reply (district, department, at);

create trigger append_only before update or delete or truncate on department_reply for each statement execute function append_only();
grant select, insert, update on department to gongping_service;
grant select, insert on department_reply to gongping_service;

---- create above / drop below ----

drop table department_reply;
alter table account drop constraint account_department_fkey, drop constraint account_department_check, drop constraint account_role_check, drop column department;
alter table account add constraint account_role_check check (role in ('admin','manager','evaluator','supervisor','leader','worker','panel','auditor'));
drop table department;
