-- Records by month and single tickets; the decisions on flagged practices.

create table record_month (
  district    text not null,
  import_id   uuid not null,
  round_id    uuid not null,
  committee   text not null,
  indicator   text not null,
  month       date not null check (extract(day from month) = 1),
  numerator   double precision not null check (numerator >= 0),
  denominator double precision not null check (denominator >= 0),
  pending     double precision not null default 0 check (pending >= 0), -- open, their time not run out
  repeats     double precision not null default 0 check (repeats >= 0), -- of the denominator
  exposure    double precision check (exposure > 0),                    -- what it is set against
  primary key (district, import_id, committee, indicator, month),
  foreign key (district, import_id) references import_batch,
  foreign key (district, round_id) references round
);
create index record_month_round on record_month (district, round_id, committee);

-- One complaint. Who complained is a keyed pseudonym of this round.
create table record_ticket (
  district    text not null,
  import_id   uuid not null,
  number      integer not null,
  round_id    uuid not null,
  committee   text not null,
  matter      text not null default '',
  complainant text not null default '',
  opened      date not null,
  closed      date check (closed >= opened),
  answered    boolean,
  solved      boolean,
  satisfied   boolean,
  primary key (district, import_id, number),
  foreign key (district, import_id) references import_batch,
  foreign key (district, round_id) references round
);
create index record_ticket_round on record_ticket (district, round_id, committee);

-- Whether a flagged indicator is scored: by a named person, with the reason.
create table record_decision (
  district  text not null,
  id        uuid not null,
  round_id  uuid not null,
  committee text not null,
  indicator text not null,
  verdict   text not null check (verdict in ('score','leave')),
  flags     text not null,  -- the practices that were decided on
  reason    text not null check (reason <> ''),
  by_id     uuid not null,
  at        timestamptz not null,
  primary key (district, id),
  foreign key (district, round_id) references round
);
create index record_decision_round on record_decision (district, round_id, committee, indicator, at);

do $$
declare t text;
begin
  foreach t in array array['record_month','record_ticket','record_decision'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table record_decision, record_ticket, record_month;
