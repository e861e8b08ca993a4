-- Who was shown what: the second record that only grows. A row once written is never computed again.

create table ledger.recipients (
    recipient   text primary key,
    public_key  text        not null,   -- JWK of the key that signs its acknowledgements
    enrolled_at timestamptz not null default clock_timestamp()
);

create table ledger.disclosed (
    recipient    text        not null,
    seq          bigint      not null,
    kind         text        not null check (kind in ('fact', 'backfill', 'correction', 'withdrawn')),
    position     bigint      not null,
    event_id     uuid        not null,
    stream_id    uuid        not null,
    version      integer     not null,
    type         text        not null,
    ground       text        not null,
    paths        text[]      not null,
    payload      bytea       not null,   -- the fields shown, personal ones still sealed
    disclosed_at timestamptz not null default clock_timestamp(),
    primary key (recipient, seq)
);
create index disclosed_by_event on ledger.disclosed (event_id, recipient);
create index disclosed_by_stream on ledger.disclosed (stream_id, recipient, seq);

create table ledger.disclosed_head (
    only_one boolean primary key default true check (only_one),
    position bigint not null default 0
);
insert into ledger.disclosed_head default values;

-- Writes what one batch of the log discloses and moves the position, in one transaction.
-- 40001: another discloser was first.
create function ledger.disclose(
    after bigint, up_to bigint,
    r_recipient text[], r_kind text[], r_position bigint[], r_event uuid[], r_stream uuid[], r_version integer[],
    r_type text[], r_ground text[], r_paths text[], r_payload bytea[]
) returns bigint language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
declare
    at bigint;
begin
    select position into strict at from disclosed_head for update;
    if at <> after then
        raise serialization_failure using message = 'disclosed up to ' || at || ', not ' || after;
    end if;
    insert into disclosed
          (recipient, seq, kind, position, event_id, stream_id, version, type, ground, paths, payload)
    select r.recipient,
           coalesce(last.seq, 0) + row_number() over (partition by r.recipient order by r.n),
           r.kind, r.position, r.event, r.stream, r.version, r.type, r.ground,
           array(select jsonb_array_elements_text(r.paths::jsonb)), r.payload
      from unnest(r_recipient, r_kind, r_position, r_event, r_stream, r_version, r_type, r_ground, r_paths,
                  r_payload)
           with ordinality
           as r (recipient, kind, position, event, stream, version, type, ground, paths, payload, n)
      left join lateral (
           select max(d.seq) as seq from disclosed d where d.recipient = r.recipient) last on true;
    update disclosed_head set position = up_to;
    return up_to;
end $$;

-- Up to which seq the relay has handed each recipient's rows to Kafka.
create table ledger.relayed (
    recipient  text primary key,
    seq        bigint      not null,
    relayed_at timestamptz not null default clock_timestamp()
);

create function ledger.mark_relayed(p_recipient text, p_seq bigint)
returns void language sql security definer set search_path = pg_catalog, ledger, pg_temp as $$
    insert into relayed (recipient, seq) values (p_recipient, p_seq)
    on conflict (recipient) do update set seq = excluded.seq, relayed_at = clock_timestamp()
     where relayed.seq < excluded.seq
$$;

-- What a recipient says it received and applied, signed with a key that only it holds.
create table ledger.acknowledgements (
    id          bigint generated always as identity primary key,
    recipient   text        not null,
    log_epoch   uuid        not null,
    received    bigint      not null,
    applied     bigint      not null,
    parked      bigint[]    not null,
    signed      text        not null,   -- the compact JWS as it came
    received_at timestamptz not null default clock_timestamp()
);
create index acknowledged_last on ledger.acknowledgements (recipient, id desc);

create function ledger.acknowledge(
    p_recipient text, p_epoch uuid, p_received bigint, p_applied bigint, p_parked bigint[], p_signed text
) returns bigint language sql security definer set search_path = pg_catalog, ledger, pg_temp as $$
    insert into acknowledgements (recipient, log_epoch, received, applied, parked, signed)
    values (p_recipient, p_epoch, p_received, p_applied, p_parked, p_signed)
    returning id
$$;

create function ledger.enrol(p_recipient text, p_public_key text)
returns void language sql security definer set search_path = pg_catalog, ledger, pg_temp as $$
    insert into recipients (recipient, public_key) values (p_recipient, p_public_key)
    on conflict (recipient) do nothing
$$;

grant select on all tables in schema ledger to ambito_app, ambito_views;
revoke execute on function ledger.disclose, ledger.mark_relayed, ledger.acknowledge, ledger.enrol from public;
grant execute on function ledger.disclose, ledger.mark_relayed, ledger.acknowledge to ambito_app;
