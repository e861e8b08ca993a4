"""The decurtazione of the demo's household, as the log of a running demo would hold it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from deploy.demo.memory import Memory
from deploy.demo.protocol import tell_protocol
from deploy.demo.show import CLOCK_DAY
from deploy.demo.walk import DAUGHTER, HUSBAND, MOTHER, SON, walk, walk_case
from domain.case import clock
from domain.case.commands import Act
from domain.case.decide import decide
from domain.case.events import Ordered
from domain.case.state import evolve, fold
from domain.disclosure import entitled
from domain.dossier import Dossier, Record, Redaction, Shown, dossier
from domain.fact import Fact, Recorder

AS_OF = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)
FIRST_POSITION = 4_001
RECIPIENTS = ("cpi", "ust", "asl-consultorio", "comune-058091", "inps")
CLOCK = Recorder("system", "clock")

__all__ = ["DAUGHTER", "HUSBAND", "MOTHER", "SON", "demo_dossier", "demo_record"]


@cache
def demo_record() -> Record:
    """What a dossier is made from; eleven other households have met the same rule."""
    register = Memory()
    tell_protocol(register)
    for step in walk():
        register.tell(step.line)
    facts = _dated([*register.facts[walk_case()], *_lapsed(register)])
    return Record(
        facts, shown=_sent(facts), law=register.law, comparable={"DECURTAZIONE": 11, "DECADENZA": 2}
    )


def demo_dossier(reader: Redaction) -> Dossier:
    facts = demo_record().facts
    measure = next(fact.event for fact in facts if isinstance(fact.event, Ordered))
    return dossier(demo_record(), measure.measure_id, AS_OF, reader)


def _lapsed(register: Memory) -> list[Fact[Any]]:
    """What ``ambito clock`` records in the demo."""
    case, found = register.case(walk_case()), []
    last = register.facts[walk_case()][-1]
    for states in clock.due(case, CLOCK_DAY, register.law):
        for event in decide(Act(CLOCK, states), register.law, case):
            fact = replace(
                last.telling(event),
                event_id=uuid5(last.event_id, f"{len(found)}"),
                version=last.version + len(found) + 1,
                recorder=CLOCK,
                known_on=CLOCK_DAY,
            )
            found.append(fact)
            case = evolve(case, fact)
    return found


def _dated(facts: list[Fact[Any]]) -> list[Fact[Any]]:
    """At nine in the morning of the day on which each became known, never before the one that it follows."""
    dated: list[Fact[Any]] = []
    at = datetime.min.replace(tzinfo=UTC)
    for number, fact in enumerate(facts):
        own = datetime.combine(fact.known_on, time(9), UTC)
        at = max(own, at + timedelta(seconds=1))
        dated.append(replace(fact, recorded_at=at, position=FIRST_POSITION + number))
    return dated


def _sent(facts: list[Fact[Any]]) -> list[Shown]:
    """Two seconds after a fact is on record each body has it, and says so a minute later."""
    at: dict[UUID, datetime] = {f.event_id: f.recorded_at for f in facts if f.recorded_at}
    assert fold(facts).referral is not None
    return [
        Shown(
            recipient,
            seq,
            "fact",
            event_id,
            tuple(sorted(shown.paths)),
            at[event_id] + timedelta(seconds=2),
            at[event_id] + timedelta(seconds=62),
        )
        for recipient in RECIPIENTS
        for seq, (event_id, shown) in enumerate(entitled(facts, recipient).items(), start=1)
    ]
