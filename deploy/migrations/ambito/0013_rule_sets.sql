-- The text of every rule set that a decision names by its hash: without it nobody could decide again what was
-- decided before a norm, a reading or a rung was changed.

create table ledger.rule_sets (
    hash    bytea primary key,
    text    text        not null,
    kept_at timestamptz not null default clock_timestamp(),
    check (hash = sha256(convert_to(text, 'UTF8')))
);
-- What was acknowledged of a row: the first acknowledgement that reaches its seq.
create index acknowledged_up_to on ledger.acknowledgements (recipient, received, id);

create function ledger.keep_rule_set(p_text text)
returns void language sql security definer set search_path = pg_catalog, ledger, pg_temp as $$
    insert into rule_sets (hash, text) values (sha256(convert_to(p_text, 'UTF8')), p_text)
    on conflict do nothing
$$;

grant select on ledger.rule_sets to ambito_app, ambito_views;
revoke execute on function ledger.keep_rule_set from public;
grant execute on function ledger.keep_rule_set to ambito_app;
