-- Who said what over the wire, provable without us: of each signed request and of our answer to it the digest of
-- the body and the signatures, never the body, never the token (PROFILE_NON_REPUDIATION_01). Only appended to.

create table ledger.exchanges (
    exchange   uuid        not null,
    direction  text        not null check (direction in ('request', 'response')),
    at         timestamptz not null,
    agency     text        not null,
    client     text        not null,
    operation  text        not null,
    command_id uuid,
    case_id    uuid,
    status     integer     check ((status is null) = (direction = 'request')),
    digest     text,                  -- null where the body could be guessed from it, and then no signature
    signature  text,
    tracking   text,
    keys       jsonb       not null,  -- public keys (JWK) with which the signatures verify
    primary key (exchange, direction)
);
-- A retry is another exchange of the same command: the attempts are counted, never written over.
create index exchanges_of_a_command on ledger.exchanges (client, command_id) where command_id is not null;
create index exchanges_of_a_case on ledger.exchanges (case_id) where case_id is not null;

-- As append, with the signed request of each act, as JSON, or null: kept in the same transaction, where the act is.
create function ledger.append_signed(
    act_client text[], act_command uuid[], act_body bytea[], act_stream uuid[], act_version integer[],
    act_events integer[], act_takes text[], act_frees text[],
    event_id uuid[], event_type text[], event_state bytea[], event_sealed bytea[],
    together boolean, act_request text[],
    out first_position bigint, out at timestamptz, out lost text[]
) language plpgsql security definer
  set search_path = pg_catalog, ledger, pg_temp
  set lock_timeout = '10s'
as $$
begin
    select a.first_position, a.at, a.lost into first_position, at, lost
      from append(act_client, act_command, act_body, act_stream, act_version, act_events, act_takes, act_frees,
                  event_id, event_type, event_state, event_sealed, together) a;
    insert into exchanges
    select kept.* from unnest(act_request, lost) as act (request, lost_to),
           jsonb_populate_record(null::exchanges, act.request::jsonb) kept
     where act.request is not null and act.lost_to is null
    on conflict do nothing;
end $$;

-- A request and the response to it; the request may lie there already, if it was an act that was carried out.
create function ledger.keep_exchange(p_request text, p_response text)
returns void language sql security definer set search_path = pg_catalog, ledger, pg_temp as $$
    insert into exchanges
    select kept.* from unnest(array[p_request, p_response]) said,
           jsonb_populate_record(null::exchanges, said::jsonb) kept
    on conflict do nothing
$$;

-- Ids of statements that may be used once, for all processes: digests, and until when they would be believed.
create table ledger.used (
    key   bytea       primary key check (octet_length(key) = 32),
    until timestamptz not null
);
create index used_until on ledger.used (until);

-- Uses all keys, or tells that one was used before. Each use sweeps away a few whose time is over: more than it
-- brings, so that the table stays as long as what is alive. A crash of the server may forget the last half second
-- of it: to wait for the disk would cost each request as much as all its signatures.
create function ledger.use_once(p_keys bytea[], p_until timestamptz[], p_now timestamptz)
returns boolean language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    delete from used where ctid = any (array(
        select ctid from used where until < p_now order by until limit 16 for update skip locked));
    begin
        insert into used select * from unnest(p_keys, p_until);
    exception when unique_violation then
        return false;
    end;
    return true;
end $$;

grant select on ledger.exchanges, ledger.used to ambito_app, ambito_views;
revoke execute on function ledger.append_signed, ledger.keep_exchange, ledger.use_once from public;
grant execute on function ledger.append_signed, ledger.keep_exchange, ledger.use_once to ambito_app;
