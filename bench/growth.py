"""What must not grow with the log: an append, a load, a read of the tail, at 1e4 and at 1e6 events."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from uuid import uuid4

from bench.appends import writer
from bench.arena import Arena
from bench.imports import EVENTS, case, load
from bench.loads import cold
from bench.rounds import Measured, micros_each
from bench.sample import facts
from domain.ledger.store import Log

SMALL, LARGE = 10_000, 1_000_000
APPEND, LOAD, TAIL = "append of one event", "load of 50 events, cold", "read of the last 500"


def run(arena: Arena, large: int = LARGE) -> Iterator[Measured]:
    log, found = arena.log(2), dict[str, dict[int, list[float]]]()
    for size in (SMALL, large):
        fill(log, size)
        for name, measure in _measures(log).items():
            found.setdefault(name, {})[size] = [measure() for _ in range(5)]
    for name, by_size in found.items():
        rounds = {f"{size:,} events": values for size, values in by_size.items()}
        yield Measured(name, "us", {at: statistics.median(values) for at, values in rounds.items()}, rounds)


def fill(log: Log, size: int) -> None:
    """Bring the log to a size, case by case, with a line on the way."""
    began, start = time.monotonic(), _size(log)
    for batch in count():
        have = _size(log)
        if have >= size:
            break
        load(log, [list(facts(uuid4(), EVENTS)) for _ in range(min(100, -(-(size - have) // EVENTS)))])
        if batch % 20 == 0:
            rate = (have - start) / (time.monotonic() - began)
            print(f"filling: {have:,} of {size:,}, {rate:,.0f}/s   ", end="\r", file=sys.stderr, flush=True)


def _size(log: Log) -> int:
    return log.recorder.max_notification_id() or 0


def _measures(log: Log) -> dict[str, Callable[[], float]]:
    case_id, last = case(log, EVENTS), _size(log)
    return {
        APPEND: micros_each(writer(log), 300),
        LOAD: micros_each(lambda: cold(log, case_id), 100),
        TAIL: micros_each(lambda: log.recorder.select_after(last - 500, 500), 50),
    }
