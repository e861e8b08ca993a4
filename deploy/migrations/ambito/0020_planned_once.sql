-- What 0015, 0017 and 0018 call at every request, planned once a connection: PostgreSQL plans the body of a
-- function in SQL anew in each statement that calls it, unless it can put the body in its place. That took up
-- to ten times as long as what the functions do. They do the same as before.

-- Put in its place: it sets no search path, so it names that of each function.
create or replace function ledger.reader(p_name text) returns text
language sql stable parallel safe as $$
    select nullif(pg_catalog.current_setting('ambito.reader_' operator(pg_catalog.||) p_name, true), '')
$$;

create or replace function ledger.is_assigned(p_case uuid, p_person uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, ledger, pg_temp as $$
begin
    return (
        with told as materialized (
            select event_id, version, type, convert_from(sealed, 'UTF8')::json as said from events
             where stream_id = p_case
               and (type like 'adi.case.operator_assigned.v%' or type like 'adi.case.operator_unassigned.v%'
                    or type like 'adi.case.event_corrected.v%')
        ), corrected as (
            select distinct on (said ->> 'corrects_event_id')
                   (said ->> 'corrects_event_id')::uuid as event_id, (said ->> 'voids')::boolean as voids
              from told where type like 'adi.case.event_corrected.v%'
             order by said ->> 'corrects_event_id', version desc
        ), standing as (
            select t.type, t.said from told t left join corrected c using (event_id) where c.voids is not true
        )
        select exists (
            select from standing a
             where a.type like 'adi.case.operator_assigned.v%'
               and a.said ->> 'agency' = 'servizio-sociale'
               and (a.said ->> 'person_id')::uuid = p_person
               and not exists (select from standing u
                                where u.type like 'adi.case.operator_unassigned.v%'
                                  and u.said ->> 'assignment_id' = a.said ->> 'assignment_id')));
end $$;

create or replace function ledger.note_list_read(
    p_at timestamptz, p_agency text, p_accessor uuid, p_purpose text, p_operation text, p_case_ids uuid[]
) returns void
language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
begin
    insert into list_reads (at, agency, accessor, purpose, operation, case_ids)
    values (p_at, p_agency, p_accessor, p_purpose, p_operation, p_case_ids);
end $$;

create or replace function ledger.keep_exchange(p_request text, p_response text) returns void
language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
begin
    insert into exchanges
    select kept.* from unnest(array[p_request, p_response]) said,
           jsonb_populate_record(null::exchanges, said::jsonb) kept
    on conflict do nothing;
end $$;
