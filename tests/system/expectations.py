"""What each recipient must hold, worked out from the log alone, and what it does hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from domain.case.state import corrected
from domain.contract import cut, encode
from domain.disclosure import disclose_protocol, entitled
from domain.ledger.keys import KeyFile
from domain.ledger.recorder import pool
from domain.ledger.store import PROTOCOL, TABLE, Log
from domain.protocol.state import Protocol, evolve
from tests.system.conftest import Running

Rows = dict[UUID, Any]


def expected(stack: Running, recipient: str) -> Rows:
    """By event id, the fields of every fact that the matrix gives a recipient, corrections applied."""
    with pool(stack.description["database_url"], size=1) as connections:
        keys = KeyFile(*_keys(stack.var))
        log = Log(connections, keys)
        rows: Rows = {}
        with connections.connection() as connection:
            query = "select distinct stream_id from ledger.events where type not like 'adi.access.%'"
            streams = connection.execute(query).fetchall()
        for stream_id in {stream_id for (stream_id,) in streams} - {PROTOCOL, TABLE}:
            rows |= _case(log, stream_id, recipient)
        rows |= _beside_cases(log, recipient)
        keys.close()
        return rows


def _case(log: Log, stream_id: UUID, recipient: str) -> Rows:
    facts = log.facts(stream_id)
    standing = {fact.event_id: fact for fact in corrected(facts)}
    return {
        event_id: cut(encode(standing[event_id].event), shown.paths, shown.replaced)
        for event_id, shown in entitled(facts, recipient).items()
    }


def _beside_cases(log: Log, recipient: str) -> Rows:
    """What the protocol and the Tavolo tell, in the order of the log."""
    protocol, rows = Protocol(), {}
    told = sorted((*log.facts(PROTOCOL), *log.facts(TABLE)), key=lambda fact: fact.position)
    for fact in told:
        if fact.case_id == PROTOCOL:
            protocol = evolve(protocol, fact)
        shown = disclose_protocol(fact, protocol, recipient)
        if shown is not None:
            rows[fact.event_id] = cut(encode(fact.event), shown.paths, shown.replaced)
    return rows


def held(stack: Running, recipient: str) -> Rows:
    """By event id, what a recipient's database holds; corrections, which stay beside, left out."""
    with psycopg.connect(stack.agencies[recipient]["database_url"]) as connection:
        found = connection.execute("select event_id, data from views.shown_v1 where kind <> 'correction'")
        return dict(found.fetchall())


def seqs(stack: Running, recipient: str) -> int:
    """Up to which seq a recipient's rows stand."""
    with psycopg.connect(stack.agencies[recipient]["database_url"]) as connection:
        row = connection.execute("select seq from inbox.progress").fetchone()
        assert row is not None
        return int(row[0])


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _keys(var: Path) -> tuple[Path, Path]:
    return var / "keys" / "ledger.sqlite", var / "keys" / "key-encryption-key"
