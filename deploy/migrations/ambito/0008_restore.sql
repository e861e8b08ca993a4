-- A restore is told: the log gets another epoch, and a line here. Only its owner may say so.

create table ledger.restores (
    number       bigint generated always as identity primary key,
    restored_at  timestamptz not null default clock_timestamp(),
    asked_for    timestamptz,              -- null: everything that was archived
    position     bigint      not null,     -- the last one that there is
    recorded_at  timestamptz,
    epoch_before uuid        not null,
    epoch        uuid        not null
);

create function ledger.renew_epoch(p_asked_for timestamptz) returns ledger.restores
language plpgsql set search_path = pg_catalog, ledger, pg_temp as $$
declare
    head log_head;
    told restores;
begin
    select * into strict head from log_head for update;
    update log_head set log_epoch = gen_random_uuid();
    insert into restores (asked_for, position, recorded_at, epoch_before, epoch)
    select p_asked_for, head.position, nullif(head.recorded_at, '-infinity'), head.log_epoch, log_epoch from log_head
    returning * into told;
    return told;
end $$;

grant select on ledger.restores to ambito_app, ambito_views;
revoke execute on function ledger.renew_epoch from public;
