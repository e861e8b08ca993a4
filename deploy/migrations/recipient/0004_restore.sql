-- What came under which number, and what of it a restore of the Ambito's log undid. Pointers, never a value.

create table inbox.received (
    seq         bigint primary key,
    log_epoch   uuid        not null,
    event_id    uuid        not null,
    case_id     uuid        not null,
    kind        text        not null,
    received_at timestamptz not null default clock_timestamp()
);

-- Rows of inbox.received beyond a fork, as they were; the number may by now belong to something else.
create table inbox.undone (
    number      bigint generated always as identity primary key,
    seq         bigint      not null,
    log_epoch   uuid        not null,
    event_id    uuid        not null,
    case_id     uuid        not null,
    kind        text        not null,
    received_at timestamptz not null,
    undone_at   timestamptz not null default clock_timestamp(),
    undone_by   uuid        not null    -- the epoch in which it is no longer there
);
