-- Offline work: the phones that evaluators work with, device times of contact
-- attempts, and attempts that arrive when they no longer count.

create table field_device (
  district   text not null,
  id         uuid not null,       -- made by the phone
  account_id uuid not null,
  created_at timestamptz not null,
  primary key (district, id),
  foreign key (district, account_id) references account
);
create index field_device_account on field_device (district, account_id);

-- A lost phone gets its key no more. Nothing else happens to a device.
create table field_device_event (
  district  text not null,
  device_id uuid not null,
  kind      text not null check (kind in ('revoked')),
  by_id     uuid,
  at        timestamptz not null,
  primary key (district, device_id, kind),
  foreign key (district, device_id) references field_device
);

-- at is what counts; what the device's clock said stands beside it.
alter table contact_attempt
  add column device_at      timestamptz,
  add column clock_offset_s double precision check (clock_offset_s <> 'NaN');

-- An attempt that arrives for a case that was handed over, has ended, or whose
-- round has closed: kept with the reason, not counted.
create table contact_attempt_held (
  district       text not null,
  id             uuid not null,
  case_id        uuid not null,
  evaluator_id   uuid,
  mode           text not null check (mode in ('door','phone')),
  disposition    text not null,
  appointment    timestamptz,
  at             timestamptz not null,
  device_at      timestamptz,
  clock_offset_s double precision check (clock_offset_s <> 'NaN'),
  received_at    timestamptz not null,
  reason         text not null,
  primary key (district, id),
  foreign key (district, case_id) references survey_case
);

-- What a supervisor decided about an answer that was held: admitted or left out.
create table response_held_decision (
  district text not null,
  held_id  uuid not null,
  admitted boolean not null,
  reason   text not null check (reason <> ''),
  by_id    uuid,
  at       timestamptz not null,
  primary key (district, held_id),
  foreign key (district, held_id) references response_held
);

do $$
declare t text;
begin
  foreach t in array array['field_device','field_device_event','contact_attempt_held','response_held_decision'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table response_held_decision, contact_attempt_held, field_device_event, field_device;
alter table contact_attempt drop column device_at, drop column clock_offset_s;
