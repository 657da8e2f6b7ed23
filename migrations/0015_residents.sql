-- What residents may do besides answering: withdraw, tell auditors that they
-- were coached or pressed, check a call. And answers on paper.

-- A withdrawal is a record made with the receipt; the exclusion beside it is
-- what runs read. Neither says who.
create table response_withdrawal (
  district     text not null,
  response_id  uuid not null,
  round_id     uuid not null,
  receipt_hash bytea not null,
  day          date not null,
  primary key (district, response_id),
  foreign key (district, response_id) references response
);

-- "Someone told me what to answer", "I was pressed": for auditors and for the
-- checks of quality, never for anybody who is assessed.
create table response_signal (
  district    text not null,
  response_id uuid not null,
  round_id    uuid not null,
  committee   text not null,
  kind        text not null check (kind in ('coached','pressed')),
  day         date not null,
  primary key (district, response_id, kind),
  foreign key (district, response_id) references response
);
create index response_signal_round on response_signal (round_id, district, committee);

alter table resident_link_event add column reason text not null default '';

-- A code by which whoever is called can check the call. It knows the round and
-- the evaluator, not the person.
create table call_code (
  district     text not null,
  code_hash    bytea not null,
  round_id     uuid not null,
  evaluator_id uuid not null,
  issued_at    timestamptz not null,
  expires_at   timestamptz not null,
  primary key (district, code_hash),
  foreign key (district, round_id) references round,
  foreign key (district, evaluator_id) references account
);

-- A printed form: the code that stands on it. The id of its answer is a keyed
-- hash of the code, so that counting it any number of times ends in one answer,
-- and no table tells which answer came from which form.
create table paper_form (
  district    text not null,
  code        text not null,
  case_id     uuid not null,
  round_id    uuid not null,
  printed_by  uuid,
  printed_at  timestamptz not null,
  primary key (district, code),
  foreign key (district, case_id) references survey_case
);
create unique index paper_form_case on paper_form (district, case_id);

-- What was read from a form: by a first and a second person, and by a third
-- where those differ. All are kept.
create table paper_entry (
  district text not null,
  code     text not null,
  kind     text not null check (kind in ('first','second','decision')),
  by_id    uuid not null,
  sealed   bytea not null,  -- the answers
  at       timestamptz not null,
  primary key (district, code, kind),
  foreign key (district, code) references paper_form,
  foreign key (district, by_id) references account
);
create unique index paper_entry_person on paper_entry (district, code, by_id);

do $$
declare t text;
begin
  foreach t in array array['response_withdrawal','response_signal','call_code','paper_form','paper_entry'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table paper_entry, paper_form, call_code, response_signal, response_withdrawal;
alter table resident_link_event drop column reason;
