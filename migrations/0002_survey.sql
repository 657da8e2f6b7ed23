-- Survey: frames, questionnaires, rule books, rounds, draws, fieldwork, responses.

create table frame (
  district      text not null,
  id            uuid not null,
  name          text not null,
  import_id     uuid not null,
  sealed_secret bytea not null, -- frame.Secret: ids, salts and pseudonyms derive from it
  n_people      bigint not null,
  n_households  bigint not null,
  created_by    uuid,
  created_at    timestamptz not null,
  primary key (district, id),
  foreign key (district, import_id) references import_batch
);

-- What the sampling needs to know of a resident: never a name or a contact.
-- person_id is the published frame id; household and building are pseudonyms.
create table frame_person (
  district     text not null,
  frame_id     uuid not null,
  person_id    text collate "C" not null,
  committee    text not null,
  grid         text not null default '',
  private      bytea not null,            -- salted commitment to the private record
  household    text not null,
  building     text not null default '',
  sex          text not null check (sex in ('m','f','u')),
  birth_year   smallint not null default 0, -- 0 = unknown
  tenure       text not null default 'unknown',
  contact      smallint not null default 0, -- bit set, see frame.Contact
  status       text not null default 'resident',
  primary key (district, frame_id, person_id),
  foreign key (district, frame_id) references frame,
  foreign key (district, committee) references area
);
create index frame_person_committee on frame_person (district, frame_id, committee);

-- The private record with name and contacts, sealed (AES-256-GCM, key outside
-- the database).
create table identity.person (
  district  text not null,
  frame_id  uuid not null,
  person_id text collate "C" not null,
  sealed    bytea not null,
  primary key (district, frame_id, person_id),
  foreign key (district, frame_id) references frame
);

create table frame_freeze (
  district  text not null,
  frame_id  uuid not null,
  digest    bytea not null,          -- Merkle root over salted leaves
  n_people  bigint not null,
  audit     jsonb not null,          -- the frame audit as it stood
  reason    text not null default '',-- signed reason where limits were exceeded
  frozen_by uuid,
  frozen_at timestamptz not null,
  primary key (district, frame_id),
  foreign key (district, frame_id) references frame
);

create table questionnaire (
  district   text not null,
  id         uuid not null,
  version    integer not null check (version > 0),
  title      text not null,
  definition jsonb not null,
  digest     bytea not null,
  created_by uuid,
  created_at timestamptz not null,
  primary key (district, id, version)
);

create table rule_book (
  district   text not null,
  id         uuid not null,
  version    integer not null check (version > 0),
  title      text not null,
  body       jsonb not null,
  digest     bytea not null,
  created_by uuid,
  created_at timestamptz not null,
  primary key (district, id, version)
);

-- A round may change while it is a draft; freezing ends that for good.
create table round (
  district              text not null,
  id                    uuid not null,
  series                uuid not null,     -- the same for all versions of one round
  version               integer not null,
  supersedes            uuid,
  kind                  text not null default 'drawn' check (kind in ('drawn','imported')),
  title                 text not null,
  area_code             text not null,
  frame_id              uuid,
  questionnaire_id      uuid not null,
  questionnaire_version integer not null,
  rule_book_id          uuid not null,
  rule_book_version     integer not null,
  plan                  jsonb not null,    -- survey.Plan: strata, allocation, sizes
  opens_on              date not null,
  closes_on             date not null,
  created_by            uuid,
  created_at            timestamptz not null,
  primary key (district, id),
  check (opens_on <= closes_on),
  foreign key (district, area_code) references area,
  foreign key (district, frame_id) references frame,
  foreign key (district, questionnaire_id, questionnaire_version) references questionnaire,
  foreign key (district, rule_book_id, rule_book_version) references rule_book
);
create unique index round_version on round (district, series, version);

create table round_evaluator (
  district   text not null,
  round_id   uuid not null,
  account_id uuid not null,
  area_code  text not null, -- the part of the round this evaluator takes
  primary key (district, round_id, account_id, area_code),
  foreign key (district, round_id) references round,
  foreign key (district, account_id) references account
);

-- Append-only states: frozen, drawn, collecting, closed, cancelled. No row = draft.
create table round_event (
  district text not null,
  round_id uuid not null,
  seq      integer not null,
  state    text not null check (state in ('frozen','drawn','collecting','closed','cancelled')),
  digest   bytea,                      -- of the frozen round
  by_id    uuid,
  at       timestamptz not null,
  reason   text not null default '',
  primary key (district, round_id, seq),
  foreign key (district, round_id) references round
);

create function round_is_draft() returns trigger language plpgsql as $$
begin
  if exists (select 1 from round_event e where e.district = old.district
             and e.round_id = (to_jsonb(old)->>(case when tg_table_name = 'round' then 'id' else 'round_id' end))::uuid) then
    raise exception 'the round is frozen' using errcode = 'restrict_violation', hint = 'make a new version';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger round_frozen before update or delete on round for each row execute function round_is_draft();
