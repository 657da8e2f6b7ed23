-- Grades and what follows from them: proposals made from a published run,
-- signatures of named persons, excused trials, the ladder of posts.

create table grade_batch (
  district text not null,
  id       uuid not null,
  round_id uuid not null,
  run_id   uuid not null,
  by_id    uuid,
  at       timestamptz not null,
  primary key (district, id),
  foreign key (district, round_id) references round,
  foreign key (district, run_id) references run
);
create index grade_batch_round on grade_batch (district, round_id, at);

create table grade_proposal (
  district    text not null,
  batch_id    uuid not null,
  unit        text not null,
  state       text not null check (state in ('proposed','tied','refused')),
  grade       text not null,
  grades      text[] not null,
  why         text not null,
  value       double precision not null,
  lo          double precision not null,
  hi          double precision not null,
  n           integer not null,
  reliability double precision not null,
  excused     boolean not null,
  primary key (district, batch_id, unit),
  foreign key (district, batch_id) references grade_batch
);

-- A named person signs a grade, or declines to give one (grade '').
create table grade_signature (
  district text not null,
  batch_id uuid not null,
  unit     text not null,
  grade    text not null,
  reason   text not null,
  by_id    uuid not null,
  at       timestamptz not null,
  primary key (district, batch_id, unit),
  foreign key (district, batch_id, unit) references grade_proposal,
  foreign key (district, by_id) references account
);

-- What signed grades of several rounds propose for a worker. Unsigned it is
-- nothing but a proposal.
create table grade_consequence (
  district   text not null,
  id         uuid not null,
  batch_id   uuid not null,
  unit       text not null,
  worker_no  text not null,
  kind       text not null check (kind in ('level','exit')),
  from_post  smallint not null,
  from_level smallint not null,
  to_level   smallint not null,
  at         timestamptz not null,
  primary key (district, id),
  foreign key (district, batch_id, unit) references grade_signature,
  foreign key (district, worker_no) references worker
);
create unique index grade_consequence_once on grade_consequence (district, batch_id, worker_no);

create table consequence_signature (
  district       text not null,
  consequence_id uuid not null,
  confirmed      boolean not null,
  reason         text not null,
  by_id          uuid not null,
  at             timestamptz not null,
  primary key (district, consequence_id),
  foreign key (district, consequence_id) references grade_consequence,
  foreign key (district, by_id) references account
);

-- Trials that went wrong in good faith (容错): filed with the matter, excused or
-- not by two panel members, a third where they differ.
create table trial (
  district text not null,
  id       uuid not null,
  round_id uuid not null,
  unit     text not null,
  matter   text not null,
  by_id    uuid not null,
  at       timestamptz not null,
  primary key (district, id),
  foreign key (district, round_id) references round,
  foreign key (district, unit) references area
);
create index trial_round on trial (district, round_id, unit);

create table trial_vote (
  district text not null,
  trial_id uuid not null,
  by_id    uuid not null,
  excuse   boolean not null,
  reason   text not null,
  at       timestamptz not null,
  primary key (district, trial_id, by_id),
  foreign key (district, trial_id) references trial,
  foreign key (district, by_id) references account
);

-- Where a worker stands; the latest counts.
create table ladder_step (
  district  text not null,
  worker_no text not null,
  seq       integer not null,
  post      smallint not null check (post between 1 and 3),
  level     smallint not null check (level between 1 and 18),
  reason    text not null,
  consequence_id uuid,
  by_id     uuid,
  at        timestamptz not null,
  primary key (district, worker_no, seq),
  foreign key (district, worker_no) references worker
);

do $$
declare t text;
begin
  foreach t in array array['grade_batch','grade_proposal','grade_signature','grade_consequence','consequence_signature','trial','trial_vote','ladder_step'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table ladder_step, trial_vote, trial, consequence_signature, grade_consequence, grade_signature, grade_proposal, grade_batch;
