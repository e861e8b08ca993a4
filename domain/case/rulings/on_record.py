"""What must be on record before a rule can speak of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar
from uuid import UUID

from domain.case.events import CaseEvent
from domain.case.parts import Member
from domain.case.state import Case, Convocation, Infraction, Measure
from domain.refused import Refused

E = TypeVar("E", bound=CaseEvent)


def member(member_id: UUID, case: Case) -> Member:
    try:
        return case.members[member_id]
    except KeyError:
        raise Refused("UNKNOWN_MEMBER", "the person is not in the household on record") from None


def member_on(member_id: UUID, day: date, case: Case) -> Member:
    """A member who was of the household on a day."""
    found = member(member_id, case)
    if member_id not in case.members_on(day):
        raise Refused("UNKNOWN_MEMBER", f"the person was not in the household on {day}")
    return found


def convocation(convocation_id: UUID, case: Case) -> Convocation:
    try:
        return case.convocations[convocation_id]
    except KeyError:
        raise Refused("NOT_RECORDED", "there is no such convocation") from None


def infraction(event_id: UUID, case: Case) -> Infraction:
    try:
        return case.infractions[event_id]
    except KeyError:
        raise Refused("NOT_RECORDED", "no such infraction stands in this case") from None


def measure(measure_id: UUID, case: Case) -> Measure:
    try:
        return case.measures[measure_id]
    except KeyError:
        raise Refused("NOT_RECORDED", "there is no such measure") from None


def last(kind: type[E], case: Case, called: str, **named: object) -> E:
    """The last fact of a kind with these values; ``called`` says in a refusal what is missing."""
    found = [
        fact.event
        for fact in case.all(kind)
        if all(getattr(fact.event, name) == value for name, value in named.items())
    ]
    if not found:
        raise Refused("NOT_RECORDED", f"there is no such {called}")
    return found[-1]


def unique(name: str, values: Iterable[UUID]) -> None:
    seen = list(values)
    if len(set(seen)) != len(seen):
        raise Refused("BAD_VALUE", f"{name}: each only once")


def not_before(name: str, day: date | None, earlier: date, called: str) -> None:
    """Refuses a day that comes before what it must follow."""
    if day is not None and day < earlier:
        raise Refused("BAD_VALUE", f"{name}: before {called}")
