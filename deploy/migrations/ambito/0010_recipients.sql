-- Who receives, since when and until when, and with which keys it signs: one row for each time a recipient was
-- added, given another key, or withdrawn. It only grows, so what was signed with an earlier key stays verifiable.

alter table ledger.recipients drop constraint recipients_pkey;
alter table ledger.recipients add column number bigint generated always as identity primary key;
alter table ledger.recipients add column act text not null default 'ADDED';
alter table ledger.recipients add column after bigint not null default 0;   -- what was disclosed by then
alter table ledger.recipients alter column act drop default, alter column after drop default;
alter table ledger.recipients alter column public_key drop not null;
alter table ledger.recipients add check (act in ('ADDED', 'ROTATED', 'WITHDRAWN'));
alter table ledger.recipients add check ((act = 'WITHDRAWN') = (public_key is null));
create index recipients_last on ledger.recipients (recipient, number desc);

-- Adds a recipient, or gives it another key; the row's number, null where nothing is new. Like a withdrawal it
-- waits for the batch of disclosures that is under way.
drop function ledger.enrol(text, text);
create function ledger.enrol(p_recipient text, p_public_key text)
returns bigint language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
declare
    head bigint;
    last recipients;
    made bigint;
begin
    select position into strict head from disclosed_head for update;
    select * into last from recipients where recipient = p_recipient order by number desc limit 1;
    if last.public_key = p_public_key then
        return null;
    end if;
    insert into recipients (recipient, act, public_key, after)
    values (p_recipient, case when last.public_key is null then 'ADDED' else 'ROTATED' end, p_public_key, head)
    returning number into made;
    return made;
end $$;

create function ledger.withdraw(p_recipient text)
returns bigint language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
declare
    head bigint;
    last recipients;
    made bigint;
begin
    select position into strict head from disclosed_head for update;
    select * into last from recipients where recipient = p_recipient order by number desc limit 1;
    if last.public_key is null then
        return null;
    end if;
    insert into recipients (recipient, act, after) values (p_recipient, 'WITHDRAWN', head)
    returning number into made;
    return made;
end $$;

-- As before; and 40001 too where the recipients are no longer those for whom the batch was judged: who was
-- withdrawn is told nothing more, and who was added misses nothing.
drop function ledger.disclose(bigint, bigint, text[], text[], bigint[], uuid[], uuid[], integer[], text[], text[],
                              text[], bytea[]);
create function ledger.disclose(
    after bigint, up_to bigint,
    r_recipient text[], r_kind text[], r_position bigint[], r_event uuid[], r_stream uuid[], r_version integer[],
    r_type text[], r_ground text[], r_paths text[], r_payload bytea[], enrolled bigint default null
) returns bigint language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
declare
    at bigint;
begin
    select position into strict at from disclosed_head for update;
    if at <> after then
        raise serialization_failure using message = 'disclosed up to ' || at || ', not ' || after;
    end if;
    if enrolled <> (select coalesce(max(number), 0) from recipients) then
        raise serialization_failure using message = 'the recipients changed meanwhile';
    end if;
    insert into disclosed
          (recipient, seq, kind, position, event_id, stream_id, version, type, ground, paths, payload)
    select r.recipient,
           coalesce(last.seq, 0) + row_number() over (partition by r.recipient order by r.n),
           r.kind, r.position, r.event, r.stream, r.version, r.type, r.ground,
           array(select jsonb_array_elements_text(r.paths::jsonb)), r.payload
      from unnest(r_recipient, r_kind, r_position, r_event, r_stream, r_version, r_type, r_ground, r_paths,
                  r_payload)
           with ordinality
           as r (recipient, kind, position, event, stream, version, type, ground, paths, payload, n)
      left join lateral (
           select max(d.seq) as seq from disclosed d where d.recipient = r.recipient) last on true;
    update disclosed_head set position = up_to;
    return up_to;
end $$;

revoke execute on function ledger.enrol, ledger.withdraw, ledger.disclose from public;
grant execute on function ledger.disclose to ambito_app;
