-- Writing a flight takes less of the database's time; what is written stays the
-- same, byte for byte.

-- As in 0023, but the arrays are unnested in step with one another: unnest of
-- many arrays in from stores each of them in a tuplestore before it reads the
-- first row.
create or replace function record_responses(p_district text, p_day date, p_case uuid[], p_answer uuid[], p_holder uuid[], p_open uuid[],
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

-- As in 0011, but the bytes to be hashed are one expression. The loop over the
-- fields ran while all other flights of the district waited for the lock.
create or replace function audit_append(p_district text, p_at timestamptz, p_actor uuid, p_role text, p_action text, p_kind text, p_id text, p_area text, p_detail text)
returns bigint language plpgsql volatile as $$
declare
  v_seq bigint;
  v_prev bytea;
  v_text bytea;
begin
  perform pg_advisory_xact_lock(hashtextextended('gongping/audit/' || p_district, 0));
  select seq, hash into v_seq, v_prev from audit_log where district = p_district order by seq desc limit 1;
  v_seq := coalesce(v_seq, 0) + 1;
  v_prev := coalesce(v_prev, '');
  v_text := int8send(octet_length(convert_to('gongping/audit/v1', 'UTF8'))) || convert_to('gongping/audit/v1', 'UTF8')
    || int8send(octet_length(convert_to(p_district, 'UTF8'))) || convert_to(p_district, 'UTF8')
    || int8send(octet_length(convert_to(v_seq::text, 'UTF8'))) || convert_to(v_seq::text, 'UTF8')
    || int8send(octet_length(convert_to(to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8'))) || convert_to(to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8')
    || int8send(octet_length(convert_to(coalesce(p_actor::text, ''), 'UTF8'))) || convert_to(coalesce(p_actor::text, ''), 'UTF8')
    || int8send(octet_length(convert_to(p_role, 'UTF8'))) || convert_to(p_role, 'UTF8')
    || int8send(octet_length(convert_to(p_action, 'UTF8'))) || convert_to(p_action, 'UTF8')
    || int8send(octet_length(convert_to(p_kind, 'UTF8'))) || convert_to(p_kind, 'UTF8')
    || int8send(octet_length(convert_to(p_id, 'UTF8'))) || convert_to(p_id, 'UTF8')
    || int8send(octet_length(convert_to(p_area, 'UTF8'))) || convert_to(p_area, 'UTF8')
    || int8send(octet_length(convert_to(p_detail, 'UTF8'))) || convert_to(p_detail, 'UTF8')
    || int8send(octet_length(v_prev)) || v_prev;
  insert into audit_log (district, seq, at, actor_id, actor_role, action, object_kind, object_id, area, detail, prev_hash, hash)
    values (p_district, v_seq, p_at, p_actor, p_role, p_action, p_kind, p_id, p_area, p_detail, v_prev, sha256(v_text));
  return v_seq;
end $$;

---- create above / drop below ----

create or replace function record_responses(p_district text, p_day date, p_case uuid[], p_answer uuid[], p_holder uuid[], p_open uuid[],
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
    select p_district, c, id, p_day from unnest(p_case, p_answer) as t(c, id);
  insert into response (district, id, round_id, questionnaire_version, committee, stratum, cluster, design_weight, sex, age_band, tenure,
      building, household, mode, evaluator_id, answers, digest, day, paradata, receipt_hash)
    select p_district, id, round_id, version, committee, stratum, cluster, weight, sex, age_band, tenure, building, household, mode, evaluator,
      answers::jsonb, digest, p_day, data::jsonb, receipt
    from unnest(p_id, p_round, p_version, p_committee, p_stratum, p_cluster, p_weight, p_sex, p_age, p_tenure, p_building, p_household, p_mode,
      p_evaluator, p_answers, p_digest, p_data, p_receipt)
    as t(id, round_id, version, committee, stratum, cluster, weight, sex, age_band, tenure, building, household, mode, evaluator, answers, digest, data, receipt);
end $$;

create or replace function audit_append(p_district text, p_at timestamptz, p_actor uuid, p_role text, p_action text, p_kind text, p_id text, p_area text, p_detail text)
returns bigint language plpgsql volatile as $$
declare
  v_seq bigint;
  v_prev bytea;
  v_text bytea := '';
  v_field text;
begin
  perform pg_advisory_xact_lock(hashtextextended('gongping/audit/' || p_district, 0));
  select seq, hash into v_seq, v_prev from audit_log where district = p_district order by seq desc limit 1;
  v_seq := coalesce(v_seq, 0) + 1;
  v_prev := coalesce(v_prev, '');
  foreach v_field in array array['gongping/audit/v1', p_district, v_seq::text,
    to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), coalesce(p_actor::text, ''), p_role, p_action, p_kind, p_id, p_area, p_detail] loop
    v_text := v_text || int8send(octet_length(convert_to(v_field, 'UTF8'))) || convert_to(v_field, 'UTF8');
  end loop;
  v_text := v_text || int8send(octet_length(v_prev)) || v_prev;
  insert into audit_log (district, seq, at, actor_id, actor_role, action, object_kind, object_id, area, detail, prev_hash, hash)
    values (p_district, v_seq, p_at, p_actor, p_role, p_action, p_kind, p_id, p_area, p_detail, v_prev, sha256(v_text));
  return v_seq;
end $$;
