"""Given facts, when an agency acts, then facts: the rules of a case as sentences.

    given(*SIGNED).when(SOCIAL_WORKER, MISSED).then(MISSED)
    given(*SIGNED).when(SOCIAL_WORKER, replace(MISSED, patto_id=ANOTHER)).refused("NOT_IN_PATTO")

What is given is folded, not decided: it can be any history. The id of a fact follows from what it says,
so a later statement can name it: `infraction_ref=id_of(MISSED)`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from domain.case.commands import Act, Law
from domain.case.decide import decide
from domain.case.state import Case, fold
from domain.contract import contract_of, encode
from domain.fact import Fact, Recorder
from domain.refused import RULES, Refused

CASE = uuid5(UUID(int=0), "case")
PROTOCOL_IN_FORCE = Law(protocol_from=date(2025, 1, 1))


def operator(agency: str, unit: str | None = None, who: str = "operator") -> Recorder:
    return Recorder(agency, "SPECIALIST", uuid5(UUID(int=0), f"{agency}/{unit}/{who}"), unit)


SOCIAL_WORKER = operator("servizio-sociale")
COLLEAGUE = operator("servizio-sociale", who="colleague")
AMBITO = operator("ats")
CPI = operator("cpi")
UST = operator("ust")
ASL = operator("asl")
SERD = operator("asl", "asl-serd")
INPS = Recorder("inps", "machine")
CLOCK = Recorder("system", "machine")
COMUNE = operator("comune-058091")
OTHER_COMUNE = operator("comune-058991")


@dataclass(frozen=True)
class Said:
    """An event with who recorded it."""

    by: Recorder
    event: Any


def said(by: Recorder, event: Any) -> Said:
    return Said(by, event)


def id_of(event: Any) -> UUID:
    """The made-up id of the fact that an event becomes."""
    told = event.event if isinstance(event, Said) else event
    return uuid5(CASE, json.dumps([type(told).__name__, encode(told)], sort_keys=True))


def facts_of(*told: Any) -> list[Fact[Any]]:
    """A history: events in their envelopes, recorded by who usually records them."""
    return [_fact(event, version) for version, event in enumerate(told, 1)]


def _fact(told: Any, version: int) -> Fact[Any]:
    event = told.event if isinstance(told, Said) else told
    return Fact(
        event_id=id_of(event),
        case_id=CASE,
        version=version,
        event=event,
        recorder=told.by if isinstance(told, Said) else _usual(event),
        known_on=date(2025, 1, 2),
        purpose="TAKING_CHARGE",
        command_id=uuid5(CASE, f"command/{version}"),
        correlation_id=CASE,
    )


def _usual(event: Any) -> Recorder:
    recorders = contract_of(event).recorders
    return next(by for by in (SOCIAL_WORKER, INPS, AMBITO) if by.kind in recorders)


@dataclass(frozen=True)
class Given:
    """A case with a history, and the law that stands around it."""

    case: Case
    law: Law = PROTOCOL_IN_FORCE

    def under(self, law: Law) -> Given:
        return replace(self, law=law)

    def when(self, by: Recorder, states: Any) -> Outcome:
        try:
            return Outcome(decide(Act(by, states), self.law, self.case))
        except Refused as refused:
            return Outcome([], refused)


def given(*told: Any) -> Given:
    facts = facts_of(*told)
    assert len({fact.event_id for fact in facts}) == len(facts), "a fact is told twice"
    return Given(fold(facts))


@dataclass(frozen=True)
class Outcome:
    """What was decided. Each ending asserts; a sentence without an ending tests nothing."""

    events: list[Any]
    refusal: Refused | None = None

    def then(self, *events: Any) -> None:
        """Exactly these facts."""
        self._accepted()
        assert self.events == list(events)

    def tells(self, **values: Any) -> Any:
        """One fact, with these values among others."""
        self._accepted()
        (event,) = self.events
        assert {name: getattr(event, name) for name in values} == values
        return event

    def nothing(self) -> None:
        """It is on record already."""
        self._accepted()
        assert self.events == []

    def refused(self, rule: str, because: str = "") -> None:
        assert rule in RULES
        assert self.refusal is not None, f"accepted: {self.events}"
        assert self.refusal.rule == rule, self.refusal
        assert because in self.refusal.because, self.refusal

    def _accepted(self) -> None:
        assert self.refusal is None, self.refusal
