-- What was erased, and who a codice fiscale is without holding it.

-- Which keys were destroyed and when: read at every start, so that no restore brings one back.
create table ledger.erasures (
    number    bigint generated always as identity primary key,
    key_id    text        not null unique,
    erased_at timestamptz not null default clock_timestamp()
);

-- Erasures are found by the few facts that tell of one.
create index erasures_recorded on ledger.events (position)
 where type like 'adi.case.personal_data_erased.v%';

-- Of whom a case holds a codice fiscale: its HMAC under a key of the key file, never the code itself.
create table ledger.people (
    digest    bytea not null check (octet_length(digest) = 32),
    member_id uuid  not null,
    stream_id uuid  not null,
    primary key (digest, member_id, stream_id)
);
create index people_by_member on ledger.people (member_id);

-- Names people before their act is appended. One who is erased is named no more, whoever comes first.
create function ledger.name_people(p_stream uuid, p_digest bytea[], p_member uuid[])
returns void language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtext('ambito.people'));
    insert into people (digest, member_id, stream_id)
    select p.digest, p.member_id, p_stream from unnest(p_digest, p_member) as p (digest, member_id)
     where not exists (select from erasures e where e.key_id = 'person/' || p.member_id)
    on conflict do nothing;
end $$;

-- Notes that a key is to be destroyed, and forgets whose codice fiscale it was.
create function ledger.note_erasure(p_key_id text)
returns void language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtext('ambito.people'));
    insert into erasures (key_id) values (p_key_id) on conflict do nothing;
    delete from people where member_id = substring(p_key_id from '^person/(.*)$')::uuid;
end $$;

-- An erasure is told to exactly those who were shown something.
alter table ledger.disclosed drop constraint disclosed_kind_check;
alter table ledger.disclosed add constraint disclosed_kind_check
    check (kind in ('fact', 'backfill', 'correction', 'withdrawn', 'erasure'));

grant select on ledger.erasures, ledger.people to ambito_app, ambito_views;
revoke execute on function ledger.name_people, ledger.note_erasure from public;
grant execute on function ledger.name_people, ledger.note_erasure to ambito_app;
