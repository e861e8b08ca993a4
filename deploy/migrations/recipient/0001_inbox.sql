-- The database of one recipient: how far it read, what it set aside, and its views.
-- Run as the recipient's own role, which owns all of it; nobody else is given anything.

create schema inbox;

-- Moves in the same transaction as the rows of the views.
create table inbox.progress (
    only_one     boolean primary key default true check (only_one),
    log_epoch    uuid,                 -- null until the first message
    seq          bigint      not null default 0,
    kafka_offset bigint,               -- next record to read; null: from the beginning
    updated_at   timestamptz not null default clock_timestamp()
);
insert into inbox.progress default values;

-- What could not be applied: a pointer to a message, never a copy, never the text of an error (it may quote values).
create table inbox.parked (
    seq       bigint primary key,
    case_id   uuid        not null,
    error     text        not null,    -- class of the error; 'Behind': waits for an earlier one of its case
    sqlstate  text,
    parked_at timestamptz not null default clock_timestamp()
);
create index parked_by_case on inbox.parked (case_id);

create schema views;
