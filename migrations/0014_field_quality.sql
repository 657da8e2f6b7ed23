-- Quality of the fieldwork: scans, findings and what people decided about them,
-- and back-checks by another person. Everything is append-only.

-- One run of the detectors. The seed draws the counterparts.
create table quality_scan (
  district     text not null,
  id           uuid not null,
  round_id     uuid not null,
  rules        jsonb not null,
  summaries    jsonb not null,   -- what each detector looked at
  n_responses  integer not null,
  seed         text not null,
  code_version text not null,
  by_id        uuid,
  at           timestamptz not null,
  primary key (district, id),
  foreign key (district, round_id) references round
);
create index quality_scan_round on quality_scan (district, round_id, at);

-- What a detector asks about. A unit is asked about once by each detector, as a
-- finding or as the counterpart of one; later scans add sightings.
create table quality_finding (
  district     text not null,
  id           uuid not null,
  round_id     uuid not null,
  scan_id      uuid not null,
  detector     text not null,
  kind         text not null check (kind in ('interviewer','building','committee')),
  unit         text not null,
  side         text not null check (side in ('low','high')),
  role         text not null check (role in ('finding','counterpart')),
  pair_of      uuid,             -- the finding that a counterpart was drawn for
  committee    text not null default '',
  building     text not null default '',  -- keyed hash of the round
  evaluator_id uuid,
  day          integer,
  hour         smallint,
  auditor_only boolean not null default false,
  primary key (district, id),
  foreign key (district, scan_id) references quality_scan
);
create unique index quality_finding_unit on quality_finding (district, round_id, detector, unit);

create table quality_sighting (
  district   text not null,
  finding_id uuid not null,
  scan_id    uuid not null,
  n          integer not null,
  hits       double precision not null check (hits <> 'NaN'),
  expected   double precision not null check (expected <> 'NaN'),
  p          double precision not null check (p between 0 and 1),
  q          double precision not null check (q between 0 and 1),
  flagged    boolean not null,
  primary key (district, finding_id, scan_id),
  foreign key (district, finding_id) references quality_finding,
  foreign key (district, scan_id) references quality_scan
);

create table quality_finding_response (
  district    text not null,
  finding_id  uuid not null,
  response_id uuid not null,
  primary key (district, finding_id, response_id),
  foreign key (district, finding_id) references quality_finding,
  foreign key (district, response_id) references response
);

create table quality_decision (
  district   text not null,
  finding_id uuid not null,
  seq        integer not null,
  decision   text not null check (decision in ('back_check','cleared','confirmed','set_aside')),
  reason     text not null check (reason <> ''),
  n          integer not null default 0,  -- interviews sent to back-check, or answers set aside
  by_id      uuid,
  at         timestamptz not null,
  primary key (district, finding_id, seq),
  foreign key (district, finding_id) references quality_finding
);

-- The random share of back-checks is drawn by ticket under a seed that nobody in
-- the field knows: its digest is on record before, the seed after.
create table backcheck_commitment (
  district    text not null,
  round_id    uuid not null,
  share       double precision not null check (share > 0 and share <= 1),
  digest      bytea not null,
  sealed_seed bytea not null,
  by_id       uuid,
  at          timestamptz not null,
  primary key (district, round_id),
  foreign key (district, round_id) references round
);
create table backcheck_reveal ( -- also ends the back-checks of the round
  district text not null,
  round_id uuid not null,
  seed     text not null,
  by_id    uuid,
  at       timestamptz not null,
  primary key (district, round_id),
  foreign key (district, round_id) references backcheck_commitment
);

-- A finished case that somebody else asks again. It knows the case, never the
-- answer. One case is asked again once, whatever the reasons.
create table backcheck (
  district   text not null,
  id         uuid not null,
  round_id   uuid not null,
  case_id    uuid not null,
  why        text not null check (why in ('random','suspect','counterpart','verify_all')),
  finding_id uuid,
  ticket     bytea not null,
  drawn_at   timestamptz not null,
  primary key (district, id),
  foreign key (district, case_id) references survey_case
);
create unique index backcheck_case on backcheck (district, case_id);
create index backcheck_round on backcheck (district, round_id);

create table backcheck_assignment (
  district     text not null,
  backcheck_id uuid not null,
  seq          integer not null,
  evaluator_id uuid not null,
  by_id        uuid,
  at           timestamptz not null,
  reason       text not null default '',
  primary key (district, backcheck_id, seq),
  foreign key (district, backcheck_id) references backcheck,
  foreign key (district, evaluator_id) references account
);
create index backcheck_assignment_evaluator on backcheck_assignment (district, evaluator_id);

-- Who ever held the case or knocked at the door does not check it.
create function backcheck_other_person() returns trigger language plpgsql as $$
begin
  if exists (select from backcheck b join case_assignment a on a.district = b.district and a.case_id = b.case_id
             where b.district = new.district and b.id = new.backcheck_id and a.evaluator_id = new.evaluator_id)
     or exists (select from backcheck b join contact_attempt t on t.district = b.district and t.case_id = b.case_id
             where b.district = new.district and b.id = new.backcheck_id and t.evaluator_id = new.evaluator_id) then
    raise exception 'a back-check is made by another person than the interview'
      using errcode = 'restrict_violation', hint = 'choose another evaluator';
  end if;
  return new;
