"""Loading a case: the stock repository, ours cold (all opened and folded), ours warm (what is new since)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from uuid import UUID

from bench.arena import Arena, Dossier
from bench.imports import case
from bench.rounds import Measured, compare, micros_each
from bench.sample import events
from domain.case.state import Case, fold
from domain.contract import contract_of, encode
from domain.ledger.closed import ClosedFact
from domain.ledger.store import Log

SIZES = (10, 50, 200)
STOCK, COLD, OPENED, WARM = (
    "stock repository",
    "our log, cold",
    "our log, cold, all opened",
    "our log, warm",
)


def run(arena: Arena) -> Iterator[Measured]:
    stock, log = arena.stock(), arena.log(2)
    for size in SIZES:
        dossier = Dossier()
        for event in islice(cycle(events()), size - 1):  # its creation is an event too
            dossier.tell(contract_of(event).name, encode(event))
        stock.save(dossier)
        case_id = case(log, size)
        log.case(case_id)
        times = max(20, 4_000 // size)
        yield compare(
            f"load of {size} events",
            "us",
            {
                STOCK: micros_each(lambda id=dossier.id: stock.repository.get(id), times),
                COLD: micros_each(lambda id=case_id: cold(log, id), times),
                OPENED: micros_each(lambda id=case_id: opened(log, id), times),
                WARM: micros_each(lambda id=case_id: log.case(id), times),
            },
        )


def opened(log: Log, case_id: UUID) -> Case:
    """The same with every value of every fact opened."""
    return fold(log.mapper.facts(log.recorder.select_events(case_id)))


def cold(log: Log, case_id: UUID) -> Case:
    """What a process does that never read this case: fetch it, open what its indices need, fold."""
    return fold([ClosedFact(row, log.mapper.fact) for row in log.recorder.select_events(case_id)])
