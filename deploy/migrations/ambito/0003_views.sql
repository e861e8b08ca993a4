-- Where the Ambito's own views live: their role owns the schema, and may only read the log.

create schema views authorization ambito_views;
grant usage on schema views to ambito_app;
alter default privileges for role ambito_views in schema views grant select on tables to ambito_app;
