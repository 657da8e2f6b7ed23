-- Answers in one statement a flight.

-- Writes the answers of a flight: what five inserts would, planned once a
-- session and started once a flight. All arrays but the first three go together
-- by position. p_case is in order of the cases, the answers in order of their
-- random ids, so that the order of rows tells nothing about who gave which.
--
-- A service that already knows the fixed facts of a case asks only for what may
-- have changed: p_holder (null: not asked) is who must hold the case of p_case
-- in the same place at this moment, p_open the rounds that must be collecting.
-- What has changed fails the flight like a lost race, and it is read again.
--
-- A plan without these lookups by key, made while a table was small, would be
-- kept while it grows; so none is offered.
create function record_responses(p_district text, p_day date, p_case uuid[], p_holder uuid[], p_open uuid[],
  p_id uuid[], p_round uuid[], p_of uuid[], p_version integer[], p_committee text[], p_stratum text[], p_cluster text[], p_weight double precision[],
  p_sex text[], p_age text[], p_tenure text[], p_building text[], p_household text[], p_mode text[], p_evaluator uuid[],
  p_answers text[], p_digest bytea[], p_data text[], p_receipt bytea[])
returns void language plpgsql volatile set enable_seqscan = off as $$
begin
  if exists (select from unnest(p_open) as t(id) where (select e.state from round_event e
      where e.district = p_district and e.round_id = t.id order by e.seq desc limit 1) is distinct from 'collecting') then
    raise exception 'a round does not take answers any more' using errcode = 'serialization_failure';
  end if;
  if p_holder is not null and exists (select from unnest(p_case, p_holder) as t(id, holder) where (select z.evaluator_id from case_assignment z
      where z.district = p_district and z.case_id = t.id order by z.seq desc limit 1) is distinct from t.holder) then
    raise exception 'a case is held by somebody else now' using errcode = 'serialization_failure';
  end if;
  insert into case_completion (district, case_id, day) select p_district, id, p_day from unnest(p_case) as t(id);
  insert into response (district, id, round_id, questionnaire_version, committee, stratum, cluster, design_weight, sex, age_band, tenure,
      building, household, mode, evaluator_id, answers, digest, day)
    select p_district, id, round_id, version, committee, stratum, cluster, weight, sex, age_band, tenure, building, household, mode, evaluator,
      answers::jsonb, digest, p_day
    from unnest(p_id, p_round, p_version, p_committee, p_stratum, p_cluster, p_weight, p_sex, p_age, p_tenure, p_building, p_household, p_mode,
      p_evaluator, p_answers, p_digest)
    as t(id, round_id, version, committee, stratum, cluster, weight, sex, age_band, tenure, building, household, mode, evaluator, answers, digest);
  insert into identity.response_case (district, response_id, case_id) select p_district, id, c from unnest(p_id, p_of) as t(id, c);
  insert into response_paradata (district, response_id, data) select p_district, id, data::jsonb from unnest(p_id, p_data) as t(id, data);
  insert into response_receipt (district, receipt_hash, response_id) select p_district, h, id from unnest(p_receipt, p_id) as t(h, id);
end $$;
revoke all on function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[], bytea[]) from public;
grant execute on function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[], bytea[]) to gongping_service;

-- The answer of a case is looked up by the case; nothing looks for the case of
-- an answer. One index does both: it finds, and keeps a case to one answer.
alter table identity.response_case drop constraint response_case_pkey;
drop index identity.response_case_case;
alter table identity.response_case add primary key (district, case_id);

---- create above / drop below ----

alter table identity.response_case drop constraint response_case_pkey;
alter table identity.response_case add primary key (district, response_id);
create index response_case_case on identity.response_case (district, case_id);
drop function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[], bytea[]);
