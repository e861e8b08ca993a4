-- Who was shown which cases in a list: one line for each page, beside the access log of each case, which has a
-- line for each file that was read. Not in the chain, so that a page costs one insert; ids and codes alone.

create table ledger.list_reads (
    number    bigint generated always as identity primary key,
    at        timestamptz not null,
    agency    text        not null,   -- with its unit where that of others must not know
    accessor  uuid        not null,
    purpose   text        not null,
    operation text        not null,
    case_ids  uuid[]      not null
);
create index list_reads_by_accessor on ledger.list_reads (accessor, at);

create function ledger.note_list_read(
    p_at timestamptz, p_agency text, p_accessor uuid, p_purpose text, p_operation text, p_case_ids uuid[]
) returns void language sql security definer set search_path = pg_catalog, ledger, pg_temp as $$
    insert into list_reads (at, agency, accessor, purpose, operation, case_ids)
    values (p_at, p_agency, p_accessor, p_purpose, p_operation, p_case_ids)
$$;

grant select on ledger.list_reads to ambito_app, ambito_views;
revoke execute on function ledger.note_list_read from public;
grant execute on function ledger.note_list_read to ambito_app;
