-- Receipts of the frame: a code is handed to a resident, who fetches the own
-- receipt with it, once. For whom a code is, stands here sealed.

create table frame_receipt_code (
  district   text not null,
  code_hash  bytea not null,
  frame_id   uuid not null,
  sealed     bytea not null,  -- the published id of the person
  created_by uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (district, code_hash),
  foreign key (district, frame_id) references frame
);

create table frame_receipt_taken (
  district  text not null,
  code_hash bytea not null,
  at        timestamptz not null, -- of the first time
  primary key (district, code_hash),
  foreign key (district, code_hash) references frame_receipt_code
);

do $$
declare t text;
begin
  foreach t in array array['frame_receipt_code','frame_receipt_taken'] loop
    execute format('create trigger append_only before update or delete or truncate on %s for each statement execute function append_only()', t);
    execute format('grant select, insert on %s to gongping_service', t);
  end loop;
end $$;

---- create above / drop below ----

drop table frame_receipt_taken, frame_receipt_code;
