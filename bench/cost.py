"""What one request takes of a core: of the server's process, of its event loop alone, and of PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import inf
from pathlib import Path

from bench.arena import Arena
from bench.arrivals import arrive
from bench.highest import FEW, FLAT_OUT
from bench.servers import Server

REQUESTS = 3_000
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Seconds of a core. The loop's are among those of the process."""

    process: float
    loop: float
    postgres: float

    def line(self, name: str) -> str:
        parts = (f"{1e6 * part:8,.0f} µs" for part in (self.process, self.loop, self.postgres))
        return f"  {name:28}" + "".join(parts)


HEADING = f"  {'what one request takes':28}{'process':>11}{'its loop':>11}{'PostgreSQL':>11}"


def of(place: Arena, server: Server, requests: Iterator[bytes]) -> Cost:
    """Measured on connections that never rest, once warm."""
    arrive(server.port, list(islice(requests, FLAT_OUT)), inf, connections=FEW)
    due = list(islice(requests, REQUESTS))
    before = _taken(place, server)
    arrive(server.port, due, inf, connections=FEW)
    return Cost(*((now - then) / REQUESTS for now, then in zip(_taken(place, server), before, strict=True)))


def _taken(place: Arena, server: Server) -> tuple[float, float, float]:
    """So far; PostgreSQL's connections are kept, so none ends meanwhile and takes its share along."""
    with place.connect() as owner:
        backends = [pid for (pid,) in owner.execute("select pid from pg_stat_activity")]
        postgres = sum(_seconds(Path(f"/proc/{pid}/stat")) for pid in backends)
    process = Path(f"/proc/{server.pid}")
    return _seconds(process / "stat"), _seconds(process / "task" / str(server.pid) / "stat"), postgres


def _seconds(stat: Path) -> float:
    """Of user and system time (proc(5))."""
    told = stat.read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / TICKS
