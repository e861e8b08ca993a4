"""Whom a measure falls on, and whose it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import seats
from domain.case import events as e
from domain.case.state import Case, fold
from domain.disclosure import links
from domain.fact import Fact


def charge(fact: Fact[Any], case: Case, recipient: str) -> bool:
    """A measure falls on a member in charge; one on the household falls on all who are of it."""
    members = _struck(fact.event, case, links.referred(case, recipient))
    return bool(members) or own_measure_of(fact, recipient)


def own_measure_of(fact: Fact[Any], recipient: str) -> bool:
    """A measure that this CPI itself ordered (D.Lgs. 150/2015): it knows the whole of its own act."""
    event = fact.event
    return isinstance(event, e.Ordered) and event.authority == "CPI" and seats.recorded_by(fact, recipient)


def own_measure(fact: Fact[e.MeasureNotified | e.ReviewRequested], case: Case, recipient: str) -> bool:
    """What followed on a measure that this CPI itself ordered."""
    measure = ordered(case, fact.event.measure_id)
    return measure is not None and own_measure_of(measure, recipient)


def of_measure(fact: Fact[e.SuspensionLifted | e.MeasureAnnulled], case: Case, recipient: str) -> bool:
    """The end of a measure goes to whoever was told of the measure, also if its charge has ended since."""
    measure = ordered(case, fact.event.measure_id)
    if measure is None or any(end.version < measure.version for end in case.all(e.CaseClosed)):
        return False  # a closed case told nobody of it
    then = fold(
        earlier
        for earlier in case.facts.values()
        if earlier.version <= measure.version and not isinstance(earlier.event, e.EventCorrected)
    )
    members = _struck(measure.event, then, links.referred_since(case, recipient, measure.version))
    return bool(members) or own_measure_of(measure, recipient)


def ordered(case: Case, measure_id: UUID) -> Fact[Any] | None:
    """The fact by which a measure was ordered."""
    found: list[Fact[Any]] = [
        fact
        for fact in case.facts.values()
        if isinstance(fact.event, e.Ordered) and fact.event.measure_id == measure_id
    ]
    return found[-1] if found else None


def _struck(event: e.Ordered, case: Case, members: frozenset[UUID]) -> frozenset[UUID]:
    if event.affected_scope != "MEMBER":
        return members - links.gone(case)
    cited = (case.infractions.get(ref) for ref in event.infraction_refs)
    return members & {infraction.member_id for infraction in cited if infraction and infraction.member_id}
