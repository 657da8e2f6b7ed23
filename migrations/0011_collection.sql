-- Taking answers in one message to the database.

-- Appends an entry to the hash chain of its district, as internal/audit does:
-- the same bytes, the same lock. For transactions that are sent as a whole and
-- cannot wait to learn the last hash.
create function audit_append(p_district text, p_at timestamptz, p_actor uuid, p_role text, p_action text, p_kind text, p_id text, p_area text, p_detail text)
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
revoke all on function audit_append(text, timestamptz, uuid, text, text, text, text, text, text) from public;
grant execute on function audit_append(text, timestamptz, uuid, text, text, text, text, text, text) to gongping_service;

-- These three checks cost more than the rows that they check, and can find
-- nothing: comment and seconds are written by the statement after their answer,
-- from the same list; a completed case was read in the same batch; and no table
-- of these ever loses a row.
alter table response_comment drop constraint response_comment_district_response_id_fkey;
alter table response_paradata drop constraint response_paradata_district_response_id_fkey;
alter table case_completion drop constraint case_completion_district_case_id_fkey;

-- The planner took this index, by its district alone, to look up a single
-- answer by its id while the table was small, and kept that plan while it grew.
-- With the round first it cannot.
drop index response_round;
create index response_round on response (round_id, district, committee);

---- create above / drop below ----

drop index response_round;
create index response_round on response (district, round_id, committee);

alter table case_completion add foreign key (district, case_id) references survey_case;
alter table response_paradata add foreign key (district, response_id) references response;
alter table response_comment add foreign key (district, response_id) references response;
drop function audit_append(text, timestamptz, uuid, text, text, text, text, text, text);
