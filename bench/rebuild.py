"""A view made anew from position 0 of a log of a million events, by the runner that keeps it level."""

from __future__ import annotations

from collections.abc import Iterator

from bench.arena import Arena
from bench.growth import LARGE, fill
from bench.rounds import Measured
from bench.views import once

OURS = "our runner"


def run(arena: Arena, size: int = LARGE) -> Iterator[Measured]:
    log = arena.log(2)
    fill(log, size)
    log.close()
    log.recorder.pool.close()
    rate = once(arena)
    yield Measured(f"rebuild of {size:,} events", "events/s", {OURS: rate}, {OURS: [rate]})
