"""The bundle of a measure in a log of 1e4 and of 1e6 events, and its verification: ``make bench-dossier``.

The case is that of :mod:`bench.crowd`: each of the others has a measure comparable with the one asked for,
more than any Ambito has. ``python -m bench.dossier [--quick]``; --quick grows the log to 1e5 only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import orjson

from api.dossiers.forms import as_bundle, as_json
from bench.arena import arena
from bench.crowd import AMBITO, EVENTS, SIGNS, Crowd, crowd
from bench.rounds import Measured, compare
from domain.bundle.verify import verify
from domain.case.commands import Law
from domain.dossier import Dossier, Judge, dossier
from domain.ledger.dossiers import moments, record_of
from domain.ledger.note import verifier_key
from domain.ledger.store import Log

SMALL, LARGE = 10_000, 1_000_000
JSON, BUNDLE, FIRST, VERIFIED = "dossier, JSON", "bundle", "first bundle of a process", "verification"
TIMES = {JSON: 200, BUNDLE: 200, FIRST: 5, VERIFIED: 200}
MOST = {JSON: (1.3, 150), BUNDLE: (1.3, 150), VERIFIED: (None, 1_000)}
"""The marks: how many times as long in the large log, and the 95th of a hundred in ms."""

VKEY = verifier_key(f"ambito/{AMBITO}", SIGNS)


def main() -> None:
    large = 100_000 if "--quick" in sys.argv else LARGE
    with arena() as one, arena() as other:
        for found in run(crowd(one), crowd(other), large):
            small, big = found.medians
            times, p95 = MOST.get(found.title, (None, None))
            print("\n".join([found.title, *found.lines()]))
            print(f"  {big}: {found.ratio(big, small):.2f} x {small}" + _mark(times))
            for at, rounds in found.rounds.items():
                print(f"  p95 at {at}: {slow(rounds):,.1f} ms" + _mark(p95))


def slow(rounds: list[float]) -> float:
    """The 95th of a hundred."""
    return sorted(rounds)[-1 - len(rounds) // 20]


def _mark(most: float | None) -> str:
    return f" (mark: at most {most})" if most else ""


def run(one: Crowd, other: Crowd, large: int = LARGE) -> Iterator[Measured]:
    steps = {f"{size:,} events": _steps(log, size) for log, size in ((one, SMALL), (other, large))}
    for name, times in TIMES.items():
        yield compare(name, "ms", {at: millis(step[name]) for at, step in steps.items()}, times)


def _steps(found: Crowd, size: int) -> dict[str, Callable[[], object]]:
    """What is measured, in a log of a size."""
    began = time.monotonic()
    case_id, measure_id = found.case(size)
    print(f"{found.size():,} events after {time.monotonic() - began:.0f} s", file=sys.stderr)
    _, at = moments(found.pool)

    def cold() -> Log:
        """A process that never read the case, and knows of the measures."""
        log = Log(found.pool, found.log.keys)
        log.measures = found.log.measures
        return log

    def made(log: Log) -> Dossier:
        assert log.measures.cases_of(measure_id) == [case_id]
        record = record_of(log, found.pool, Law(), case_id, measure_id, at)
        return dossier(record, measure_id, at, Judge())

    def bundle(log: Log) -> bytes:
        return as_bundle(made(log), log, found.pool, AMBITO, SIGNS)

    raw = bundle(cold())
    _is_whole(raw)
    return {
        JSON: lambda: as_json(made(cold())),
        BUNDLE: lambda: bundle(cold()),
        FIRST: lambda: bundle(Log(found.pool, found.log.keys)),
        VERIFIED: lambda: verify(raw, VKEY),
    }


def _is_whole(raw: bytes) -> None:
    """It holds, its decisions come out again, a checkpoint was cosigned later, its witness received all."""
    report, read = verify(raw, VKEY), orjson.loads(raw)
    assert not report.findings, report.findings
    assert {each.differences for each in report.decisions} <= {(), None}  # None: closed to a judge
    found = {name: len(read[name]) for name in ("events", "checkpoints", "acknowledgements")}
    assert found == {"events": EVENTS, "checkpoints": 2, "acknowledgements": 1}, found
    print(f"a bundle of {len(raw):,} bytes, {len(read['disclosed'])} rows disclosed", file=sys.stderr)


def millis(step: Callable[[], object]) -> Callable[[], float]:
    """How long a step takes."""

    def measure() -> float:
        began = time.perf_counter()
        step()
        return (time.perf_counter() - began) * 1e3

    return measure


if __name__ == "__main__":
    main()
