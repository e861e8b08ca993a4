-- What this recipient saw of the Ambito's log: it holds the log to its word.

-- The last checkpoint of each log (a restore makes another one); seen_at tells the latest.
create table inbox.witnessed (
    origin  text primary key,
    size    bigint      not null,
    note    text        not null,
    seen_at timestamptz not null default clock_timestamp()
);

create table inbox.checkpoints_read (
    only_one     boolean primary key default true check (only_one),
    kafka_offset bigint                -- next record to read; null: from the beginning
);
insert into inbox.checkpoints_read default values;

-- What was not believed, with the proof of it: the note that was seen before and the one that was shown.
-- FORK: both are signed and contradict each other. SHRINK: the log denies a size that it signed. Either ends
-- the cosigning of this log until people have looked and set settled_at.
-- RESTORED: a new epoch does not go on from what was seen. NOT_SIGNED: not a note of the log at all.
create table inbox.refused_checkpoints (
    number     bigint generated always as identity primary key,
    kind       text        not null check (kind in ('FORK', 'SHRINK', 'RESTORED', 'NOT_SIGNED')),
    origin     text,
    because    text        not null,
    seen       text,
    shown      text        not null,
    digest     bytea       not null,   -- of shown: the same is kept once
    found_at   timestamptz not null default clock_timestamp(),
    settled_at timestamptz,
    unique (kind, digest)
);