create trigger round_frozen before update or delete on round_evaluator for each row execute function round_is_draft();

create table round_stratum (
  district   text not null,
  round_id   uuid not null,
  stratum    text not null,
  committee  text not null,
  method     text not null,      -- see survey/draw
  population bigint not null,
  total      bigint not null default 0,
  planned    integer not null,
  reserve    integer not null,
  clusters   integer not null default 0,
  primary key (district, round_id, stratum),
  foreign key (district, round_id) references round
);

-- What was promised before the randomness existed.
create table draw_commitment (
  district    text not null,
  id          uuid not null,
  round_id    uuid not null,
  purpose     text not null,
  top_up      boolean not null default false,
  document    text not null,       -- the commitment text of docs/spec/draw-v1.md
  state       jsonb not null,      -- the same as draw.Commitment, to draw from
  digest      bytea not null,
  signature   bytea not null,
  public_key  bytea not null,
  randomness  text not null,       -- the name of the public randomness to come
  due_at      timestamptz not null,
  committed_by uuid,
  committed_at timestamptz not null,
  primary key (district, id),
  foreign key (district, round_id) references round
);
create unique index draw_commitment_purpose on draw_commitment (district, round_id, purpose);

-- A commitment that will not be drawn: listed for ever, with the reason.
create table draw_discard (
  district      text not null,
  commitment_id uuid not null,
  reason        text not null,
  by_id         uuid,
  at            timestamptz not null,
  primary key (district, commitment_id),
  foreign key (district, commitment_id) references draw_commitment
);

create table draw (
  district      text not null,
  id            uuid not null,
  round_id      uuid not null,
  commitment_id uuid not null,
  purpose       text not null,
  seed          text not null,
  seed_evidence text not null,
  digest        bytea not null,
  n_sample      integer not null,
  n_reserve     integer not null,
  revealed_at   timestamptz not null,
  code_version  text not null,
  signature     bytea not null,  -- of the record of docs/spec/draw-v1.md
  public_key    bytea not null,
  drawn_by      uuid,
  drawn_at      timestamptz not null,
  primary key (district, id),
  foreign key (district, commitment_id) references draw_commitment
);
create unique index draw_purpose on draw (district, round_id, purpose);
create unique index draw_commitment_once on draw (district, commitment_id);

create table draw_selection (
  district      text not null,
  draw_id       uuid not null,
  person_id     text collate "C" not null,
  stratum       text not null,
  cluster       text not null default '',
  household     text not null default '',
  reserve       boolean not null,
  ord           integer not null,   -- in ticket order within stratum (or cluster)
  committee     text not null,
  ticket        bytea not null,
  prob_num      numeric not null,   -- exact inclusion probability; 0 of a reserve
  prob_den      numeric not null,
  primary key (district, draw_id, person_id),
  foreign key (district, draw_id) references draw
);
create unique index draw_selection_order on draw_selection (district, draw_id, stratum, cluster, reserve, ord);

-- A case is one drawn person to be asked. Reserves become cases when released.
create table survey_case (
  district      text not null,
  id            uuid not null,
  round_id      uuid not null,
  draw_id       uuid not null,
  person_id     text collate "C" not null,
  stratum       text not null,
  committee     text not null,
  design_weight double precision not null, -- 1/probability; a released reserve carries its stratum's
  reserve       boolean not null,
  replaces      uuid,             -- the exhausted case a reserve stands in for
  created_at    timestamptz not null,
  primary key (district, id),
  foreign key (district, draw_id, person_id) references draw_selection
);
create unique index survey_case_person on survey_case (district, round_id, person_id);
create unique index survey_case_replaces on survey_case (district, replaces) where replaces is not null;
create index survey_case_committee on survey_case (district, round_id, committee);

create table case_assignment (
  district     text not null,
  case_id      uuid not null,
  seq          integer not null,   -- the latest counts
  evaluator_id uuid not null,
  by_id        uuid,
  at           timestamptz not null,
  reason       text not null default '',
  primary key (district, case_id, seq),
  foreign key (district, case_id) references survey_case,
  foreign key (district, evaluator_id) references account
);
create index case_assignment_evaluator on case_assignment (district, evaluator_id);

create table contact_attempt (
  district     text not null,
  id           uuid not null,      -- made by the phone
  case_id      uuid not null,
  evaluator_id uuid,
  mode         text not null check (mode in ('door','phone','link','paper')),
  disposition  text not null,      -- AAPOR code, see survey/fieldwork
  appointment  timestamptz,
  at           timestamptz not null,
  received_at  timestamptz not null,
  primary key (district, id),
  foreign key (district, case_id) references survey_case
);
create index contact_attempt_case on contact_attempt (district, case_id, at);

