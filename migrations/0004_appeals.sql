-- Appeals: what the filing fixes, what the panel reviews; checkpoints of the audit log.

alter table appeal
  drop column statement,
  add column statement    bytea not null, -- sealed: it may speak of people
  add column receipt      text not null,
  add column published_at timestamptz not null, -- of the contested run
  add column file_by      timestamptz not null,
  add column accept_by    timestamptz not null,
  add column decide_until timestamptz not null; -- decide_by is its date

create unique index appeal_receipt on appeal (district, receipt);
create index appeal_run on appeal (district, run_id, unit);
create index appeal_appellant on appeal (district, appellant_id);

alter table appeal_event
  add constraint appeal_event_kind check (kind in ('filed','accepted','refused','assigned','vote','decided','run','superseded','closed','withdrawn','overdue'));
-- One vote a member, whatever the program does.
create unique index appeal_event_vote on appeal_event (district, appeal_id, by_id) where kind = 'vote';
create unique index appeal_event_decided on appeal_event (district, appeal_id) where kind = 'decided';

alter table appeal_evidence
  add column kind text not null,
  add column by_id uuid not null,
  add column size integer not null check (size > 0);
alter table appeal_evidence alter column name type bytea using convert_to(name, 'UTF8'); -- sealed too
create index appeal_evidence_appeal on appeal_evidence (district, appeal_id);

-- Who may not decide, as it stood when the panel was chosen.
create table appeal_conflict (
  district   text not null,
  appeal_id  uuid not null,
  account_id uuid not null,
  why        text not null check (why in ('appellant','evaluator','reviewer','run','unit')),
  primary key (district, appeal_id, account_id, why),
  foreign key (district, appeal_id) references appeal
);

-- The answers under review, both sides, under letters. The panel reads letters
-- and facts; this table is for the service and the auditor.
create table appeal_item (
  district    text not null,
  appeal_id   uuid not null,
  label       text not null,
  response_id uuid not null,
  side        text not null check (side in ('low','high')),
  ticket      bytea not null,
  facts       jsonb not null,
  primary key (district, appeal_id, label),
  foreign key (district, appeal_id) references appeal,
  foreign key (district, response_id) references response
);
create unique index appeal_item_response on appeal_item (district, appeal_id, response_id);

create index response_exclusion_appeal on response_exclusion (district, appeal_id);

-- Signed heads of the audit chain, to be lodged elsewhere.
create table audit_checkpoint (
  district   text not null,
  seq        bigint not null,
  hash       bytea not null,
  at         timestamptz not null,
  signature  bytea not null,
  public_key bytea not null,
  by_id      uuid,
  primary key (district, seq, at)
);

do $$
declare t text;
begin
  foreach t in array array['appeal_conflict','appeal_item','audit_checkpoint'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table audit_checkpoint, appeal_item, appeal_conflict;
drop index response_exclusion_appeal;
