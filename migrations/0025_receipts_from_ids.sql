-- A receipt is its answer's id under a key, so it needs neither a column nor an
-- index (decision 0078). Receipts that were given before stay in their rows and
-- are found as before.

drop index response_receipt;
create unique index response_receipt on response (district, receipt_hash) where receipt_hash is not null;
comment on column response.receipt_hash is 'SHA-256 of a receipt given before migration 25; null where the receipt is the id under a key';

-- As in 0024, without receipts.
drop function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[], bytea[]);
create function record_responses(p_district text, p_day date, p_case uuid[], p_answer uuid[], p_holder uuid[], p_open uuid[],
  p_id uuid[], p_round uuid[], p_version integer[], p_committee text[], p_stratum text[], p_cluster text[], p_weight double precision[],
  p_sex text[], p_age text[], p_tenure text[], p_building text[], p_household text[], p_mode text[], p_evaluator uuid[],
  p_answers text[], p_digest bytea[], p_data text[])
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
  insert into identity.response_case (district, case_id, response_id, day)
    select p_district, c, id, p_day from (select unnest(p_case) as c, unnest(p_answer) as id) t;
  insert into response (district, id, round_id, questionnaire_version, committee, stratum, cluster, design_weight, sex, age_band, tenure,
      building, household, mode, evaluator_id, answers, digest, day, paradata)
    select p_district, id, round_id, version, committee, stratum, cluster, weight, sex, age_band, tenure, building, household, mode, evaluator,
      answers::jsonb, digest, p_day, data::jsonb
    from (select unnest(p_id) as id, unnest(p_round) as round_id, unnest(p_version) as version, unnest(p_committee) as committee,
      unnest(p_stratum) as stratum, unnest(p_cluster) as cluster, unnest(p_weight) as weight, unnest(p_sex) as sex, unnest(p_age) as age_band,
      unnest(p_tenure) as tenure, unnest(p_building) as building, unnest(p_household) as household, unnest(p_mode) as mode,
      unnest(p_evaluator) as evaluator, unnest(p_answers) as answers, unnest(p_digest) as digest, unnest(p_data) as data) t;
end $$;
revoke all on function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[]) from public;
grant execute on function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[]) to gongping_service;

---- create above / drop below ----

drop function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[]);
create function record_responses(p_district text, p_day date, p_case uuid[], p_answer uuid[], p_holder uuid[], p_open uuid[],
  p_id uuid[], p_round uuid[], p_version integer[], p_committee text[], p_stratum text[], p_cluster text[], p_weight double precision[],
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
  insert into identity.response_case (district, case_id, response_id, day)
    select p_district, c, id, p_day from (select unnest(p_case) as c, unnest(p_answer) as id) t;
  insert into response (district, id, round_id, questionnaire_version, committee, stratum, cluster, design_weight, sex, age_band, tenure,
      building, household, mode, evaluator_id, answers, digest, day, paradata, receipt_hash)
    select p_district, id, round_id, version, committee, stratum, cluster, weight, sex, age_band, tenure, building, household, mode, evaluator,
      answers::jsonb, digest, p_day, data::jsonb, receipt
    from (select unnest(p_id) as id, unnest(p_round) as round_id, unnest(p_version) as version, unnest(p_committee) as committee,
      unnest(p_stratum) as stratum, unnest(p_cluster) as cluster, unnest(p_weight) as weight, unnest(p_sex) as sex, unnest(p_age) as age_band,
      unnest(p_tenure) as tenure, unnest(p_building) as building, unnest(p_household) as household, unnest(p_mode) as mode,
      unnest(p_evaluator) as evaluator, unnest(p_answers) as answers, unnest(p_digest) as digest, unnest(p_data) as data,
      unnest(p_receipt) as receipt) t;
end $$;
revoke all on function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[], bytea[]) from public;
grant execute on function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[], bytea[]) to gongping_service;
drop index response_receipt;
create unique index response_receipt on response (district, receipt_hash);
