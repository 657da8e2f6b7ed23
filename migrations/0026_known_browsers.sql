-- A browser in which an account was signed in before has tries of its own: wrong
-- passwords from elsewhere lock the others out, not it (decision 0079).

create table account_browser (
  district     text not null,
  token_hash   bytea not null,
  account_id   uuid not null,
  failed       integer not null default 0,
  locked_until timestamptz,
  seen_at      timestamptz not null, -- the last sign-in
  primary key (district, token_hash),
  foreign key (district, account_id) references account
);
create index account_browser_account on account_browser (district, account_id);
grant select, insert, update, delete on account_browser to gongping_service;

---- create above / drop below ----

drop table account_browser;