end $$;
create trigger other_person before insert on backcheck_assignment for each row execute function backcheck_other_person();

-- What a try brought. What the resident says about the interview (whether there
-- was one, whether somebody told them what to answer) is about the interviewer
-- and stands here; their second answers do not.
create table backcheck_result (
  district     text not null,
  id           uuid not null,       -- made by the device
  backcheck_id uuid not null,
  evaluator_id uuid not null,
  outcome      text not null check (outcome in ('done','not_reached','refused','unable')),
  mode         text not null check (mode in ('door','phone')),
  interviewed  text not null default '' check (interviewed in ('','yes','no','unsure')),
  told         text not null default '' check (told in ('','yes','no')),
  at           timestamptz not null,
  primary key (district, id),
  foreign key (district, backcheck_id) references backcheck,
  check ((outcome = 'done') = (interviewed <> ''))
);
create unique index backcheck_result_done on backcheck_result (district, backcheck_id) where outcome = 'done';

-- First and second answers side by side: written and read only through the two
-- functions below; no service role can look into it.
create table identity.backcheck_pair (
  district     text not null,
  backcheck_id uuid not null,
  item         text not null,
  seq          bigint generated always as identity,
  round_id     uuid not null,
  evaluator_id uuid,                -- the interviewer, null where the resident answered alone
  first        text not null,       -- '' where it was not answered
  second       text not null,
  primary key (district, backcheck_id, item)
);

-- The comparison looks for the answer of a case.
create index response_case_case on identity.response_case (district, case_id);

-- backcheck_compare puts second answers beside the first ones of the same case.
-- It returns nothing: not which response it was, nor whether they agree.
create function backcheck_compare(p_district text, p_backcheck uuid, p_answers jsonb) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  insert into identity.backcheck_pair (district, backcheck_id, item, round_id, evaluator_id, first, second)
  select b.district, b.id, a.key, b.round_id, r.evaluator_id, coalesce(r.answers->>a.key, ''), a.value
  from backcheck b
  join identity.response_case x on x.district = b.district and x.case_id = b.case_id
  join response r on r.district = x.district and r.id = x.response_id
  cross join jsonb_each_text(p_answers) a
  where b.district = p_district and b.id = p_backcheck
  order by a.key
  on conflict do nothing
$$;

-- backcheck_table counts first against second answers, never of fewer than ten
-- people: the back-checks of an interviewer enter in whole tens, in the order in
-- which they came, so that two readings differ by ten people or not at all. What
-- is left over is counted together once the back-checks of the round have ended
-- (no more come then), if it is ten or more.
create function backcheck_table(p_district text, p_round uuid)
returns table (evaluator_id uuid, item text, first text, second text, n bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with one as (
    select p.backcheck_id, p.evaluator_id, row_number() over (partition by p.evaluator_id order by min(p.seq)) as k,
           count(*) over (partition by p.evaluator_id) as total
    from identity.backcheck_pair p where p.district = p_district and p.round_id = p_round
    group by p.backcheck_id, p.evaluator_id
  ), whole as (
    select backcheck_id, evaluator_id from one where k <= total - total % 10
  ), rest as (
    select backcheck_id from one where k > total - total % 10
      and exists (select from backcheck_reveal v where v.district = p_district and v.round_id = p_round)
  ), taken as (
    select backcheck_id, evaluator_id from whole
    union all
    select backcheck_id, null from rest where (select count(*) from rest) >= 10
  )
  select t.evaluator_id, p.item, p.first, p.second, count(*)
  from taken t join identity.backcheck_pair p on p.district = p_district and p.backcheck_id = t.backcheck_id
  group by 1, 2, 3, 4 order by 1, 2, 3, 4
$$;

revoke all on function backcheck_compare(text, uuid, jsonb), backcheck_table(text, uuid) from public;
grant execute on function backcheck_compare(text, uuid, jsonb), backcheck_table(text, uuid) to gongping_service;

do $$
declare t text;
begin
  foreach t in array array['quality_scan','quality_finding','quality_sighting','quality_finding_response','quality_decision','backcheck_commitment',
    'backcheck_reveal','backcheck','backcheck_assignment','backcheck_result','identity.backcheck_pair'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    if t <> 'identity.backcheck_pair' then
      execute format('grant select, insert on %s to gongping_service', t);
    end if;
  end loop;
end $$;

---- create above / drop below ----

drop function backcheck_table(text, uuid), backcheck_compare(text, uuid, jsonb);
drop index identity.response_case_case;
drop table identity.backcheck_pair, backcheck_result, backcheck_assignment, backcheck, backcheck_reveal, backcheck_commitment,
  quality_decision, quality_finding_response, quality_sighting, quality_finding, quality_scan;
drop function backcheck_other_person();