create table resident_link (
  district   text not null,
  token_hash bytea not null,
  case_id    uuid not null,
  created_by uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (district, token_hash),
  foreign key (district, case_id) references survey_case
);
create table resident_link_event (
  district   text not null,
  token_hash bytea not null,
  kind       text not null check (kind in ('opened','used','revoked')),
  by_id      uuid,
  at         timestamptz not null,
  primary key (district, token_hash, kind),
  foreign key (district, token_hash) references resident_link
);

-- One completed interview per case. It does not say which response.
create table case_completion (
  district text not null,
  case_id  uuid not null,
  day      date not null,
  primary key (district, case_id),
  foreign key (district, case_id) references survey_case
);

-- An answer knows its stratum and coarse traits, not its case or its minute.
create table response (
  district      text not null,
  id            uuid not null,     -- random, made by the phone
  round_id      uuid not null,
  questionnaire_version integer not null,
  committee     text not null,
  stratum       text not null,
  cluster       text not null default '',
  design_weight double precision not null, -- of the case when it was asked; runs adjust for released reserves
  sex           text not null default '',
  age_band      text not null default '',
  tenure        text not null default '',
  building      text not null default '', -- keyed hash, equal for equal buildings of one round
  household     text not null default '', -- keyed hash
  mode          text not null,
  evaluator_id  uuid,
  answers       jsonb not null,
  digest        bytea not null,
  day           date not null,
  primary key (district, id),
  foreign key (district, round_id) references round
);
create index response_round on response (district, round_id, committee);

create table response_comment (
  district    text not null,
  response_id uuid not null,
  item        text not null,
  sealed      bytea not null,
  primary key (district, response_id, item),
  foreign key (district, response_id) references response
);

-- Seconds and taps, for quality checks only; kept apart from the answer.
create table response_paradata (
  district    text not null,
  response_id uuid not null,
  data        jsonb not null,
  primary key (district, response_id),
  foreign key (district, response_id) references response
);

-- A later answer for a case that is already complete is kept, not counted.
create table response_held (
  district    text not null,
  id          uuid not null,
  round_id    uuid not null,
  case_id     uuid not null,
  reason      text not null,
  payload     bytea not null,   -- sealed
  received_at timestamptz not null,
  primary key (district, id)
);

-- Which response came from which case: written, and readable by no service role.
create table identity.response_case (
  district    text not null,
  response_id uuid not null,
  case_id     uuid not null,
  primary key (district, response_id)
);

create table response_receipt (
  district     text not null,
  receipt_hash bytea not null,
  response_id  uuid not null,
  primary key (district, receipt_hash)
);

-- A response set aside: with a reason, never deleted; later runs leave it out.
create table response_exclusion (
  district    text not null,
  id          uuid not null,
  round_id    uuid not null,
  response_id uuid not null,
  ground      text not null,
  reason      text not null,
  appeal_id   uuid,
  by_id       uuid,
  at          timestamptz not null,
  primary key (district, id),
  foreign key (district, response_id) references response
);
create unique index response_exclusion_response on response_exclusion (district, response_id);

do $$
declare t text;
begin
  foreach t in array array['frame','frame_person','identity.person','frame_freeze','questionnaire','rule_book','round_event',
    'round_stratum','draw_commitment','draw_discard','draw','draw_selection','survey_case','case_assignment','contact_attempt','resident_link',
    'resident_link_event','case_completion','response','response_comment','response_paradata','response_held',
    'identity.response_case','response_receipt','response_exclusion'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    if t <> 'identity.response_case' then
      execute format('grant select, insert on %s to gongping_service', t);
    end if;
  end loop;
end $$;
grant insert on identity.response_case to gongping_service;
grant select, insert, update on round to gongping_service;
grant select, insert, delete on round_evaluator to gongping_service;

-- Statistics of tables that were just filled in bulk: without them the checks of
-- foreign keys are planned for empty tables and take forever. Only the owner may
-- analyse a table, so the service asks here.
create function refresh_statistics(variadic tables text[]) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
declare t text;
begin
  foreach t in array tables loop
    if t not in ('frame_person', 'draw_selection', 'survey_case', 'contact_attempt', 'response', 'case_completion') then
      raise exception 'no bulk table: %', t;
    end if;
    execute format('analyze public.%I', t);
  end loop;
end $$;
revoke all on function refresh_statistics(text[]) from public;
grant execute on function refresh_statistics(text[]) to gongping_service;

---- create above / drop below ----

drop function refresh_statistics(text[]);

drop table response_exclusion, response_receipt, identity.response_case, response_held, response_paradata, response_comment,
  response, case_completion, resident_link_event, resident_link, contact_attempt, case_assignment, survey_case, draw_selection,
  draw, draw_discard, draw_commitment, round_stratum, round_event, round_evaluator, round, rule_book, questionnaire, frame_freeze,
  identity.person, frame_person, frame;
drop function round_is_draft();
