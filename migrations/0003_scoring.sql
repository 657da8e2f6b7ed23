-- Scoring: indicators, panel ratings, runs and their frozen inputs, appeals.

create table indicator_value (
  district    text not null,
  import_id   uuid not null,
  round_id    uuid not null,
  committee   text not null,
  indicator   text not null,
  numerator   double precision not null,
  denominator double precision not null check (denominator > 0),
  primary key (district, import_id, committee, indicator),
  foreign key (district, import_id) references import_batch,
  foreign key (district, round_id) references round
);
create index indicator_value_round on indicator_value (district, round_id);

create table panel_rating (
  district    text not null,
  id          uuid not null,
  round_id    uuid not null,
  committee   text not null,
  reviewer    text not null,       -- account id, or the name given in an import
  criterion   text not null,
  score       double precision not null,
  note        text not null default '',
  at          timestamptz not null,
  primary key (district, id),
  foreign key (district, round_id) references round
);
create index panel_rating_round on panel_rating (district, round_id, committee);

create table run (
  district     text not null,
  id           uuid not null,
  round_id     uuid not null,
  number       integer not null check (number > 0),
  supersedes   uuid,
  reason       text not null,
  appeal_id    uuid,
  requested_by uuid,
  requested_at timestamptz not null,
  primary key (district, id),
  foreign key (district, round_id) references round
);
create unique index run_number on run (district, round_id, number);

-- queued, started, progress, done, failed; the latest counts.
create table run_event (
  district text not null,
  run_id   uuid not null,
  seq      integer not null,
  state    text not null check (state in ('queued','started','progress','done','failed','published')),
  fraction double precision not null default 0,
  message  text not null default '',
  by_id    uuid,
  at       timestamptz not null,
  primary key (district, run_id, seq),
  foreign key (district, run_id) references run
);

-- The frozen input: all that the figures were made from, in canonical bytes.
create table run_input (
  district     text not null,
  run_id       uuid not null,
  content      bytea not null,     -- gzip of the canonical input document
  digest       bytea not null,     -- SHA-256 of the uncompressed document
  n_answers    bigint not null,
  code_version text not null,
  primary key (district, run_id),
  foreign key (district, run_id) references run
);

create table run_output (
  district text not null,
  run_id   uuid not null,
  digest   bytea not null,         -- SHA-256 of the canonical result document
  summary  jsonb not null,         -- district-wide figures, parameters, warnings
  primary key (district, run_id),
  foreign key (district, run_id) references run
);

create table run_unit (
  district text not null,
  run_id   uuid not null,
  unit     text not null,          -- area code of committee, street or district
  level    smallint not null,
  n        integer not null,
  official double precision,
  lo       double precision,
  hi       double precision,
  reliability double precision,
  band     text not null,          -- a band of the rule book, or '' where status says why not
  status   text not null,
  result   jsonb not null,         -- scoring.UnitResult, whole
  primary key (district, run_id, unit),
  foreign key (district, run_id) references run
);

create table run_answer (
  district      text not null,
  run_id        uuid not null,
  response_id   uuid not null,
  unit          text not null,
  score         double precision not null,
  design_weight double precision not null,
  final_weight  double precision not null,
  robust_weight double precision not null,
  influence     double precision not null,
  reason        text not null default '',
  primary key (district, run_id, response_id),
  foreign key (district, run_id) references run
);
create index run_answer_unit on run_answer (district, run_id, unit);

create table appeal (
  district     text not null,
  id           uuid not null,
  number       integer not null,
  round_id     uuid not null,
  run_id       uuid not null,
  unit         text not null,
  appellant_id uuid not null,
  ground       text not null,
  statement    text not null,
  filed_at     timestamptz not null,
  decide_by    date not null,
  primary key (district, id),
  foreign key (district, run_id) references run
);
create unique index appeal_number on appeal (district, number);

create table appeal_event (
  district  text not null,
  appeal_id uuid not null,
  seq       integer not null,
  kind      text not null, -- filed, accepted, refused, assigned, vote, decided, withdrawn, run
  by_id     uuid,
  at        timestamptz not null,
  reason    text not null default '',
  data      jsonb not null default '{}',
  primary key (district, appeal_id, seq),
  foreign key (district, appeal_id) references appeal
);

create table appeal_evidence (
  district   text not null,
  id         uuid not null,
  appeal_id  uuid not null,
  name       text not null,
  media_type text not null,
  content    bytea not null, -- sealed
  digest     bytea not null,
  at         timestamptz not null,
  primary key (district, id),
  foreign key (district, appeal_id) references appeal
);

do $$
declare t text;
begin
  foreach t in array array['indicator_value','panel_rating','run','run_event','run_input','run_output','run_unit','run_answer',
    'appeal','appeal_event','appeal_evidence'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table appeal_evidence, appeal_event, appeal, run_answer, run_unit, run_output, run_input, run_event, run, panel_rating, indicator_value;
