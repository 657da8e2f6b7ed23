-- Panels: conflicts of interest, who rates whom, what a rating rests on.

-- Why a rating was changed; empty on a first rating.
alter table panel_rating add column reason text not null default '';

-- A reviewer and an area that do not go together. Declared by the reviewer or a
-- manager, lifted by a manager with a reason; the latest counts.
create table panel_conflict (
  district text not null,
  id       uuid not null,
  round_id uuid not null,
  reviewer uuid not null,
  area     text not null,
  kind     text not null check (kind in ('declared','lifted')),
  reason   text not null check (reason <> ''),
  by_id    uuid,
  at       timestamptz not null,
  primary key (district, id),
  foreign key (district, round_id) references round,
  foreign key (district, reviewer) references account
);
create index panel_conflict_round on panel_conflict (district, round_id, reviewer, area, at);

-- A plan of who rates whom. A later plan supersedes it; both stay.
create table panel_plan (
  district   text not null,
  round_id   uuid not null,
  number     integer not null check (number > 0),
  per        integer not null check (per > 0),
  seed       text not null check (seed <> ''),
  comparable boolean not null,
  reason     text not null,
  by_id      uuid,
  at         timestamptz not null,
  primary key (district, round_id, number),
  foreign key (district, round_id) references round
);

create table panel_assignment (
  district  text not null,
  round_id  uuid not null,
  number    integer not null,
  committee text not null,
  reviewer  uuid not null,
  primary key (district, round_id, number, committee, reviewer),
  foreign key (district, round_id, number) references panel_plan,
  foreign key (district, reviewer) references account
);

-- Files that reviewers rate by. Name and content are sealed.
create table panel_evidence (
  district   text not null,
  id         uuid not null,
  round_id   uuid not null,
  committee  text not null,
  criterion  text not null default '', -- '' is all criteria
  name       bytea not null,
  media_type text not null,
  content    bytea not null,
  digest     bytea not null,
  size       integer not null check (size > 0),
  by_id      uuid not null,
  at         timestamptz not null,
  primary key (district, id),
  foreign key (district, round_id) references round
);
create index panel_evidence_round on panel_evidence (district, round_id, committee);

do $$
declare t text;
begin
  foreach t in array array['panel_conflict','panel_plan','panel_assignment','panel_evidence'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table panel_evidence, panel_assignment, panel_plan, panel_conflict;
alter table panel_rating drop column reason;
