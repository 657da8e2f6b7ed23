-- Disputes: the sealed register, extensions, public notices with objections,
-- the second instance, and what a decision led to.

-- An entry says that a worker has a known conflict with a household, from
-- before the draw. What it says is sealed; only the server's matching opens it.
create table conflict_entry (
  district   text not null,
  id         uuid not null,
  receipt    text not null,
  account_id uuid not null,
  unit       text not null,
  kind       text not null,
  content    bytea not null, -- sealed: household, case number, what happened
  digest     bytea not null, -- of the content with a random key: shows later that it was not changed
  at         timestamptz not null,
  expires_at timestamptz not null check (expires_at > at),
  primary key (district, id),
  foreign key (district, account_id) references account,
  foreign key (district, unit) references area
);
create unique index conflict_entry_receipt on conflict_entry (district, receipt);
create index conflict_entry_account on conflict_entry (district, account_id, at);

create table conflict_evidence (
  district   text not null,
  id         uuid not null,
  entry_id   uuid not null,
  name       bytea not null, -- sealed
  media_type text not null,
  content    bytea not null, -- sealed
  size       integer not null check (size > 0),
  at         timestamptz not null,
  primary key (district, id),
  foreign key (district, entry_id) references conflict_entry
);
create index conflict_evidence_entry on conflict_evidence (district, entry_id);

create table conflict_withdrawal (
  district text not null,
  entry_id uuid not null,
  at       timestamptz not null,
  primary key (district, entry_id),
  foreign key (district, entry_id) references conflict_entry
);

alter table appeal
  add column instance    smallint not null default 1 check (instance in (1, 2)),
  add column first_id    uuid,
  add column extend_days integer not null default 0,
  add column notice_days integer not null default 0, -- 0: filed before there were notices
  add column entry_id    uuid,
  add constraint appeal_second check ((instance = 2) = (first_id is not null)),
  add constraint appeal_first foreign key (district, first_id) references appeal,
  add constraint appeal_entry foreign key (district, entry_id) references conflict_entry;
create unique index appeal_second_once on appeal (district, first_id) where first_id is not null;

alter table appeal_event
  drop constraint appeal_event_kind,
  add constraint appeal_event_kind check (kind in ('filed','accepted','refused','assigned','vote','decided','run','superseded','closed','withdrawn','overdue',
    'extended','noticed','objection','answered'));
alter table appeal_conflict
  drop constraint appeal_conflict_why_check,
  add constraint appeal_conflict_why_check check (why in ('appellant','evaluator','reviewer','run','unit','first_panel'));

-- What somebody says against a result on public notice; by_id is null for a resident.
create table appeal_objection (
  district  text not null,
  id        uuid not null,
  appeal_id uuid not null,
  body      bytea not null, -- sealed: it may speak of people
  by_id     uuid,
  at        timestamptz not null,
  primary key (district, id),
  foreign key (district, appeal_id) references appeal
);
create index appeal_objection_appeal on appeal_objection (district, appeal_id);

-- What a decision led to, answer by answer: set aside, credited to whose matter
-- it was, or to be asked anew.
create table appeal_effect (
  district    text not null,
  appeal_id   uuid not null,
  response_id uuid not null,
  remedy      text not null check (remedy in ('exclude','attribute','re_ask')),
  party       text not null default '',
  at          timestamptz not null,
  primary key (district, appeal_id, response_id),
  foreign key (district, appeal_id) references appeal,
  foreign key (district, response_id) references response
);

do $$
declare t text;
begin
  foreach t in array array['conflict_entry','conflict_evidence','conflict_withdrawal','appeal_objection','appeal_effect'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table appeal_effect, appeal_objection;
alter table appeal_conflict drop constraint appeal_conflict_why_check,
  add constraint appeal_conflict_why_check check (why in ('appellant','evaluator','reviewer','run','unit'));
alter table appeal_event drop constraint appeal_event_kind,
  add constraint appeal_event_kind check (kind in ('filed','accepted','refused','assigned','vote','decided','run','superseded','closed','withdrawn','overdue'));
drop index appeal_second_once;
alter table appeal drop constraint appeal_second, drop constraint appeal_first, drop constraint appeal_entry,
  drop column instance, drop column first_id, drop column extend_days, drop column notice_days, drop column entry_id;
drop table conflict_withdrawal, conflict_evidence, conflict_entry;
