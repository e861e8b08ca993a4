"""The dossier of a measure in a log of 1e4 and of 1e6 events: made, sealed as a bundle, checked.

``make bench-dossier``; ``python -m bench.dossier --quick`` grows the log to 1e5 only. The case is that of the
demo, brought to 60 facts; each time it is read and opened anew, as by a process that never saw it.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.dossiers.forms import as_bundle, as_json
from bench.arena import Arena, arena
from bench.growth import LARGE, SMALL, fill
from bench.imports import load
from bench.rounds import Measured
from deploy.demo import memory
from deploy.demo.protocol import tell_protocol
from deploy.demo.walk import walk, walk_case
from domain.bundle.verify import verify
from domain.case.commands import Law
from domain.case.events import DecurtazioneOrdered, OperatorAssigned
from domain.case.state import fold
from domain.dossier import Dossier, Judge, dossier
from domain.fact import Fact
from domain.ledger.checkpointer import BATCH, Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.dossiers import moments, record_of
from domain.ledger.ids import event_id
from domain.ledger.store import PROTOCOL, Log
from domain.replay import decisions, rules_of

AMBITO, FACTS = "bench", 60
ROUNDS, TIMES = 5, 40

JSON, P95, BUNDLE, CHECK = (
    "dossier as JSON",
    "dossier as JSON, p95",
    "dossier as a bundle",
    "check of the bundle",
)
MOST_MS = {P95: 150.0, CHECK: 1_000.0}
MOST_TIMES = {JSON: 1.3}


def run(arena: Arena, large: int = LARGE) -> Iterator[Measured]:
    log, key = arena.log(2), Ed25519PrivateKey.generate()
    fill(log, SMALL)
    measure_id = _case(log)
    found: dict[str, dict[str, list[float]]] = {}
    for size in (SMALL, large):
        fill(log, size)
        as_of = moments(log.recorder.pool)[0]
        _sign(log, key)
        for name, values in _measured(log, key, measure_id, as_of).items():
            found.setdefault(name, {})[f"{size:,} events"] = values
    for name, rounds in found.items():
        yield Measured(name, "ms", {at: statistics.median(each) for at, each in rounds.items()}, rounds)
    log.close()


def _case(log: Log) -> UUID:
    """The case of the demo in the log, with the protocol that it rests on; the id of its measure."""
    told = memory.Memory()
    tell_protocol(told)
    for step in walk():
        told.tell(step.line)
    case: list[Fact[Any]] = told.facts[walk_case()]
    measure: DecurtazioneOrdered = next(f.event for f in case if isinstance(f.event, DecurtazioneOrdered))
    for fact in decisions(case):
        log.rule_texts.keep(rules_of(fact.event, fold(f for f in case if f.version < fact.version), told.law))
    protocol = [replace(fact, case_id=PROTOCOL) for fact in told.facts[memory.PROTOCOL]]
    load(log, [protocol, [*case, *_more(case, FACTS - len(case))]])
    return measure.measure_id


def _more(case: list[Fact[Any]], count: int) -> Iterator[Fact[Any]]:
    """So many facts that change nothing of the measure: operators that come and go."""
    given = next(fact for fact in case if isinstance(fact.event, OperatorAssigned))
    for version in range(len(case) + 1, len(case) + count + 1):
        event = replace(given.event, assignment_id=uuid4(), person_id=uuid4())
        yield replace(given, event_id=event_id(), version=version, event=event)


def _sign(log: Log, key: Ed25519PrivateKey) -> None:
    checkpointer = Checkpointer(Checkpoints(log.recorder.pool), AMBITO, key, BATCH, 0)
    while checkpointer.step():
        pass


def _measured(log: Log, key: Ed25519PrivateKey, measure_id: UUID, as_of: datetime) -> dict[str, list[float]]:
    pool = log.recorder.pool

    def made() -> Dossier:
        cold = Log(pool, log.keys)
        record = record_of(cold, pool, Law(), walk_case(), measure_id, as_of)
        return dossier(record, measure_id, as_of, Judge())

    raw = as_bundle(made(), log, pool, AMBITO, key)
    assert not verify(raw).findings, [finding.rule for finding in verify(raw).findings]
    each = [_millis(lambda: as_json(made())) for _ in range(ROUNDS)]
    return {
        JSON: [statistics.median(values) for values in each],
        P95: [statistics.quantiles(values, n=20)[-1] for values in each],
        BUNDLE: [statistics.median(_millis(lambda: as_bundle(made(), log, pool, AMBITO, key)))],
        CHECK: [statistics.median(_millis(lambda: verify(raw)))],
    }


def _millis(step: Callable[[], object]) -> list[float]:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        step()
        taken.append((time.perf_counter() - began) * 1e3)
    return taken


def main() -> None:
    large = 100_000 if "--quick" in sys.argv else LARGE
    with arena() as place:
        for found in run(place, large):
            most = f" (mark: at most {MOST_MS[found.title]:,.0f} ms)" if found.title in MOST_MS else ""
            print(f"{found.title}{most}")
            print("\n".join(found.lines()))
            small, big = found.medians
            mark = f" (mark: below {MOST_TIMES[found.title]})" if found.title in MOST_TIMES else ""
            print(f"  {big}: {found.ratio(big, small):.2f} x {small}{mark}")


if __name__ == "__main__":
    main()
