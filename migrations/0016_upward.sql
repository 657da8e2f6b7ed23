-- Upward: what departments hand down, and how those who carry it rate them.

-- A task that a department handed down. A change is a new version with its reason.
create table handed_task (
  district   text not null,
  id         uuid not null,
  version    integer not null check (version > 0),
  department text not null,
  title      text not null check (title <> ''),
  basis      text not null default '',   -- the document it rests on; '' is none known
  handed_on  date not null,
  level      text not null check (level in ('street','committee')),
  funds      boolean not null,           -- money came with it
  people     boolean not null,           -- people came with it
  minutes    integer check (minutes >= 0), -- a month and unit, as the street estimates; never asked of workers
  ended_on   date check (ended_on >= handed_on),
  area_code  text not null,              -- whose register it is
  reason     text not null default '',
  import_id  uuid,
  by_id      uuid,
  at         timestamptz not null,
  primary key (district, id, version),
  foreign key (district, department) references department,
  foreign key (district, import_id) references import_batch
);
create index handed_task_department on handed_task (district, department);

create table upward_survey (
  district      text not null,
  id            uuid not null,
  title         text not null check (title <> ''),
  opens_on      date not null,
  closes_on     date not null check (closes_on >= opens_on),
  questionnaire jsonb not null,
  cell          integer not null check (cell >= 5), -- fewer answers show nothing
  by_id         uuid,
  at            timestamptz not null,
  primary key (district, id)
);

create table upward_event (
  district  text not null,
  survey_id uuid not null,
  kind      text not null check (kind in ('closed')),
  by_id     uuid,
  at        timestamptz not null,
  primary key (district, survey_id, kind),
  foreign key (district, survey_id) references upward_survey
);

-- One answer a worker and department: a keyed hash of survey, department and
-- account. Without the key outside the database nobody can tell whose it is,
-- and it stands in no answer.
create table upward_spent (
  district   text not null,
  token_hash text not null,
  primary key (district, token_hash)
);

-- An answer knows the survey and the department, and nothing of who gave it:
-- no account, no area, no time. The service writes it and cannot read it.
create table upward_answer (
  district   text not null,
  id         uuid not null,
  survey_id  uuid not null,
  department text not null,
  answers    jsonb not null,
  primary key (district, id),
  foreign key (district, survey_id) references upward_survey,
  foreign key (district, department) references department
);
create index upward_answer_survey on upward_answer (district, survey_id, department);

-- The only way to the answers: sums by department and question of a survey that
-- is closed, where no fewer than its cell have answered.
create function upward_tally(of_district text, of_survey uuid)
returns table (department text, item text, n bigint, total double precision, squares double precision)
language sql stable security definer set search_path = pg_catalog, public as $$
  with s as (select * from upward_survey u where u.district = of_district and u.id = of_survey
      and exists (select from upward_event e where e.district = u.district and e.survey_id = u.id and e.kind = 'closed')),
    a as (select w.department, w.answers, s.cell from upward_answer w join s on w.district = s.district and w.survey_id = s.id),
    big as (select a.department, min(a.cell) as cell from a group by a.department having count(*) >= min(a.cell)),
    v as (select a.department, k.key, 25.0 * (k.value::int - 1) as score from a join big using (department), jsonb_each_text(a.answers) k where k.value ~ '^[1-5]$')
  select v.department, v.key, count(*), sum(v.score)::double precision, sum(v.score * v.score)::double precision
    from v join big using (department) group by v.department, v.key, big.cell having count(*) >= big.cell
  union all
  select a.department, '', count(*), 0, 0 from a join big using (department) group by a.department
$$;

do $$
declare t text;
begin
  foreach t in array array['handed_task','upward_survey','upward_event','upward_spent','upward_answer'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
  end loop;
end $$;
grant select, insert on handed_task, upward_survey, upward_event to gongping_service;
-- Columns only: without the row's system columns their order cannot be read.
grant select (district, token_hash), insert on upward_spent to gongping_service;
grant insert on upward_answer to gongping_service;
revoke all on function upward_tally(text, uuid) from public;
grant execute on function upward_tally(text, uuid) to gongping_service;

---- create above / drop below ----

drop function upward_tally(text, uuid);
drop table upward_answer, upward_spent, upward_event, upward_survey, handed_task;
