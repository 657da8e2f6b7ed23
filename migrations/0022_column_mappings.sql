-- How the columns of other offices' tables are read, remembered under a name for
-- the next month. A change is a new row; the newest of a name counts.
create table column_mapping (
  district   text not null,
  id         uuid not null,
  kind       text not null check (kind in ('indicators','ratings','records','tickets')),
  name       text not null check (length(name) between 1 and 60),
  columns    jsonb not null, -- [{"column", "header" or "value"}]
  by_id      uuid,
  at         timestamptz not null,
  primary key (district, id),
  foreign key (district, by_id) references account
);
create index column_mapping_kind on column_mapping (district, kind, name, at desc);
create trigger append_only before update or delete or truncate on column_mapping for each statement execute function append_only();
grant select, insert on column_mapping to gongping_service;

---- create above / drop below ----

drop table column_mapping;
