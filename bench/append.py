"""Appends a second, side by side in one run: a raw insert, the stock recorder of the library, our log.

Ours writes with everything switched on: command id, chain, a digest per value, sealed personal values. The
machine is noisy: read the ratios, of medians, never one figure. ``python -m bench.append [SECONDS]``.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from deploy.migrate import AMBITO, migrate
from deploy.postgres import Postgres
from domain.case.events import OperatorAssigned
from domain.fact import Fact, Recorder
from domain.ledger.ids import event_id
from domain.ledger.keys import KeyFile
from domain.ledger.mapper import Entry, LedgerMapper
from domain.ledger.recorder import Command, LedgerRecorder, Pending, pool

ROUNDS, WRITERS = 3, (1, 16)
STATE = os.urandom(900)
"""About what an event of ours weighs, envelope, digests and values together."""

Step = Callable[[], None]


@dataclass(frozen=True)
class Cell:
    name: str
    setup: Callable[[], Step]
    """Makes what one writer repeats."""


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    with tempfile.TemporaryDirectory(prefix="ambito-bench-") as name, _server(Path(name)) as server:
        cells = list(_cells(server, Path(name)))
        for writers in WRITERS:
            rates: dict[str, list[float]] = {cell.name: [] for cell in cells}
            for _ in range(ROUNDS):
                for cell in cells:
                    rates[cell.name].append(_rate(cell, writers, seconds))
            base = statistics.median(rates["raw insert"])
            for cell_name, found in rates.items():
                median = statistics.median(found)
                ratio = f"{median / base:.2f} x raw insert"
                print(f"{writers:>2} writers  {cell_name:<16} {median:>8.0f}/s  {ratio}")


def _rate(cell: Cell, writers: int, seconds: float) -> float:
    end = time.perf_counter() + seconds
    counts = [0] * writers

    def write(index: int) -> None:
        step = cell.setup()
        while time.perf_counter() < end:
            step()
            counts[index] += 1

    threads = [threading.Thread(target=write, args=(index,)) for index in range(writers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


@contextmanager
def _server(folder: Path) -> Iterator[Postgres]:
    folder.chmod(0o711)
    server = Postgres(folder / "postgres")
    server.start()
    try:
        migrate(server.url(), AMBITO)
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute(
                "create table raw (id bigserial primary key, stream uuid, version int, topic text,"
                " state bytea, unique (stream, version))"
            )
        yield server
    finally:
        server.stop()


def _cells(server: Postgres, folder: Path) -> Iterator[Cell]:
    yield Cell("raw insert", lambda: _raw(psycopg.connect(server.url(), autocommit=True)))
    stock = _stock(server)
    yield Cell("stock recorder", lambda: lambda: _insert(stock))
    recorder = LedgerRecorder(pool(server.url(), size=16))
    mapper = LedgerMapper(KeyFile(folder / "keys.sqlite", folder / "key-encryption-key"))
    yield Cell("our log", lambda: _ours(recorder, mapper))


def _raw(connection: psycopg.Connection[tuple[object, ...]]) -> Step:
    insert = "insert into raw (stream, version, topic, state) values (%s, 1, 'bench', %s)"
    return lambda: connection.execute(insert, (uuid4(), STATE), prepare=True) and None


def _stock(server: Postgres) -> PostgresApplicationRecorder:
    datastore = PostgresDatastore(
        "postgres", "127.0.0.1", server.port, "postgres", server.password, pool_size=16
    )
    recorder = PostgresApplicationRecorder(datastore, events_table_name="stock_events")
    recorder.create_table()
    return recorder


def _insert(recorder: PostgresApplicationRecorder) -> None:
    recorder.insert_events([StoredEvent(uuid4(), 1, "bench", STATE)])


def _ours(recorder: LedgerRecorder, mapper: LedgerMapper) -> Step:
    """A writer appends to a case of its own."""
    stream, version, person = uuid4(), 0, uuid4()

    def step() -> None:
        nonlocal version
        version += 1
        entry = Entry(_assigned(stream, version, person), {})
        command = Command("bench", uuid4(), b"digest")
        recorder.append(Pending(stream, version, [mapper.to_stored_event(entry)], command))

    return step


def _assigned(stream: UUID, version: int, person: UUID) -> Fact[OperatorAssigned]:
    event = OperatorAssigned(
        assignment_id=uuid4(),
        person_id=person,
        agency="servizio-sociale",
        unit="servizio-sociale-nord",
        role="SOCIAL_WORKER",
        purpose="TAKING_CHARGE",
        from_on=date(2026, 1, 1),
    )
    by = Recorder("servizio-sociale", "SOCIAL_WORKER", person)
    command_id = uuid4()
    return Fact(
        event_id(), stream, version, event, by, date(2026, 1, 1), "TAKING_CHARGE", command_id, command_id
    )


if __name__ == "__main__":
    main()
