-- Corrections of attributions, departments named by panels, requests for more
-- time, residents asked anew after an appeal, further conflicts of interest.

-- An attribution that two coders made is never edited: somebody asks, with a
-- reason, to withdraw or correct it, and somebody else who neither asked nor
-- coded the text rules on it. The latest change that was agreed to counts.
create table attribution_change (
  district       text not null,
  id             uuid not null,
  round_id       uuid not null,
  attribution_id uuid not null,
  kind           text not null check (kind in ('withdraw','correct')),
  items          text[] not null default '{}',
  causes         jsonb not null default '[]', -- of a correction, in the form of answer_attribution
  reason         text not null check (reason <> ''),
  by_id          uuid not null,
  at             timestamptz not null,
  primary key (district, id),
  check ((kind = 'correct') = (jsonb_array_length(causes) > 0)),
  foreign key (district, round_id) references round,
  foreign key (district, attribution_id) references answer_attribution,
  foreign key (district, by_id) references account
);
create index attribution_change_of on attribution_change (district, attribution_id, at);
create index attribution_change_round on attribution_change (district, round_id);

create table attribution_ruling (
  district  text not null,
  change_id uuid not null,
  agreed    boolean not null,
  reason    text not null check (reason <> ''),
  by_id     uuid not null,
  at        timestamptz not null,
  primary key (district, change_id),
  foreign key (district, change_id) references attribution_change,
  foreign key (district, by_id) references account
);

-- What counts of every attribution: as the coders made it, as corrected, or
-- nothing where it was withdrawn.
create view attribution_in_force as
select a.district, a.id, a.round_id, a.response_id, a.comment_id, a.sign,
       case when c.kind = 'correct' then c.items else a.items end as items,
       case when c.kind = 'correct' then c.causes else a.causes end as causes
from answer_attribution a
left join lateral (
  select x.kind, x.items, x.causes from attribution_change x
    join attribution_ruling r on r.district = x.district and r.change_id = x.id and r.agreed
  where x.district = a.district and x.attribution_id = a.id order by r.at desc, x.id desc limit 1) c on true
where c.kind is distinct from 'withdraw';

-- Which department a panel credited an answer to.
alter table appeal_effect add column department text not null default '';

alter table appeal_conflict
  drop constraint appeal_conflict_why_check,
  add constraint appeal_conflict_why_check check (why in ('appellant','evaluator','reviewer','run','unit','first_panel','coder','declared','quality'));

alter table appeal_event
  drop constraint appeal_event_kind,
  add constraint appeal_event_kind check (kind in ('filed','accepted','refused','assigned','vote','decided','run','superseded','closed','withdrawn','overdue',
    'extended','noticed','objection','answered','asked','declined','reask_opened'));

alter table appeal add column reask_days integer not null default 0; -- 0: filed before residents could be asked anew

-- A batch of a closed round whose cases are asked until a day all the same.
create table late_batch (
  district      text not null,
  commitment_id uuid not null,
  round_id      uuid not null,
  until         date not null,
  by_id         uuid,
  at            timestamptz not null,
  primary key (district, commitment_id),
  foreign key (district, commitment_id) references draw_commitment,
  foreign key (district, round_id) references round
);
create index late_batch_round on late_batch (district, round_id);

-- Which appeals a batch stands for.
create table appeal_reask (
  district      text not null,
  appeal_id     uuid not null,
  commitment_id uuid not null,
  n             integer not null check (n > 0),
  at            timestamptz not null,
  primary key (district, appeal_id, commitment_id),
  foreign key (district, appeal_id) references appeal,
  foreign key (district, commitment_id) references late_batch
);

do $$
declare t text;
begin
  foreach t in array array['attribution_change','attribution_ruling','late_batch','appeal_reask'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;
grant select on attribution_in_force to gongping_service;

---- create above / drop below ----

drop table appeal_reask, late_batch;
alter table appeal drop column reask_days;
alter table appeal_event drop constraint appeal_event_kind,
  add constraint appeal_event_kind check (kind in ('filed','accepted','refused','assigned','vote','decided','run','superseded','closed','withdrawn','overdue',
    'extended','noticed','objection','answered'));
alter table appeal_conflict drop constraint appeal_conflict_why_check,
  add constraint appeal_conflict_why_check check (why in ('appellant','evaluator','reviewer','run','unit','first_panel'));
alter table appeal_effect drop column department;
drop view attribution_in_force;
drop table attribution_ruling, attribution_change;
