"""Bulk import: whole cases into our log, sealed and chained, against COPY of ready rows into its like."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

from bench.arena import Arena
from bench.rounds import Measured, compare
from bench.sample import facts
from domain.fact import Fact
from domain.ledger.mapper import Entry
from domain.ledger.store import Log

COPY, OURS = "COPY into the same table", "import into our log"
CASES, EVENTS = 40, 50
"""Of one round: cases, and events of each."""

BATCH = 20
"""Cases of one transaction: a thousand events."""

COLUMNS = "position, stream_id, version, event_id, type, recorded_at, state, sealed, chain"


def run(arena: Arena) -> Iterator[Measured]:
    log = arena.log(2)
    yield compare("import", "events/s", {COPY: _copying(arena, log), OURS: lambda: _importing(log)})


def load(log: Log, cases: list[list[Fact[Any]]]) -> None:
    """Bring whole cases into the log, some at a time: the keys of all of them at once, one commit each."""
    for start in range(0, len(cases), BATCH):
        some = cases[start : start + BATCH]
        log.keys.ensure(f"{kind}/{case[0].case_id}" for case in some for kind in ("case", "household"))
        log.recorder.insert_events([log.mapper.to_stored_event(Entry(f, {})) for case in some for f in case])


def _importing(log: Log) -> float:
    cases = [list(facts(uuid4(), EVENTS)) for _ in range(CASES)]
    began = time.perf_counter()
    load(log, cases)
    return CASES * EVENTS / (time.perf_counter() - began)


def _copying(arena: Arena, log: Log) -> Callable[[], float]:
    connection = arena.connect()
    connection.execute("create table copied (like ledger.events including all)")
    case_id = uuid4()
    load(log, [list(facts(case_id, EVENTS))])
    rows = connection.execute(
        f"select {COLUMNS} from ledger.events where stream_id = %s order by version", [case_id], binary=True
    ).fetchall()

    def measure() -> float:
        fresh = [
            (position, stream, version, uuid4(), *rest)
            for stream in (uuid4() for _ in range(CASES))
            for position, _, version, _, *rest in rows
        ]
        last = connection.execute("select coalesce(max(position), 0) from copied").fetchone()
        numbered = [(last[0] + n, *row[1:]) for n, row in enumerate(fresh, start=1)]
        began = time.perf_counter()
        with connection.cursor().copy(f"copy copied ({COLUMNS}) from stdin (format binary)") as copy:
            copy.set_types(["int8", "uuid", "int4", "uuid", "text", "timestamptz", "bytea", "bytea", "bytea"])
            for row in numbered:
                copy.write_row(row)
        return len(numbered) / (time.perf_counter() - began)

    return measure


def case(log: Log, events: int) -> UUID:
    """A case of so many events in the log."""
    case_id = uuid4()
    load(log, [list(facts(case_id, events))])
    return case_id
