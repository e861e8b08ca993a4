"""`ambito erase`: what is personal of one person, in all cases at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from domain.case.commands import Law
from domain.fact import Recorder
from domain.ledger import erasing
from domain.ledger.context import Context
from domain.ledger.erasing import Erasure
from domain.ledger.keys import KeyFile
from domain.ledger.recorder import Command
from domain.ledger.store import Log
from domain.rules.calendar import legal_day

OPERATOR = Recorder("system", "erasure")


def planned(log: Log, law: Law, person: UUID, ground: str) -> Erasure:
    """What an erasure would come to. Raises Refused."""
    return erasing.plan(log, person, ground, law, _context(person))


def done(log: Log, law: Law, person: UUID, ground: str) -> Erasure:
    """Record the erasure in every case and carry it out; each step is safe to repeat. Raises Refused."""
    assert isinstance(log.keys, KeyFile)
    erased = erasing.record(log, person, ground, law, _context(person))
    erasing.carry_out(person, log, log.keys)
    return erased


def lines(erasure: Erasure) -> Iterator[str]:
    """An erasure for who has to confirm it: no value, only where they lie."""
    for case_id, facts in erasure.facts.items():
        yield f"case {case_id}: {len(facts)} facts hold something personal that goes with {erasure.member_id}"
    for case_id in erasure.recorded:
        yield f"case {case_id}: the erasure is on record"
    for case_id in erasure.kept:
        yield f"case {case_id}: it is open, so what is of its household stays: erase again once it is closed"


def told(erasure: Erasure, dry_run: bool) -> dict[str, Any]:
    """An erasure for a program to read."""
    return {
        "member_id": str(erasure.member_id),
        "erased": not dry_run,
        "cases": {str(case_id): [str(each) for each in facts] for case_id, facts in erasure.facts.items()},
        "recorded_before": [str(case_id) for case_id in erasure.recorded],
        "household_kept": [str(case_id) for case_id in erasure.kept],
    }


def _context(person: UUID) -> Context:
    return Context(
        by=OPERATOR,
        known_on=legal_day(datetime.now(UTC)),
        purpose="ERASURE",
        command=Command("erase", uuid4(), b""),
        correlation_id=uuid5(person, "erasure"),
    )
