-- The letters that convoke an équipe: to which seat, with which extract, and what became of each of them.

-- error is the name of a class or of a reason, never a text: a server's answer may quote an address.
create table ledger.mail (
    number         bigint generated always as identity primary key,
    message_id     text        not null unique,   -- from the event and the invitee: a repeat is recognised by it
    kind           text        not null check (kind in ('REQUEST', 'CANCEL')),
    session_id     uuid        not null,
    stream_id      uuid        not null,
    position       bigint      not null,
    event_id       uuid        not null,          -- the convocation, or the correction of it
    person_id      uuid        not null,
    seat           text        not null,
    sequence       integer     not null,
    extract_sha256 text        check (extract_sha256 ~ '^[0-9a-f]{64}$'),
    written_at     timestamptz not null default clock_timestamp(),
    state          text        not null default 'PENDING'
                               check (state in ('PENDING', 'SENT', 'FAILED', 'GIVEN_UP')),
    attempts       integer     not null default 0,
    error          text        check (error ~ '^[A-Za-z0-9_]{1,80}$'),
    reply_code     integer,
    next_try_at    timestamptz,
    sent_at        timestamptz
);
create index mail_to_send on ledger.mail (number) where state in ('PENDING', 'FAILED');
create index mail_of_an_invitee on ledger.mail (stream_id, session_id, person_id, number);

create table ledger.mail_head (
    only_one boolean primary key default true check (only_one),
    position bigint not null default 0
);
insert into ledger.mail_head default values;

-- Writes the letters of one batch of the log and moves the position, in one transaction.
-- 40001: another mailer was first.
create function ledger.write_mail(
    after bigint, up_to bigint,
    m_message_id text[], m_kind text[], m_session uuid[], m_stream uuid[], m_position bigint[], m_event uuid[],
    m_person uuid[], m_seat text[], m_sequence integer[], m_extract text[]
) returns bigint language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
declare
    at bigint;
begin
    select position into strict at from mail_head for update;
    if at <> after then
        raise serialization_failure using message = 'mail is written up to ' || at || ', not ' || after;
    end if;
    insert into mail (message_id, kind, session_id, stream_id, position, event_id, person_id, seat, sequence,
                      extract_sha256)
    select m.message_id, m.kind, m.session, m.stream, m.position, m.event, m.person, m.seat, m.sequence, m.extract
      from unnest(m_message_id, m_kind, m_session, m_stream, m_position, m_event, m_person, m_seat, m_sequence,
                  m_extract)
           with ordinality
           as m (message_id, kind, session, stream, position, event, person, seat, sequence, extract, n)
     order by m.n;
    update mail_head set position = up_to;
    return up_to;
end $$;

-- Counts an attempt before it is made, so that one which nobody lived to tell of is counted too.
create function ledger.try_mail(p_message_id text)
returns integer language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
declare
    made integer;
begin
    update mail set attempts = attempts + 1
     where message_id = p_message_id and state in ('PENDING', 'FAILED')
    returning attempts into made;
    if not found then
        raise no_data_found using message = 'no such mail waits to be sent';
    end if;
    return made;
end $$;

-- What became of an attempt. SENT and GIVEN_UP are the last word.
create function ledger.note_mail(
    p_message_id text, p_state text, p_error text, p_reply_code integer, p_next_try_at timestamptz
) returns void language plpgsql security definer set search_path = pg_catalog, ledger, pg_temp as $$
begin
    if p_state = 'PENDING' then
        raise check_violation using message = 'an outcome is SENT, FAILED or GIVEN_UP';
    end if;
    update mail
       set state = p_state, error = p_error, reply_code = p_reply_code, next_try_at = p_next_try_at,
           sent_at = case when p_state = 'SENT' then clock_timestamp() end
     where message_id = p_message_id and state in ('PENDING', 'FAILED');
    if not found then
        raise no_data_found using message = 'no such mail waits to be sent';
    end if;
end $$;

grant select on ledger.mail, ledger.mail_head to ambito_app, ambito_views;
revoke execute on function ledger.write_mail, ledger.try_mail, ledger.note_mail from public;
grant execute on function ledger.write_mail, ledger.try_mail, ledger.note_mail to ambito_app;
