-- Another person: who interviewed answers that an appeal set aside does not ask
-- anew, and who gains a conflict of interest leaves the panel.

alter table appeal_event
  drop constraint appeal_event_kind,
  add constraint appeal_event_kind check (kind in ('filed','accepted','refused','assigned','vote','decided','run','superseded','closed','withdrawn','overdue',
    'extended','noticed','objection','answered','asked','declined','reask_opened','recused'));

-- Who must not take the cases of a late batch in a committee. Named when the
-- batch is opened, before anybody is drawn.
create table late_barred (
  district      text not null,
  commitment_id uuid not null,
  committee     text not null,
  evaluator_id  uuid not null,
  at            timestamptz not null,
  primary key (district, commitment_id, committee, evaluator_id),
  foreign key (district, commitment_id) references late_batch,
  foreign key (district, evaluator_id) references account
);
create trigger append_only before update or delete or truncate on late_barred for each statement execute function append_only();
grant select, insert on late_barred to gongping_service;

-- The second lock: whatever the service does, such a case does not come into
-- such hands.
create function late_not_barred() returns trigger language plpgsql as $$
begin
  if exists (select from added a
      join survey_case c on c.district = a.district and c.id = a.case_id
      join draw d on d.district = c.district and d.id = c.draw_id
      join late_barred b on b.district = d.district and b.commitment_id = d.commitment_id and b.committee = c.committee and b.evaluator_id = a.evaluator_id) then
    raise exception 'who interviewed before does not ask anew' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger late_not_barred after insert on case_assignment referencing new table as added
  for each statement execute function late_not_barred();

---- create above / drop below ----

drop trigger late_not_barred on case_assignment;
drop function late_not_barred();
drop table late_barred;
alter table appeal_event drop constraint appeal_event_kind,
  add constraint appeal_event_kind check (kind in ('filed','accepted','refused','assigned','vote','decided','run','superseded','closed','withdrawn','overdue',
    'extended','noticed','objection','answered','asked','declined','reask_opened'));
