-- Whose database this is: written once, by the recipient's subscriber. No other one applies anything here, and
-- no other office's server answers from it.
create table inbox.owner (
    only_one  boolean primary key default true check (only_one),
    recipient text not null
);
