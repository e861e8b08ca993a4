-- What proves that the log only grew: its Merkle tree, the checkpoints signed over it, and who cosigned them.

-- Full tiles of 256 hashes: level 0 of the leaves, level 1 of the roots of level 0, and so on.
create table ledger.tiles (
    level  smallint not null check (level between 0 and 7),
    index  bigint   not null check (index >= 0),
    hashes bytea    not null check (octet_length(hashes) = 8192),
    root   bytea    not null check (octet_length(root) = 32),
    primary key (level, index)
);
-- Hashes do not compress, and the roots of many tiles are read without their hashes.
alter table ledger.tiles alter column hashes set storage external;

-- number orders them across epochs; in one epoch sizes only grow.
create table ledger.checkpoints (
    number    bigint primary key,
    log_epoch uuid        not null,
    size      bigint      not null check (size > 0),
    root      bytea       not null check (octet_length(root) = 32),
    note      text        not null,   -- as signed, without the cosignatures
    made_at   timestamptz not null default clock_timestamp(),
    unique (log_epoch, size)
);

-- Up to which leaf the tree is signed. Whoever holds this row signs.
create table ledger.tree_head (
    only_one  boolean primary key default true check (only_one),
    number    bigint not null default 0,
    log_epoch uuid,
    size      bigint not null default 0,
    root      bytea
);
insert into ledger.tree_head default values;

-- The keys that ever signed, as verifiers of C2SP know them: <name>+<key id>+<base64>.
create table ledger.log_keys (
    vkey          text primary key,
    log_epoch     uuid        not null,
    first_used_at timestamptz not null default clock_timestamp()
);

create table ledger.cosignatures (
    recipient   text        not null,
    log_epoch   uuid        not null,
    size        bigint      not null,
    line        text        not null,   -- the signature line as it came
    cosigned_at timestamptz not null,   -- as the witness signed it
    received_at timestamptz not null default clock_timestamp(),
    primary key (log_epoch, size, recipient),
    foreign key (log_epoch, size) references ledger.checkpoints (log_epoch, size)
);

-- Adds a checkpoint and the tiles that became full since the last one, in one transaction.
-- 40001: another signer was first, or the log was restored meanwhile. 23514: it would shrink, say the same
-- again, go beyond the log or leave out a tile. 23505: a tile is there with other hashes.
create function ledger.add_checkpoint(
    after bigint, p_epoch uuid, p_size bigint, p_root bytea, p_note text, p_vkey text,
    t_level smallint[], t_index bigint[], t_hashes bytea[], t_root bytea[]
) returns bigint language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
declare
    head       tree_head;
    log        log_head;
    last_level integer := 0;
    last_tile  bigint;
begin
    select * into strict head from tree_head for update;
    select * into strict log from log_head;
    if head.size <> after then
        raise serialization_failure using message = 'signed up to ' || head.size || ', not ' || after;
    end if;
    if log.log_epoch <> p_epoch then
        raise serialization_failure using message = 'the log has another epoch';
    end if;
    if p_size < head.size or (p_size = head.size and head.log_epoch = p_epoch) then
        raise check_violation using message = 'a checkpoint of ' || p_size || ' after one of ' || head.size;
    end if;
    if p_size > log.position then
        raise check_violation using message = 'a checkpoint of ' || p_size || ' in a log of ' || log.position;
    end if;

    insert into tiles (level, index, hashes, root)
    select t.level, t.index, t.hashes, t.root
      from unnest(t_level, t_index, t_hashes, t_root) as t (level, index, hashes, root)
    on conflict do nothing;
    if exists (
        select from unnest(t_level, t_index, t_hashes, t_root) as t (level, index, hashes, root)
          join tiles k on k.level = t.level and k.index = t.index
         where k.hashes <> t.hashes or k.root <> t.root
    ) then
        raise unique_violation using message = 'a tile is there with other hashes';
    end if;
    -- Tiles stand without gaps, so the last one of each level tells.
    while p_size >> 8 * (last_level + 1) > 0 loop
        last_tile := (p_size >> 8 * (last_level + 1)) - 1;
        if last_tile is distinct from (select max(t.index) from tiles t where t.level = last_level) then
            raise check_violation
                using message = 'the tiles of level ' || last_level || ' do not end with ' || last_tile;
        end if;
        last_level := last_level + 1;
    end loop;

    insert into log_keys (vkey, log_epoch) values (p_vkey, p_epoch) on conflict do nothing;
    insert into checkpoints (number, log_epoch, size, root, note)
    values (head.number + 1, p_epoch, p_size, p_root, p_note);
    update tree_head set number = head.number + 1, log_epoch = p_epoch, size = p_size, root = p_root;
    return head.number + 1;
end $$;

-- Keeps what a witness said of a checkpoint; the first time counts.
create function ledger.cosign(p_recipient text, p_epoch uuid, p_size bigint, p_line text, p_at timestamptz)
returns void language sql security definer set search_path = pg_catalog, ledger, pg_temp as $$
    insert into cosignatures (recipient, log_epoch, size, line, cosigned_at)
    values (p_recipient, p_epoch, p_size, p_line, p_at)
    on conflict do nothing
$$;

grant select on ledger.tiles, ledger.checkpoints, ledger.tree_head, ledger.log_keys, ledger.cosignatures
   to ambito_app, ambito_views;
revoke execute on function ledger.add_checkpoint, ledger.cosign from public;
grant execute on function ledger.add_checkpoint, ledger.cosign to ambito_app;
