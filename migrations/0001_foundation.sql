-- Foundation: areas, people, accounts, sessions, imports, audit.
-- Every table carries the district first in its primary key and in every
-- unique index, so that it can be partitioned, and later distributed, by it.

do $$
begin
  if not exists (select from pg_roles where rolname = 'gongping_service') then
    create role gongping_service nologin;
  end if;
exception when duplicate_object or unique_violation then null; -- another database of the cluster was faster
end $$;

do $$
begin
  if not pg_has_role(current_user, 'gongping_service', 'member') then
    execute format('grant gongping_service to %I', current_user);
  end if;
end $$;

create schema identity;
grant usage on schema public, identity to gongping_service;

-- append_only refuses change: it is the lock behind the grants.
create function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% on %.% refused: the table is append-only', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation', hint = 'write a new record with a reason instead';
end $$;

create table area (
  district    text not null check (district ~ '^[0-9]{6}$'),
  code        text not null check (code ~ '^[0-9]{6,15}$'),
  parent_code text,
  level       smallint not null check (level between 1 and 4), -- district, street, committee, grid
  name        text not null,
  kind        text not null default '',
  primary key (district, code),
  check (starts_with(code, district)),
  check ((level = 1) = (parent_code is null)),
  foreign key (district, parent_code) references area
);
create index area_parent on area (district, parent_code);

create table worker (
  district  text not null,
  worker_no text not null,
  name      text not null,
  post      text not null,
  area_code text not null,
  active    boolean not null default true,
  primary key (district, worker_no),
  foreign key (district, area_code) references area
);
create index worker_area on worker (district, area_code);

create table account (
  district      text not null check (district ~ '^[0-9]{6}$'),
  id            uuid not null,
  login         text not null check (login = lower(login) and login <> ''),
  password_hash text not null,
  display_name  text not null,
  role          text not null check (role in ('admin','manager','evaluator','supervisor','leader','worker','panel','auditor')),
  area_code     text not null,
  worker_no     text,
  locale        text not null default 'zh',
  failed        integer not null default 0,
  locked_until  timestamptz,
  disabled_at   timestamptz,
  created_at    timestamptz not null,
  primary key (district, id)
);
create unique index account_login on account (district, login);

create table session (
  district     text not null,
  token_hash   bytea not null,
  account_id   uuid not null,
  created_at   timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at   timestamptz not null,
  primary key (district, token_hash),
  foreign key (district, account_id) references account
);
create index session_account on session (district, account_id);

create table api_token (
  district   text not null,
  token_hash bytea not null,
  id         uuid not null,
  account_id uuid not null,
  name       text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (district, token_hash),
  foreign key (district, account_id) references account
);
create unique index api_token_id on api_token (district, id);

create table import_batch (
  district    text not null,
  id          uuid not null,
  kind        text not null,
  file_name   text not null,
  file_digest bytea not null,
  n_rows      bigint not null,
  created_by  uuid,
  created_at  timestamptz not null,
  note        text not null default '',
  primary key (district, id)
);

-- The audit log is a hash chain per district: hash = SHA-256 over the
-- canonical record and prev_hash (see internal/audit).
create table audit_log (
  district    text not null,
  seq         bigint not null,
  at          timestamptz not null,
  actor_id    uuid,
  actor_role  text not null,
  action      text not null,
  object_kind text not null,
  object_id   text not null,
  area        text not null default '',
  detail      text not null default '{}', -- canonical JSON, kept as text so that its bytes stay
  prev_hash   bytea not null,
  hash        bytea not null,
  primary key (district, seq)
);
create index audit_log_object on audit_log (district, object_kind, object_id);
create index audit_log_actor on audit_log (district, actor_id, at);

do $$
declare t text;
begin
  foreach t in array array['import_batch','audit_log'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
  end loop;
end $$;

grant select, insert, update on area, worker, account to gongping_service;
grant select, insert, update, delete on session to gongping_service;
grant select, insert, update on api_token to gongping_service;
grant select, insert on import_batch, audit_log to gongping_service;

---- create above / drop below ----

drop table audit_log, import_batch, api_token, session, account, worker, area;
drop function append_only();
drop schema identity;
