-- An answer in two rows instead of five.
--
-- Seconds and receipt belong to exactly one answer, are written with it and
-- never change, so they stand in its row. That a case is complete and which
-- answer completed it are one fact about the case, so they are one row too: the
-- service writes it, and sees of it, through the view case_completion, only that
-- the case is complete, not by which answer.

alter table response add column paradata jsonb, add column receipt_hash bytea;
comment on column response.paradata is 'seconds and taps (docs/spec/paradata.md); null where none were kept';
comment on column response.receipt_hash is 'SHA-256 of the receipt; null where none was given';

-- Nothing of an answer is changed: what stood beside it moves into its row.
alter table response disable trigger append_only;
update response r set paradata = p.data, receipt_hash = c.receipt_hash
  from response o
  left join response_paradata p on p.district = o.district and p.response_id = o.id
  left join response_receipt c on c.district = o.district and c.response_id = o.id
  where r.district = o.district and r.id = o.id and (p.data is not null or c.receipt_hash is not null);
alter table response enable trigger append_only;

do $$
begin
  if (select count(*) from response_paradata) <> (select count(paradata) from response)
    or (select count(*) from response_receipt) <> (select count(receipt_hash) from response) then
    raise exception 'seconds or receipts stand without their answer, or twice for one';
  end if;
end $$;
drop table response_paradata, response_receipt;
create unique index response_receipt on response (district, receipt_hash);

-- The rows so far stand in the order of the answers. They are written anew in
-- the order of the cases, because the view shows rows in the order in which they
-- stand. Cases that were completed without a link keep none.
alter table identity.response_case rename to response_case_before;
alter index identity.response_case_pkey rename to response_case_before_pkey;
create table identity.response_case (
  district    text not null,
  case_id     uuid not null,
  response_id uuid,
  day         date not null,
  primary key (district, case_id)
);
insert into identity.response_case (district, case_id, response_id, day)
  select d.district, d.case_id, x.response_id, d.day from case_completion d
  left join identity.response_case_before x on x.district = d.district and x.case_id = d.case_id
  order by d.district, d.case_id;

do $$
begin
  if (select count(*) from identity.response_case_before) <> (select count(response_id) from identity.response_case) then
    raise exception 'an answer belongs to a case that is not complete';
  end if;
end $$;
drop table identity.response_case_before, case_completion;
create trigger append_only before update or delete or truncate on identity.response_case for each statement execute function append_only();
grant insert on identity.response_case to gongping_service;

-- One completed interview per case. It does not say which response.
create view case_completion as select district, case_id, day from identity.response_case;
grant select on case_completion to gongping_service;

create or replace function refresh_statistics(variadic tables text[]) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
declare t text;
begin
  foreach t in array tables loop
    if t not in ('frame_person', 'draw_selection', 'survey_case', 'contact_attempt', 'response', 'case_completion') then
      raise exception 'no bulk table: %', t;
    end if;
    if t = 'case_completion' then
      analyze identity.response_case;
    else
      execute format('analyze public.%I', t);
    end if;
  end loop;
end $$;

-- Writes the answers of a flight in two inserts. p_case, p_answer (which answer
-- completes it) and p_holder go together, in order of the cases; the other
-- arrays do, in order of the answers' random ids. So the order of rows tells
-- nothing about who gave which. For the rest see 0019_flights.sql.
drop function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[], bytea[]);
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
    select p_district, c, id, p_day from unnest(p_case, p_answer) as t(c, id);
  insert into response (district, id, round_id, questionnaire_version, committee, stratum, cluster, design_weight, sex, age_band, tenure,
      building, household, mode, evaluator_id, answers, digest, day, paradata, receipt_hash)
    select p_district, id, round_id, version, committee, stratum, cluster, weight, sex, age_band, tenure, building, household, mode, evaluator,
      answers::jsonb, digest, p_day, data::jsonb, receipt
    from unnest(p_id, p_round, p_version, p_committee, p_stratum, p_cluster, p_weight, p_sex, p_age, p_tenure, p_building, p_household, p_mode,
      p_evaluator, p_answers, p_digest, p_data, p_receipt)
    as t(id, round_id, version, committee, stratum, cluster, weight, sex, age_band, tenure, building, household, mode, evaluator, answers, digest, data, receipt);
end $$;
revoke all on function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[], bytea[]) from public;
grant execute on function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[], bytea[]) to gongping_service;

---- create above / drop below ----

drop function record_responses(text, date, uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], integer[], text[], text[], text[], double precision[],
  text[], text[], text[], text[], text[], text[], uuid[], text[], bytea[], text[], bytea[]);
drop view case_completion;
create table case_completion (district text not null, case_id uuid not null, day date not null, primary key (district, case_id));
insert into case_completion select district, case_id, day from identity.response_case order by district, case_id;
create table response_paradata (district text not null, response_id uuid not null, data jsonb not null, primary key (district, response_id));
insert into response_paradata select district, id, paradata from response where paradata is not null order by district, id;
create table response_receipt (district text not null, receipt_hash bytea not null, response_id uuid not null, primary key (district, receipt_hash));
insert into response_receipt select district, receipt_hash, id from response where receipt_hash is not null order by district, receipt_hash;
do $$
declare t text;
begin
  foreach t in array array['case_completion','response_paradata','response_receipt'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;
alter table identity.response_case drop column day;
drop index response_receipt;
alter table response drop column paradata, drop column receipt_hash;
