"""The services that have a member or the case in charge: employment services, units of the ASL, operators."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import seats
from domain.case import events as e
from domain.case.observe import office_of
from domain.case.state import Case
from domain.disclosure import lines, links
from domain.disclosure.grounds.household import of_members
from domain.disclosure.rows import EVERYTHING, Rows, Test, when
from domain.fact import Fact, kind

CHANGES_FOR_OFFICES = frozenset({"AGE_60", "DEATH", "LEFT", "RESIDENCE"})
"""Changes of the household that end or move what an employment service does for a member."""


def own_operator(fact: Fact[Any], case: Case, recipient: str) -> bool:
    given = assignments(fact, case)
    return any(seats.is_seat(recipient, assignment.agency, assignment.unit) for assignment in given)


def assignments(
    fact: Fact[e.OperatorAssigned | e.OperatorUnassigned], case: Case
) -> list[e.OperatorAssigned]:
    own = fact.event.assignment_id
    return [given.event for given in case.all(e.OperatorAssigned) if given.event.assignment_id == own]


def _of(fact: Fact[Any], members: frozenset[UUID]) -> Rows | None:
    """A fact on one of these members; of a household only these."""
    if isinstance(fact.event, e.HouseholdCompositionRecorded):
        return of_members(fact, members)
    return EVERYTHING if fact.event.member_id in members else None


def _referred_member(fact: Fact[Any], case: Case, recipient: str) -> Rows | None:
    """The member is in the charge of this office; a referral and its answer are told where it goes to."""
    event = fact.event
    if isinstance(event, e.MemberReferredToEmploymentService):
        return EVERYTHING if office_of(event) == recipient else None
    if isinstance(event, e.ReferralAccepted | e.ReferralReturned):
        return EVERYTHING if _goes_to(case, event.referral_id, recipient) else None
    return _of(fact, links.referred(case, recipient))


def _goes_to(case: Case, referral_id: UUID, recipient: str) -> bool:
    return any(
        sent.event.referral_id == referral_id and office_of(sent.event) == recipient
        for sent in case.all(e.MemberReferredToEmploymentService)
    )


def _employment_condition(fact: Fact[e.MemberConditionRecorded], case: Case, recipient: str) -> Rows | None:
    known = {"EMPLOYED", "REGULAR_STUDY"} | ({"DISABILITY_L68"} if kind(recipient) == "cpi" else set())
    if fact.event.condition_code not in known:
        return None
    return _of(fact, links.referred(case, recipient))


def _in_charge(fact: Fact[Any], case: Case, recipient: str) -> bool:
    return fact.event.member_id in links.referred(case, recipient)


def _referred_term(fact: Fact[e.TermLapsed], case: Case, recipient: str) -> bool:
    """Terms of an employment service: D4a and D4b of a referral to it, D3 of a member in its charge."""
    event = fact.event
    if event.term_id == "D3":
        return _in_charge(fact, case, recipient)
    started = case.facts.get(event.started_by_event_id)
    return (
        event.term_id in ("D4a", "D4b")
        and started is not None
        and isinstance(started.event, e.MemberReferredToEmploymentService)
        and office_of(started.event) == recipient
        and started.event.member_id in links.referred(case, recipient)
    )


def _assigned_member(fact: Fact[Any], case: Case, recipient: str) -> Rows | None:
    """Members assigned to a PUC of this holder, or to whom this body gives a support now."""
    helped = {support.member_id for support in links.provided(case, recipient)} - {None}
    members = frozenset(member_id for member_id in helped if member_id)
    return _of(fact, members | lines.puc_members(case, recipient))


GROUNDS: dict[str, Test] = {
    "own_operator": when(own_operator),
    "own_assignment": when(lambda fact, case, r: bool(links.assignments(case, r))),
    "referred_member": _referred_member,
    "any_referred": when(lambda fact, case, r: bool(links.referred(case, r) - links.gone(case))),
    "activable_member": when(
        lambda fact, case, r: fact.event.activable is True and _in_charge(fact, case, r)
    ),
    "labour_path": when(
        lambda fact, case, r: fact.event.path_type == "LAVORATIVO" and _in_charge(fact, case, r)
    ),
    "referred_change": when(
        lambda fact, case, r: fact.event.change_type in CHANGES_FOR_OFFICES and _in_charge(fact, case, r)
    ),
    "referred_term": when(_referred_term),
    "employment_condition": _employment_condition,
    "own_condition": when(lambda fact, case, r: seats.recorded_by(fact, r)),
    "in_care": lambda fact, case, r: _of(fact, links.in_care(case, r)),
    # Never another unit of the ASL, nor the ASL as a whole.
    "referred_unit": when(lambda fact, case, r: fact.event.unit == r),
    "assigned_member": _assigned_member,
    "end_of_charge": when(lambda fact, case, r: bool(links.before_closure(case, r))),
}
