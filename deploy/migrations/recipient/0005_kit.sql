-- What was dropped of what was parked, what was left out on the way, and room for a rebuild.

-- Rows of inbox.parked that somebody gave up: the views do not hold them until they are made anew.
create table inbox.dropped (
    number     bigint generated always as identity primary key,
    seq        bigint      not null,
    case_id    uuid        not null,
    error      text        not null,
    sqlstate   text,
    parked_at  timestamptz not null,
    because    text        not null,
    dropped_at timestamptz not null default clock_timestamp(),
    anew_at    timestamptz           -- when the views were made anew, what was dropped included
);

-- How often each rule left out a record, or remarked a message; last_number is an offset, or a seq.
create table inbox.left_out (
    rule        text primary key,
    times       bigint      not null,
    last_number bigint      not null,
    first_at    timestamptz not null default clock_timestamp(),
    last_at     timestamptz not null default clock_timestamp()
);

-- The same tables as in views, while they are made anew: nobody reads them there.
create schema beside;
