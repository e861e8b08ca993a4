-- The second wall: what the API reads for somebody it reads as ambito_reader, to whom row-level security shows
-- the rows of that reader and no other. Who reads is said with each connection (domain/ledger/reading.py); where
-- nothing was said, nothing is shown. The views have their policies in projections/guard.py.

-- Roles belong to the cluster, as in 0001. Who is of ambito_app may take this role, and so give up its own.
do $$
begin
    create role ambito_reader nologin;
exception when duplicate_object or unique_violation then null;
end $$;
grant ambito_reader to ambito_app;
grant usage on schema ledger, views to ambito_reader;

-- What was said of the reader; null where nothing was.
create function ledger.reader(p_name text) returns text
language sql stable parallel safe set search_path = pg_catalog as $$
    select nullif(current_setting('ambito.reader_' || p_name, true), '')
$$;

-- Whether a person of the servizio sociale has an open assignment to a case, as the log has it now. Whose an
-- assignment is cannot be corrected, only voided; the last correction of a fact counts.
create function ledger.is_assigned(p_case uuid, p_person uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, ledger, pg_temp as $$
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
                              and u.said ->> 'assignment_id' = a.said ->> 'assignment_id'))
$$;

-- The streams that the reader may read: the case in hand with its access log, where the reader has that case.
create function ledger.streams_in_hand() returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, ledger, pg_temp as $$
declare
    in_hand uuid := ledger.reader('case');
    held    boolean;
begin
    if in_hand is null then
        return '{}';
    end if;
    held := case ledger.reader('kind')
        when 'ats' then true
        when 'servizio-sociale' then ledger.is_assigned(in_hand, ledger.reader('person')::uuid)
        else exists (select from disclosed d
                      where d.stream_id = in_hand and d.recipient = ledger.reader('recipient'))
    end;
    return case when held then array[in_hand, ledger.reader('access_log')::uuid] else '{}' end;
end $$;

-- The cases that the servizio sociale assigned to the reader, for its lists: as the view of the cases has it.
create function ledger.cases_assigned() returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, ledger, pg_temp as $$
begin
    return array(select c.case_id from views.cases_v3 c
                  where c.operators @> array[ledger.reader('person')::uuid]
                    and ledger.reader('kind') = 'servizio-sociale');
end $$;

-- Whether every one of some facts stands disclosed to the reader's recipient, none of them withdrawn since.
create function ledger.all_shown(p_events uuid[]) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, ledger, pg_temp as $$
begin
    return not exists (
        select from unnest(p_events) as source (event_id)
         where coalesce((select d.kind from disclosed d
                          where d.event_id = source.event_id and d.recipient = ledger.reader('recipient')
                          order by d.seq desc limit 1), 'withdrawn') = 'withdrawn');
end $$;

-- A sub-select in a policy is asked once for a statement, not once for a row.
alter table ledger.events enable row level security;
create policy processes on ledger.events for select to ambito_app, ambito_views using (true);
create policy case_in_hand on ledger.events for select to ambito_reader
    using (stream_id = any ((select ledger.streams_in_hand())::uuid[]));
-- By which law a measure is judged, and which bodies signed: the dossier rests on it.
create policy protocol on ledger.events for select to ambito_reader
    using ((select ledger.reader('kind')) = 'servizio-sociale' and type like 'adi.protocol.%');
-- Of a fact that was sent to it a recipient is told when it was recorded.
create policy sent on ledger.events for select to ambito_reader
    using ((select ledger.reader('recipient')) is not null
           and exists (select from ledger.disclosed d
                        where d.event_id = events.event_id
                          and d.recipient = (select ledger.reader('recipient'))));

alter table ledger.disclosed enable row level security;
create policy processes on ledger.disclosed for select to ambito_app, ambito_views using (true);
create policy own on ledger.disclosed for select to ambito_reader
    using (recipient = (select ledger.reader('recipient')));
-- Who runs a case is told who was shown what of it.
create policy case_in_hand on ledger.disclosed for select to ambito_reader
    using ((select ledger.reader('kind')) = 'servizio-sociale'
           and stream_id = any ((select ledger.streams_in_hand())::uuid[]));

-- Evidence and clocks: of no case, or of all of them alike.
grant select on ledger.events, ledger.disclosed, ledger.log_head, ledger.tiles, ledger.checkpoints,
                ledger.tree_head, ledger.log_keys, ledger.cosignatures, ledger.acknowledgements,
                ledger.recipients, ledger.rule_sets
   to ambito_reader;

revoke execute on function ledger.reader, ledger.is_assigned, ledger.streams_in_hand,
                           ledger.cases_assigned, ledger.all_shown from public;
grant execute on function ledger.reader, ledger.streams_in_hand, ledger.cases_assigned, ledger.all_shown
   to ambito_reader;
