"""Of whom a fact speaks, and of whom a reader may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case import observe
from domain.case.parts import Member
from domain.case.state import Case
from domain.fact import Fact

Facts = Mapping[UUID, Fact[Any]]
"""By event id, also those that a correction voided."""

NAMING = ("member_id", "minor_member_id", "signatory_member_id", "asked_member_id", "responsible_member_id")
"""Fields that name the person whom a fact speaks of."""

REFERRING = ("infraction_ref", "subject_event_id", "corrects_event_id", "cause_event_ref")
"""Fields that name another fact, of whose person this one speaks too."""


def of_whom(event: object, facts: Facts) -> frozenset[UUID]:
    """The members whom a fact speaks of; nobody where it concerns the household as such."""
    if isinstance(event, e.Ordered | e.MeasureNotified | e.SuspensionLifted | e.MeasureAnnulled):
        return _struck(event, facts)
    named = {getattr(event, name, None) for name in NAMING}
    named |= set(getattr(event, "member_ids", ()))
    for name in REFERRING:
        named |= _of(getattr(event, name, None), facts)
    for ref in getattr(event, "infraction_refs", ()):
        named |= _of(ref, facts)
    if isinstance(event, e.ProceedingNoticeSent):
        named |= _proceeding(event, facts)
    if isinstance(event, e.SupportEnded):
        named |= _supported(event.support_id, facts)
    return frozenset(each for each in named if isinstance(each, UUID))


def _of(event_id: UUID | None, facts: Facts) -> frozenset[UUID]:
    fact = facts.get(event_id) if event_id else None
    return of_whom(fact.event, facts) if fact else frozenset()


def _struck(event: Any, facts: Facts) -> frozenset[UUID]:
    """Whom a measure falls on alone; one on the household concerns it as such."""
    measures = [f.event for f in facts.values() if isinstance(f.event, e.Ordered)]
    found = [m for m in measures if m.measure_id == event.measure_id]
    if not found or found[-1].affected_scope != "MEMBER":
        return frozenset()
    return frozenset(each for ref in found[-1].infraction_refs for each in _of(ref, facts))


def _proceeding(event: e.ProceedingNoticeSent, facts: Facts) -> set[UUID]:
    about = [
        fact.event
        for fact in facts.values()
        if (isinstance(fact.event, e.SanctionProposalOpened) and fact.event.proposal_id == event.proposal_id)
        or (isinstance(fact.event, e.InfractionReportedToInps) and fact.event.report_id == event.report_id)
    ]
    return {each for one in about for ref in one.infraction_refs for each in _of(ref, facts)}


def _supported(support_id: UUID, facts: Facts) -> set[UUID | None]:
    activated = [f.event for f in facts.values() if isinstance(f.event, e.SupportActivated)]
    return {each.member_id for each in activated if each.support_id == support_id}


def with_minors(case: Case, member_id: UUID, on: date) -> frozenset[UUID]:
    """A member and, of an adult in charge, the minors under her own responsibility (art. 316 c.c.)."""
    member = case.members.get(member_id)
    if member is None or observe.born(member) is None or not observe.is_adult(member, on):
        return frozenset({member_id})
    if member.relationship.upper() not in observe.ADULTS_IN_CHARGE or _lost(case, member_id):
        return frozenset({member_id})
    children = (m for m in minors(case, on) if m.relationship.upper() in observe.CHILDREN)
    return frozenset({member_id, *(child.member_id for child in children)})


def minors(case: Case, on: date) -> list[Member]:
    """Who is a minor on a day; who was erased is nobody's."""
    return [m for m in case.members.values() if not observe.is_adult(m, on)]


def adults(case: Case, on: date) -> frozenset[UUID]:
    return frozenset(m.member_id for m in case.members.values() if observe.is_adult(m, on))


def _lost(case: Case, member_id: UUID) -> bool:
    """Whether the responsibility was ever lost, or may have been: where an erasure hides it."""
    said = (f.event for f in case.all(e.MemberConditionRecorded) if f.event.member_id == member_id)
    return any(
        each.value is not False
        and (
            each.condition_code == "PARENTAL_RESPONSIBILITY_LOST" or not isinstance(each.condition_code, str)
        )
        for each in said
    )


def mentions(value: object, persons: Iterable[UUID]) -> bool:
    """Whether a value is, or lists, the id of one of these persons."""
    ids = {str(person) for person in persons}
    if isinstance(value, list):
        return any(entry in ids for entry in value if isinstance(entry, str))
    return isinstance(value, str) and value in ids
