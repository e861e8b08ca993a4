"""A view kept level with the log: the stock ProjectionRunner, a bare COPY and upsert, our runner.

Ours opens and folds whole cases, personal values decrypted. The stock runner is given events in clear, and
notes of each its case and number; the bare one reads the columns that need no opening, and writes the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from typing import Any, cast
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from bench.arena import Arena, Dossier
from bench.rounds import Measured, compare
from bench.sample import events, facts
from domain.contract import contract_of, encode
from domain.ledger.erasing import destroy, past_erasures
from domain.ledger.keys import KeyFile
from domain.ledger.mapper import Entry
from domain.ledger.store import Log
from projections.cases import Cases
from projections.runner import BATCH, Runner
from projections.view import clear, of_entry
from projections.whole import Followed

STOCK, COPY, OURS = "stock ProjectionRunner", "COPY and upsert", "our runner"

CASES, EVENTS = 200, 50
"""Cases that move at the same time, one event of each in turn, and events of each."""

STOCK_CASES = 40
"""The stock runner is given fewer: it would take the whole minute."""


def run(arena: Arena, cases: int = CASES) -> Iterator[Measured]:
    log = arena.log(2)
    interleaved(log, cases)
    connection = arena.connect()
    connection.execute("create schema if not exists bench")
    connection.execute("create table bench.copied (case_id uuid primary key, version int, type text)")
    connection.execute("create table bench.position (position bigint)")
    log.close()
    yield compare(
        "view",
        "events/s",
        {
            STOCK: _stock(arena),
            COPY: lambda: _copying(arena),
            OURS: lambda: _ours(arena),
        },
    )


def interleaved(log: Log, cases: int, events: int = EVENTS) -> None:
    """So many cases in the log, event by event in turn, as the acts of a day come."""
    told = [list(facts(uuid4(), events)) for _ in range(cases)]
    log.keys.ensure(f"{kind}/{case[0].case_id}" for case in told for kind in ("case", "household"))
    for turn in zip(*told, strict=True):
        log.recorder.insert_events([log.mapper.to_stored_event(Entry(fact, {})) for fact in turn])


# --- ours ----------------------------------------------------------------------------------------------


def reading(log: Log, cases: Followed) -> Callable[[int, int], Sequence[Entry]]:
    """How ``ambito project`` reads the log."""
    return cases.reading(past_erasures(log.unopened, lambda who: destroy(who, log, cast(KeyFile, log.keys))))


def _ours(arena: Arena) -> float:
    """The list of cases from position 0, with nothing remembered of the round before."""
    log = arena.log(2)
    cases = Followed(log.facts)
    runner = Runner(arena.url, Cases(cases.case), reading(log, cases), of_entry)
    with runner.connected() as connection:
        clear(connection, runner.view)
        connection.execute("update progress set position = 0")
    runner.close()
    runner.connected()  # to come in is no part of what is measured
    began, moved = time.perf_counter(), 0
    while step := runner.step():
        moved += step
    rate = moved / (time.perf_counter() - began)
    runner.close()
    with arena.connect() as connection:
        assert connection.execute("select count(*) from views.parked").fetchone() == (0,)
    log.close()
    log.recorder.pool.close()
    return rate


# --- bare ----------------------------------------------------------------------------------------------

READ = """
select position, stream_id, version, type from ledger.events where position > %s order by position limit %s
"""
UPSERT = """
insert into bench.copied
select distinct on (case_id) case_id, version, type from staged order by case_id, version desc
on conflict (case_id) do update set version = excluded.version, type = excluded.type
"""


def _copying(arena: Arena) -> float:
    with arena.connect() as connection:
        connection.execute("truncate bench.copied, bench.position")
        connection.execute("insert into bench.position values (0)")
        connection.execute("create temp table staged (case_id uuid, version int, type text)")
        began, position, moved = time.perf_counter(), 0, 0
        while rows := connection.execute(READ, [position, BATCH], prepare=True, binary=True).fetchall():
            with connection.transaction():
                connection.execute("truncate staged")
                with connection.cursor().copy("copy staged from stdin (format binary)") as copy:
                    copy.set_types(["uuid", "int4", "text"])
                    for _, *row in rows:
                        copy.write_row(row)
                connection.execute(UPSERT, prepare=True)
                position = rows[-1][0]
                connection.execute("update bench.position set position = %s", [position], prepare=True)
            moved += len(rows)
        return moved / (time.perf_counter() - began)


# --- stock ---------------------------------------------------------------------------------------------


class StockView(PostgresTrackingRecorder):
    """A line for each case, written with the position in one transaction, as the library wants it."""

    def __init__(self, datastore: PostgresDatastore, **more: Any) -> None:
        super().__init__(datastore, **more)
        self.sql_create_statements.append(
            SQL("create table if not exists stock_view (case_id uuid primary key, version int, type text)")
        )

    def note(self, case_id: UUID, version: int, type_: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "insert into stock_view values (%s, %s, %s) on conflict (case_id) do update"
                " set version = excluded.version, type = excluded.type",
                (case_id, version, type_),
                prepare=True,
            )


class StockProjection(Projection[StockView]):
    name = "stock_projection"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:  # type: ignore[override]
        type_ = getattr(domain_event, "name", "created")
        self.view.note(domain_event.originator_id, domain_event.originator_version, type_, tracking)


def _stock(arena: Arena) -> Callable[[], float]:
    stock = arena.stock()
    for _ in range(STOCK_CASES):
        dossier = Dossier()
        for event in islice(cycle(events()), EVENTS - 1):  # its creation is an event too
            dossier.tell(contract_of(event).name, encode(event))
        stock.save(dossier)
    last = stock.recorder.max_notification_id()

    def measure() -> float:
        with arena.connect() as connection:
            connection.execute("drop table if exists stock_view, stock_projection_tracking")
        began = time.perf_counter()
        with ProjectionRunner(
            application_class=Application,
            projection_class=StockProjection,
            view_class=StockView,
            env=dict(stock.env),
        ) as runner:
            runner.wait(last, timeout=60)
        return STOCK_CASES * EVENTS / (time.perf_counter() - began)

    return measure
