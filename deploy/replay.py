"""`ambito replay`: whether what was decided still comes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.contract import Json, contract_of
from domain.ledger.replaying import Replaying
from domain.replay import Replay


@dataclass
class Done:
    """What came of it so far: how many cases, each outcome, and the decisions that differ."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    differing: list[Replay] = field(default_factory=list)


def run(replaying: Replaying, cases: Iterable[UUID], told: Callable[[Done], None]) -> Done:
    """Decide again every decision of some cases; ``told`` hears after each case."""
    done = Done()
    for case_id in cases:
        for replay in replaying.case(case_id):
            done.outcomes[replay.outcome] += 1
            if replay.differences:
                done.differing.append(replay)
        done.cases += 1
        told(done)
    return done


def lines(done: Done) -> Iterator[str]:
    """A report for people."""
    for replay in done.differing:
        fact = replay.decision
        yield f"case {fact.case_id}, {contract_of(fact.event).stored_name} {fact.event_id}: differs"
        for each in replay.differences:
            yield f"  {each.what}: {each.because}"
            yield f"    recorded {each.expected}"
            yield f"    found    {each.found}"
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(done.outcomes.items()))
    yield f"{done.cases} cases, {done.outcomes.total()} decisions: {outcomes or 'none'}"


def told(done: Done) -> dict[str, Any]:
    """A report for a program."""
    return {
        "cases": done.cases,
        "decisions": done.outcomes.total(),
        "outcomes": dict(done.outcomes),
        "differing": [_told(replay) for replay in done.differing],
    }


def _told(replay: Replay) -> dict[str, Json]:
    fact = replay.decision
    return {
        "case_id": str(fact.case_id),
        "event_id": str(fact.event_id),
        "type": contract_of(fact.event).stored_name,
        "position": fact.position,
        "outcome": replay.outcome,
        "differences": [
            {"what": d.what, "expected": d.expected, "found": d.found, "because": d.because}
            for d in replay.differences
        ],
    }
