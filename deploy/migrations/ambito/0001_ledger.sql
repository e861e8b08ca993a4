-- The log: one total order, only appended to, by one function.
-- Run as the owner of the database. The application's role may EXECUTE and SELECT, nothing else.

-- Roles belong to the cluster, migrations to a database: another one may be making them at this moment.
do $$
declare
    name text;
begin
    foreach name in array array['ambito_app', 'ambito_views'] loop
        begin
            execute format('create role %I nologin', name);
        exception when duplicate_object or unique_violation then null;
        end;
    end loop;
end $$;

create schema ledger;
grant usage on schema ledger to ambito_app, ambito_views;

-- The head gives the order: whoever holds this row writes. Its epoch is renewed by every restore.
create table ledger.log_head (
    only_one    boolean primary key default true check (only_one),
    position    bigint      not null default 0,
    recorded_at timestamptz not null default '-infinity',
    log_epoch   uuid        not null default gen_random_uuid()
);
insert into ledger.log_head default values;

-- state: canonical envelope and digests, hashed. sealed: the values, plain or sealed, erasable, not hashed.
create table ledger.events (
    position    bigint      primary key,
    stream_id   uuid        not null,
    version     integer     not null,
    event_id    uuid        not null unique,
    type        text        not null,
    recorded_at timestamptz not null,
    state       bytea       not null,
    sealed      bytea       not null,
    chain       bytea       not null,
    unique (stream_id, version)
);

-- The case of a measure is found by the few events that order one.
create index measures_recorded on ledger.events (position)
 where type like 'adi.case.decurtazione_ordered.v%' or type like 'adi.case.decadenza_ordered.v%';

-- What a command led to, by the client that sent it: a repetition is answered from here.
create table ledger.commands (
    client         text        not null,
    command_id     uuid        not null,
    body_digest    bytea       not null,
    stream_id      uuid        not null,
    version        integer     not null,
    first_position bigint      not null,
    last_position  bigint      not null,
    recorded_at    timestamptz not null,
    primary key (client, command_id)
);

-- What only one open stream may hold, such as the open case of a household for a benefit.
create table ledger.claims (
    claim     text primary key,
    stream_id uuid not null
);

-- RFC 6962 leaf of an event: every column length-delimited, instants as int64 microseconds.
create function ledger.leaf_hash(
    p_position bigint, p_recorded_at timestamptz, p_stream uuid, p_version integer, p_type text, p_state bytea
) returns bytea language sql immutable parallel safe as $$
    select sha256(
        '\x00'::bytea
        || int8send(p_position)
        || int8send((extract(epoch from p_recorded_at) * 1000000)::bigint)
        || uuid_send(p_stream)
        || int4send(p_version)
        || int4send(octet_length(p_type)) || convert_to(p_type, 'UTF8')
        || int4send(octet_length(p_state)) || p_state
    )
$$;

-- Appends whole acts in one transaction. An act is a command (client, id, digest of its body; the id is null
-- where there is none), its stream with the version it leads to and the number of its events (none: the
-- version it rests on), at most one claim to take and one to free. The events of all acts follow each other.
-- lost tells for each act against which table it lost its race, null where it was written: commands (the
-- command was carried out before), events (another act was first, decide again), claims (another stream
-- holds it). Such an act harms no other, unless all go together: then the first one lost raises 23505.
-- pg_temp stands last: else a caller's temporary table would be taken for one of ours.
create function ledger.append(
    act_client text[], act_command uuid[], act_body bytea[], act_stream uuid[], act_version integer[],
    act_events integer[], act_takes text[], act_frees text[],
    event_id uuid[], event_type text[], event_state bytea[], event_sealed bytea[],
    together boolean,
    out first_position bigint, out at timestamptz, out lost text[]
) language plpgsql security definer
  set search_path = pg_catalog, ledger, pg_temp
  set lock_timeout = '10s'
as $$
declare
    head      log_head;
    pos       bigint;
    e         integer := 0;
    stream    uuid;
    base      integer;
    was       integer;
    link      bytea;
    name      bytea;
    stamp     bytea;
    lost_to   text;
begin
    select * into strict head from log_head for update;
    at := greatest(clock_timestamp(), head.recorded_at);
    stamp := int8send((extract(epoch from at) * 1000000)::bigint);
    first_position := head.position + 1;
    pos := head.position;

    for a in 1 .. cardinality(act_stream) loop
        stream := act_stream[a];
        base := act_version[a] - act_events[a];
        lost_to := null;
        select v.version, v.chain into was, link from events v
         where v.stream_id = stream order by v.version desc limit 1;

        -- Whoever holds the head is alone: what holds now holds until the commit.
        if was is null and base not in (0, -1) or base <> was then  -- the library may count from 0
            lost_to := 'events';
        elsif act_takes[a] is not null and exists (select from claims c where c.claim = act_takes[a]) then
            lost_to := 'claims';
        end if;
        if act_command[a] is not null then
            if lost_to is null then
                insert into commands
                values (act_client[a], act_command[a], act_body[a], stream, act_version[a],
                        pos + 1, pos + act_events[a], at)
                on conflict do nothing;
                if not found then
                    lost_to := 'commands';
                end if;
            elsif exists (
                select from commands c where c.client = act_client[a] and c.command_id = act_command[a]
            ) then
                lost_to := 'commands';
            end if;
        end if;
        lost := lost || lost_to;
        if lost_to is not null then
            if together then
                raise unique_violation using message = 'another act was first', table = lost_to;
            end if;
            e := e + act_events[a];
            continue;
        end if;

        for n in 1 .. act_events[a] loop
            e := e + 1;
            pos := pos + 1;
            name := convert_to(event_type[e], 'UTF8');
            -- As leaf_hash, which costs five times as much when called from here.
            link := sha256(coalesce(link, '\x0000000000000000000000000000000000000000000000000000000000000000')
                || sha256('\x00'::bytea || int8send(pos) || stamp || uuid_send(stream) || int4send(base + n)
                    || int4send(octet_length(name)) || name
                    || int4send(octet_length(event_state[e])) || event_state[e]));
            insert into events
            values (pos, stream, base + n, event_id[e], event_type[e], at, event_state[e], event_sealed[e], link);
        end loop;
        if act_frees[a] is not null then
            delete from claims where claim = act_frees[a] and stream_id = stream;
        end if;
        if act_takes[a] is not null then
            insert into claims values (act_takes[a], stream);
        end if;
    end loop;

    if pos > head.position then
        update log_head set position = pos, recorded_at = at;
    end if;
end $$;

-- A refusal leaves no trace in the case, one line here: who, what, which rule, when. Never a value.
create table ledger.refusals (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default clock_timestamp(),
    actor      text        not null,
    command    text        not null,
    rule       text        not null,
    stream_id  uuid
);

create function ledger.note_refusal(p_actor text, p_command text, p_rule text, p_stream uuid)
returns void language sql security definer set search_path = pg_catalog, ledger, pg_temp as $$
    insert into refusals (actor, command, rule, stream_id) values (p_actor, p_command, p_rule, p_stream)
$$;

grant select on all tables in schema ledger to ambito_app, ambito_views;
revoke execute on all functions in schema ledger from public;
grant execute on function ledger.append, ledger.note_refusal, ledger.leaf_hash to ambito_app;
grant execute on function ledger.leaf_hash to ambito_views;
