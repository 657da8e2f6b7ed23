-- Where buildings stand, who has agreed to say how far they are from one, and
-- what is known of the phones in the field.

-- The building is a keyed pseudonym of its committee and name, and the point is
-- sealed: the table tells neither which building it is nor where. A later row
-- of the same building supersedes the earlier one; both are kept.
create table building_place (
  district  text not null,
  committee text not null,
  building  text not null,
  import_id uuid not null,
  sealed    bytea not null,
  at        timestamptz not null,
  primary key (district, committee, building, import_id),
  foreign key (district, import_id) references import_batch
);

-- An evaluator's consent, given or withdrawn in the app; the latest counts, and
-- without a row there is none.
create table field_consent (
  district   text not null,
  account_id uuid not null,
  purpose    text not null check (purpose in ('distance')),
  seq        int  not null,
  given      boolean not null,
  at         timestamptz not null,
  primary key (district, account_id, purpose, seq),
  foreign key (district, account_id) references account
);

-- Metres to the building and the radius of the error that the phone states, at
-- visits of evaluators who have agreed. Never a position.
alter table contact_attempt
  add column distance_m real check (distance_m >= 0 and distance_m <= 100000),
  add column accuracy_m real check (accuracy_m >= 0 and accuracy_m <= 100000);

-- A phone can be blocked, found again and blocked again.
alter table field_device_event drop constraint field_device_event_pkey;
alter table field_device_event drop constraint field_device_event_kind_check;
alter table field_device_event add column seq int not null default 1, add column reason text not null default '';
alter table field_device_event add primary key (district, device_id, seq);
alter table field_device_event add check (kind in ('revoked','restored'));

-- What a phone said of itself when it last fetched its cases. No fact hangs on
-- it: it is written over each time.
create table field_device_seen (
  district  text not null,
  device_id uuid not null,
  at        timestamptz not null,
  waiting   int  not null check (waiting >= 0),
  drafts    int  not null check (drafts >= 0),
  stuck     int  not null check (stuck >= 0),   -- refused by the server
  build     text not null,
  primary key (district, device_id),
  foreign key (district, device_id) references field_device
);
grant select, insert, update on field_device_seen to gongping_service;

do $$
declare t text;
begin
  foreach t in array array['building_place','field_consent'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table field_device_seen;
alter table field_device_event drop constraint field_device_event_kind_check;
alter table field_device_event drop constraint field_device_event_pkey;
alter table field_device_event disable trigger append_only;
delete from field_device_event where seq > 1 or kind <> 'revoked';
alter table field_device_event enable trigger append_only;
alter table field_device_event drop column seq, drop column reason;
alter table field_device_event add primary key (district, device_id, kind);
alter table field_device_event add check (kind in ('revoked'));
alter table contact_attempt drop column distance_m, drop column accuracy_m;
drop table field_consent, building_place;
