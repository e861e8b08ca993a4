-- Erasures whose values are masked in the views, while their bytes may still lie in the files of the tables.

create table inbox.overwriting (
    only_one boolean primary key default true check (only_one),
    due      boolean not null default false
);
insert into inbox.overwriting default values;
