"""Every schema that was ever released, filled with what it could hold, brought forward to this one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

import deploy.migrate
from deploy.migrate import AMBITO, RECIPIENT, migrate, migrations
from domain.ledger.disclosed import Disclosed
from domain.ledger.store import Log
from tests.databases import Ledger, drop, ledger_on
from tests.integration.ledger.acts import LAW, assignment, context, household, member, referral
from tests.integration.ledger.conftest import close
from tests.servers import PostgresServer
from tests.system.crash_proof import Proof

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[tuple[Any, ...]]

FILLS: dict[str, dict[str, str]] = {
    AMBITO: {
        "0001": """
            select ledger.append(
                array[%(client)s], array[%(command)s::uuid], array['\\x01'::bytea], array[%(stream)s::uuid],
                array[cardinality(%(ids)s::uuid[])], array[cardinality(%(ids)s::uuid[])],
                array['case/one/ADI'], array[null], %(ids)s::uuid[], %(types)s::text[], %(states)s::bytea[],
                %(sealed)s::bytea[], false);
            """,
        "0002": """
            select ledger.enrol('cpi', '{}');
            select ledger.disclose(0, 1, array['cpi'], array['fact'], array[1]::bigint[],
                (%(ids)s::uuid[])[:1], array[%(stream)s::uuid], array[1], (%(types)s::text[])[:1],
                array['referred_member'], array['["benefit"]'], array[%(payload)s::bytea]);
            select ledger.mark_relayed('cpi', 1);
            select ledger.acknowledge('cpi', (select log_epoch from ledger.log_head), 1, 1, '{}', 'a.b.c');
            """,
        "0003": "create table views.kept (x int); insert into views.kept values (1);",
        "0005": """
            select ledger.write_mail(0, 1, array['<one@example.org>'], array['REQUEST'],
                array[gen_random_uuid()], array[%(stream)s::uuid], array[1]::bigint[],
                (%(ids)s::uuid[])[:1], array[gen_random_uuid()], array['cpi'], array[0], array[null]);
            select ledger.try_mail('<one@example.org>');
            select ledger.note_mail('<one@example.org>', 'SENT', null, 250, null);
            """,
        "0006": """
            select ledger.name_people(%(stream)s::uuid, array[sha256('a code')], array[gen_random_uuid()]);
            select ledger.note_erasure('person/00000000-0000-4000-8000-000000000001');
            """,
        "0007": """
            insert into ledger.tiles values (0, 0, decode(repeat('ab', 8192), 'hex'), sha256('a tile'));
            select ledger.add_checkpoint(0, (select log_epoch from ledger.log_head), 1, sha256('a root'),
                'a note', 'a key', '{}', '{}', '{}', '{}');
            select ledger.cosign('cpi', (select log_epoch from ledger.log_head), 1, 'a line', now());
            """,
        "0008": "select ledger.renew_epoch(null);",
        "0010": "select ledger.enrol('ust', '{}'), ledger.withdraw('ust');",
        "0011": """
            select ledger.park(array[3]::bigint[], array[%(stream)s::uuid], array['ValueError'],
                array[null]::text[]);
            """,
        "0013": "select ledger.keep_rule_set('a text');",
        "0015": """
            select ledger.keep_exchange(said, said) from (select json_build_object('exchange',
                gen_random_uuid(), 'direction', 'request', 'at', now(), 'agency', 'cpi', 'client', 'cpi/one',
                'operation', 'show_case', 'digest', 'SHA-256=', 'keys', '[]'::jsonb)::text as said) one;
            select ledger.use_once(array[sha256('an id')], array[now()], now());
            """,
        "0018": "select ledger.note_list_read(now(), 'cpi', gen_random_uuid(), 'ACCESS', 'inbox', '{}');",
    },
    RECIPIENT: {
        "0001": """
            update inbox.progress set log_epoch = gen_random_uuid(), seq = 2, kafka_offset = 7;
            insert into inbox.parked (seq, case_id, error) values (2, gen_random_uuid(), 'Behind');
            create table views.kept (x int); insert into views.kept values (1);
            """,
        "0002": "update inbox.overwriting set due = true;",
        "0003": """
            insert into inbox.witnessed (origin, size, note) values ('ambito/one/epoch', 7, 'a note');
            update inbox.checkpoints_read set kafka_offset = 3;
            insert into inbox.refused_checkpoints (kind, origin, because, seen, shown, digest)
            values ('FORK', 'ambito/one/epoch', 'a reason', 'a note', 'another', sha256('another'));
            """,
        "0004": """
            insert into inbox.received (seq, log_epoch, event_id, case_id, kind)
            values (1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'fact');
            insert into inbox.undone (seq, log_epoch, event_id, case_id, kind, received_at, undone_by)
            select 2, log_epoch, event_id, case_id, kind, received_at, gen_random_uuid() from inbox.received;
            """,
        "0005": """
            insert into inbox.dropped (seq, case_id, error, parked_at, because)
            values (1, gen_random_uuid(), 'ValueError', now(), 'a reason');
            insert into inbox.left_out (rule, times, last_number) values ('MALFORMED', 1, 7);
            """,
        "0006": "insert into inbox.owner (recipient) values ('cpi');",
    },
}
"""What each migration made possible, by the functions and columns of its day. Written once, never changed."""

ONLY_UNTIL = {"0003": "select ledger.note_refusal('somebody', 'refer_case', 'NOT_ASSIGNED', null);"}
"""What could be written up to a migration, and no more after it."""

STATES = [(of, count) for of in (AMBITO, RECIPIENT) for count in range(1, len(migrations(of)) + 1)]


def label(state: tuple[str, int]) -> str:
    of, count = state
    return f"{of} {migrations(of)[count - 1].name.removesuffix('.sql')}"


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    yield name
    drop(postgres, name)


@pytest.fixture
def story(log: Log) -> dict[str, Any]:
    """A case as the log stores it, for the fills: its values are sealed with keys that the test has."""
    case_id, by = uuid4(), context()
    log.act(case_id, referral(), by, law=LAW)
    log.act(case_id, assignment(by.by.person), context(by=by.by), law=LAW)
    log.act(case_id, household(member("upgraded")), context(by=by.by), law=LAW)
    stored: list[Any] = list(log.recorder.select_events(case_id))
    return {
        "client": by.by.agency,
        "command": uuid4(),
        "stream": case_id,
        "ids": [event.event_id for event in stored],
        "types": [event.topic for event in stored],
        "states": [event.state for event in stored],
        "sealed": [event.sealed for event in stored],
        "payload": b'{"occurred_on": "2025-03-03", "agency": "servizio-sociale", "data": {"benefit": "ADI"}}',
    }


def filled(url: str, of: str, count: int, story: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A database at a released schema, every table of it with a row."""
    known = migrations(of)
    with monkeypatch.context() as earlier:
        earlier.setattr(deploy.migrate, "migrations", lambda _: known[:count])
        migrate(url, of)
    numbers = [migration.name[:4] for migration in known[:count]]
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as owner:
        for number in numbers:
            if number in FILLS[of]:
                owner.execute(FILLS[of][number].encode(), story)
        for until, statement in ONLY_UNTIL.items():
            if of == AMBITO and numbers[-1] <= until:
                owner.execute(statement.encode())


