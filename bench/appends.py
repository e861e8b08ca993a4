"""Appends of one event a commit, by several writers and processes: bare inserts, the stock recorder, our log.

Ours is given a fact and seals it: command id, chain, a digest per value, personal values encrypted. The two
others are given bytes of the same length.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from uuid import uuid4

from eventsourcing.persistence import StoredEvent

from bench.arena import Arena
from bench.rounds import Measured, compare
from bench.sample import facts
from domain.ledger.mapper import Entry, LedgerEvent
from domain.ledger.recorder import Command, Pending
from domain.ledger.store import Log

WRITERS = (1, 4, 16)
SECONDS = 2.0
RAW, STOCK, OURS = "raw insert", "stock recorder", "our log"

READY = 8_000
"""Facts that one writer has ready: more than it can append in a round."""

Step = Callable[[], object]


def run(arena: Arena) -> Iterator[Measured]:
    steps = _steps(arena)
    for writers in WRITERS:
        yield compare(
            f"append, {writers} writers" if writers > 1 else "append, 1 writer",
            "events/s",
            {name: partial(_rate, make, writers) for name, make in steps.items()},
        )
    yield compare(
        "append, 2 processes of 8 writers",
        "events/s",
        {name: partial(_in_two_processes, arena, name) for name in steps},
    )


def _steps(arena: Arena) -> dict[str, Callable[[], Step]]:
    """By contender, what makes the step that one writer repeats."""
    stock, log, bytes_ = arena.stock_recorder(), arena.log(), _weight(arena)

    def raw() -> Step:
        connection = arena.connect()
        insert = "insert into raw (stream, version, topic, state) values (%s, 1, 'bench', %s)"
        return lambda: connection.execute(insert, (uuid4(), bytes_), prepare=True)

    return {
        RAW: raw,
        STOCK: lambda: lambda: stock.insert_events([StoredEvent(uuid4(), 1, "bench", bytes_)]),
        OURS: lambda: writer(log),
    }


def writer(log: Log) -> Step:
    """Appends to a case of its own, as an act: the facts are made beforehand, which is not the log's work."""
    case_id, version = uuid4(), count(1)
    ready = list(facts(case_id, READY))

    def step() -> None:
        at = next(version)
        entry, command = Entry(ready[at - 1], {}), Command("bench", uuid4(), b"digest of the body")
        seal = partial(_sealed, log, entry)
        log.recorder.append(Pending(case_id, at, command=command, seal=seal))

    return step


def _sealed(log: Log, entry: Entry) -> list[LedgerEvent]:
    return [log.mapper.to_stored_event(entry)]


def _weight(arena: Arena) -> bytes:
    """As many bytes as an event of ours takes on average, envelope, digests and values."""
    log = arena.log(1)
    stored = [log.mapper.to_stored_event(Entry(fact, {})) for fact in facts(uuid4(), 50)]
    return bytes(sum(len(event.state) + len(event.sealed) for event in stored) // len(stored))


def _rate(make: Callable[[], Step], writers: int, seconds: float = SECONDS) -> float:
    """Events a second of so many threads."""
    steps = [make() for _ in range(writers)]
    gc.collect()
    gc.freeze()  # what was made ready is no part of what is measured
    counts, end = [0] * writers, time.perf_counter() + seconds

    def write(index: int) -> None:
        while time.perf_counter() < end:
            steps[index]()
            counts[index] += 1

    threads = [threading.Thread(target=write, args=(index,)) for index in range(writers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _in_two_processes(arena: Arena, name: str) -> float:
    command = [sys.executable, "-m", "bench.appends", str(arena.folder), name]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in "12"
    ]
    for process in started:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()  # ready
    for process in started:
        process.stdin.close()  # go
    rates = [float(process.stdout.read()) for process in started]
    for process in started:
        process.wait()
        process.stdout.close()
    return sum(rates)


def main() -> None:
    """One of two processes: says that it is ready, waits to be told, prints its rate."""
    make = _steps(Arena(Path(sys.argv[1])))[sys.argv[2]]
    print("ready", flush=True)
    sys.stdin.read()
    print(_rate(make, 8))


if __name__ == "__main__":
    main()
