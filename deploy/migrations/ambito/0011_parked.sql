-- What could not be disclosed is parked, case by case, so that one case holds up no other.

-- A pointer to a fact of the log, never a copy, never the text of an error (it may quote values).
create table ledger.parked (
    position  bigint primary key,
    stream_id uuid        not null,
    error     text        not null,    -- class of the error; 'Behind': waits for an earlier one of its case
    sqlstate  text,
    parked_at timestamptz not null default clock_timestamp()
);
create index parked_by_stream on ledger.parked (stream_id, position);

-- Only with ledger.disclose of the same batch, in one transaction: that one holds the head.
-- 40001: what a fact was to wait for was disclosed meanwhile.
create function ledger.park(
    p_position bigint[], p_stream uuid[], p_error text[], p_sqlstate text[]
) returns void language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
declare
    found record;
begin
    for found in
        select * from unnest(p_position, p_stream, p_error, p_sqlstate)
            as p (position, stream, error, sqlstate) order by position
    loop
        if found.error = 'Behind' and not exists (select from parked where stream_id = found.stream) then
            raise serialization_failure using message = 'nothing of this stream is parked any more';
        end if;
        insert into parked (position, stream_id, error, sqlstate)
        values (found.position, found.stream, found.error, found.sqlstate);
    end loop;
end $$;

-- The same for a retry: what is parked of a stream leaves in its order, or says what it failed at.
create function ledger.unpark(p_position bigint)
returns void language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
begin
    perform from disclosed_head for update;
    delete from parked p
     where p.position = p_position
       and not exists (select from parked q where q.stream_id = p.stream_id and q.position < p.position);
    if not found then
        raise serialization_failure using message = 'not the first that is parked of its stream';
    end if;
end $$;

create function ledger.park_again(p_position bigint, p_error text, p_sqlstate text)
returns void language sql security definer set search_path = pg_catalog, ledger, pg_temp as $$
    update parked set error = p_error, sqlstate = p_sqlstate where position = p_position
$$;

grant select on ledger.parked to ambito_app, ambito_views;
revoke execute on function ledger.park, ledger.unpark, ledger.park_again from public;
grant execute on function ledger.park, ledger.unpark, ledger.park_again to ambito_app;

-- Which corrections, withdrawals and erasures a recipient has not acknowledged: few among many rows.
create index disclosed_corrections on ledger.disclosed (recipient, seq)
 where kind in ('correction', 'withdrawn', 'erasure');

-- The same tables as in views, while they are made anew: nobody reads them there.
create schema beside authorization ambito_views;