def rows(url: str) -> dict[str, int]:
    """Every table of ours in the catalogue, with the number of its rows."""
    with psycopg.connect(url) as owner:
        names = owner.execute(
            "select n.nspname || '.' || c.relname"
            "  from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p') and n.nspname in ('ledger', 'inbox', 'views')"
        ).fetchall()
        counted = {}
        for (name,) in names:
            row = owner.execute(f"select count(*) from {name}".encode()).fetchone()
            assert row is not None
            counted[name] = int(row[0])
    return counted


@pytest.mark.parametrize("state", STATES, ids=label)
def test_nothing_is_lost_on_the_way_from_a_released_schema(
    state: tuple[str, int],
    empty: str,
    postgres: PostgresServer,
    story: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of, count = state
    url = postgres.url(empty)
    filled(url, of, count, story, monkeypatch)
    before = rows(url)
    # A table that stays empty here has no fill: it would be migrated untried. Refusals end with 0004.
    assert [name for name, many in before.items() if not many and name != "ledger.refusals"] == []
    assert migrate(url, of) == [migration.name for migration in migrations(of)[count:]]
    after = rows(url)
    assert {name: after[name] for name in before} == before
    assert migrate(url, of) == []


@pytest.mark.parametrize("count", range(1, len(migrations(AMBITO)) + 1))
def test_the_log_of_a_released_schema_reads_verifies_and_appends(
    count: int,
    empty: str,
    postgres: PostgresServer,
    ledger: Ledger,
    story: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled(postgres.url(empty), AMBITO, count, story, monkeypatch)
    migrate(postgres.url(empty), AMBITO)
    old = ledger_on(postgres, empty, ledger.keys_file.parent)
    upgraded = old.log(size=2)
    try:
        case = upgraded.case(UUID(str(story["stream"])))
        assert [one.surname for one in case.household.members] == ["upgraded-surname"]  # type: ignore[union-attr]
        assert Proof(old.owner_url, []).extend().faults == []
        again = upgraded.act(story["stream"], assignment(), context(), law=LAW)
        assert (again.version, again.first_position) == (4, 4)
        assert Proof(old.owner_url, []).extend().faults == []
        earlier = upgraded.recorder.outcome_of(story["client"], story["command"])
        assert earlier is not None and earlier.last_position == 3
        if count > 1:
            disclosed = Disclosed(upgraded.recorder.pool, upgraded.keys)
            (shown,) = disclosed.messages("cpi", 0)
            assert (shown.seq, shown.event_id) == (1, story["ids"][0])
            assert disclosed.acknowledged("cpi") is not None
    finally:
        close(upgraded)
