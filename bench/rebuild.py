"""A view made anew beside the one that serves, from a log of a million events: ``ambito rebuild cases``."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.arena import Arena
from bench.growth import LARGE, fill
from bench.rounds import Measured
from bench.views import reading
from projections.cases import Cases
from projections.rebuild import Rebuild
from projections.runner import Runner
from projections.view import of_entry
from projections.whole import Followed

OURS = "ambito rebuild"


def run(arena: Arena, size: int = LARGE) -> Iterator[Measured]:
    log = arena.log(2)
    fill(log, size)
    cases = Followed(log.facts)
    view, read = Cases(cases.case), reading(log, cases)
    kept = Runner(arena.url, view, read, of_entry)
    # The view that serves stands at the end, and empty: every row differs.
    kept.connected().execute("update progress set position = (select max(position) from ledger.events)")
    kept.close()
    began = time.perf_counter()
    rebuilt = Rebuild(arena.url, view, read, of_entry).run(lambda position, end: None)
    rate = rebuilt.position / (time.perf_counter() - began)
    log.close()
    log.recorder.pool.close()
    assert rebuilt.parked == 0
    yield Measured(f"rebuild of {rebuilt.position:,} events", "events/s", {OURS: rate}, {OURS: [rate]})
