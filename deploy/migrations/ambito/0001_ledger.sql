-- The log: one total order, only appended to, by one function.
-- Run as the owner of the database. The application's role may EXECUTE and SELECT, nothing else.

do $$
begin
    perform pg_advisory_xact_lock(hashtext('ambito.roles'));  -- roles belong to the cluster, migrations to a database
    if not exists (select from pg_roles where rolname = 'ambito_app') then
        create role ambito_app nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'ambito_views') then
        create role ambito_views nologin;
    end if;
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
-- where there is none), at most one claim to take and one to free, and its events.
-- 23505 on events: another act was first, decide again. 23505 on commands: the command was already carried out.
create function ledger.append(
    act_client text[], act_command uuid[], act_body bytea[], act_stream uuid[], act_version integer[],
    act_takes text[], act_frees text[],
    event_act integer[], event_version integer[], event_id uuid[], event_type text[],
    event_state bytea[], event_sealed bytea[],
    out first_position bigint, out at timestamptz
) language plpgsql security definer set search_path = pg_catalog, ledger as $$
declare
    head      ledger.log_head;
    pos       bigint;
    stream    uuid;
    previous  record;
    link      bytea;
    first_of  bigint;
begin
    select * into strict head from log_head for update;
    at := greatest(clock_timestamp(), head.recorded_at);
    first_position := head.position + 1;
    pos := head.position;

    for a in 1 .. cardinality(act_stream) loop
        stream := act_stream[a];
        first_of := pos + 1;
        previous := null;
        for e in 1 .. coalesce(cardinality(event_act), 0) loop
            continue when event_act[e] <> a;
            if previous is null then
                select version, chain into previous from events
                 where stream_id = stream order by version desc limit 1;
            end if;
            if previous.version is not null and event_version[e] <> previous.version + 1 then
                raise unique_violation using
                    message = 'version ' || event_version[e] || ' does not follow ' || previous.version,
                    constraint = 'events_stream_id_version_key', table = 'events';
            end if;
            pos := pos + 1;
            link := sha256(
                coalesce(previous.chain, decode(repeat('00', 32), 'hex'))
                || leaf_hash(pos, at, stream, event_version[e], event_type[e], event_state[e])
            );
            insert into events
            values (pos, stream, event_version[e], event_id[e], event_type[e], at, event_state[e],
                    event_sealed[e], link);
            select event_version[e] as version, link as chain into previous;
        end loop;
        if act_frees[a] is not null then
            delete from claims where claim = act_frees[a] and stream_id = stream;
        end if;
        if act_takes[a] is not null then
            insert into claims values (act_takes[a], stream);
        end if;
        if act_command[a] is not null then
            insert into commands
            values (act_client[a], act_command[a], act_body[a], stream, act_version[a], first_of, pos, at);
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
returns void language sql security definer set search_path = pg_catalog, ledger as $$
    insert into refusals (actor, command, rule, stream_id) values (p_actor, p_command, p_rule, p_stream)
$$;

grant select on all tables in schema ledger to ambito_app, ambito_views;
revoke execute on all functions in schema ledger from public;
grant execute on function ledger.append, ledger.note_refusal, ledger.leaf_hash to ambito_app;
grant execute on function ledger.leaf_hash to ambito_views;
