-- What people say: masked comments, codebooks, the judgement of coders, attributions.

create table codebook (
  district   text not null,
  id         uuid not null,
  version    integer not null check (version > 0),
  body       jsonb not null,
  digest     bytea not null,
  created_by uuid,
  created_at timestamptz not null,
  primary key (district, id, version)
);

-- A comment without personal data. Its id is random and its rows are written in
-- the order of the ids, so that neither tells which answer it came from or when.
create table comment (
  district    text not null,
  id          uuid not null,
  lead_id     uuid not null,          -- the first comment of the scope with the same words: coders read that one
  round_id    uuid,                   -- of a round's answer
  import_id   uuid,                   -- or of a file
  response_id uuid,
  item        text not null default '',
  area_code   text not null,
  month       date not null,          -- never the day
  author      text not null default '', -- pseudonym
  likes       integer not null default 0,
  body        text not null,          -- masked
  folded      text not null,
  terms       text[] not null,        -- characters, pairs of characters, words: see scoring/qualitative
  text_key    bytea not null,         -- hash of the fold
  masked      jsonb not null default '{}',
  sealed      bytea,                  -- the original of a file's comment; an answer's stays in response_comment
  taken_at    timestamptz not null,
  primary key (district, id),
  check ((round_id is null) <> (import_id is null)),
  check ((response_id is null) = (round_id is null)),
  foreign key (district, round_id) references round,
  foreign key (district, import_id) references import_batch,
  foreign key (district, response_id, item) references response_comment
);
create unique index comment_response on comment (district, response_id, item) where response_id is not null;
create index comment_round on comment (district, round_id, lead_id) where round_id is not null;
create index comment_import on comment (district, import_id, lead_id) where import_id is not null;
create index comment_key on comment (district, text_key);
create index comment_terms on comment using gin (terms);

-- One coder's judgement of a text. Nobody codes a text twice; a third is asked
-- only where two differ.
create table comment_coding (
  district         text not null,
  id               uuid not null,
  lead_id          uuid not null,
  slot             smallint not null check (slot between 1 and 3),
  coder_id         uuid not null,
  codebook_id      uuid not null,
  codebook_version integer not null,
  codes            jsonb not null,
  proposed         boolean not null, -- the model's proposal was shown
  at               timestamptz not null,
  primary key (district, id),
  foreign key (district, lead_id) references comment,
  foreign key (district, coder_id) references account,
  foreign key (district, codebook_id, codebook_version) references codebook
);
create unique index comment_coding_slot on comment_coding (district, lead_id, slot);
create unique index comment_coding_coder on comment_coding (district, lead_id, coder_id);

create table comment_decision (
  district         text not null,
  lead_id          uuid not null,
  state            text not null check (state in ('agreed','settled')),
  codebook_id      uuid not null,
  codebook_version integer not null,
  codes            jsonb not null,
  at               timestamptz not null,
  primary key (district, lead_id),
  foreign key (district, lead_id) references comment,
  foreign key (district, codebook_id, codebook_version) references codebook
);

-- An answer whose low (or high) marks have a cause outside the committee's
-- remit, as two coders placed it. Runs take it from here and say what it did.
create table answer_attribution (
  district    text not null,
  id          uuid not null,
  round_id    uuid not null,
  response_id uuid not null,
  comment_id  uuid not null,
  sign        text not null check (sign in ('low','high')),
  items       text[] not null,
  causes      jsonb not null, -- topic, matter, department of every code of that sign
  at          timestamptz not null,
  primary key (district, id),
  foreign key (district, response_id) references response,
  foreign key (district, comment_id) references comment
);
create unique index answer_attribution_sign on answer_attribution (district, response_id, sign);
create index answer_attribution_round on answer_attribution (district, round_id);

do $$
declare t text;
begin
  foreach t in array array['codebook','comment','comment_coding','comment_decision','answer_attribution'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table answer_attribution, comment_decision, comment_coding, comment, codebook;
