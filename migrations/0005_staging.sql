-- Staging: a large frame is imported in committed chunks, so that an import
-- that was interrupted goes on where it stopped. Nothing here is a fact: no
-- page and no draw reads it, and it is emptied when the frame is complete.

create table frame_staging (
  district      text not null,
  id            uuid not null,      -- the resume token
  name          text not null,
  file_name     text not null,
  file_digest   bytea not null,
  frame_id      uuid not null,      -- of the frame to come
  sealed_secret bytea not null,
  n_rows        bigint not null,
  created_by    uuid,
  created_at    timestamptz not null,
  primary key (district, id)
);
create unique index frame_staging_file on frame_staging (district, file_digest, name);

create table frame_staging_chunk (
  district   text not null,
  staging_id uuid not null,
  chunk      integer not null,
  n_rows     integer not null,
  primary key (district, staging_id, chunk),
  foreign key (district, staging_id) references frame_staging
);

create table frame_staging_person (
  district   text not null,
  staging_id uuid not null,
  chunk      integer not null,
  row_no     integer not null,            -- in the file, to name repetitions
  alike      text not null default '',    -- keyed hash, equal for near-duplicates
  person_id  text collate "C" not null,
  committee  text not null,
  grid       text not null,
  private    bytea not null,
  household  text not null,
  building   text not null,
  sex        text not null,
  birth_year smallint not null,
  tenure     text not null,
  contact    smallint not null,
  status     text not null,
  sealed     bytea not null
);
create index frame_staging_person_chunk on frame_staging_person (district, staging_id, chunk);

grant select, insert, delete on frame_staging, frame_staging_chunk, frame_staging_person to gongping_service;

---- create above / drop below ----

drop table frame_staging_person, frame_staging_chunk, frame_staging;
