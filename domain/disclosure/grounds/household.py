"""The household: where it lives, its pupils, and whose Comune asks of their schooling."""

from __future__ import annotations

from uuid import UUID

from domain import seats
from domain.case import events as e
from domain.case.state import Case
from domain.disclosure import lines, links
from domain.disclosure.rows import EVERYTHING, Rows, Test, listed, only, rows_where, when
from domain.fact import Fact


def of_members(fact: Fact[e.HouseholdCompositionRecorded], opened: frozenset[UUID]) -> Rows | None:
    """Only these members of a household."""
    return only("members", rows_where(fact.event.members, lambda member: member.member_id in opened))


def _pupils(fact: Fact[e.HouseholdCompositionRecorded], case: Case, recipient: str) -> Rows | None:
    pupils, on = lines.pupils(case, recipient) - links.gone(case), fact.event.verified_on
    minors = frozenset(m.member_id for m in listed(fact.event.members) if lines.minor(m, on))
    return of_members(fact, minors & pupils)


def _asked_by(fact: Fact[e.SchoolingVerified], case: Case, recipient: str) -> bool:
    """The answer to a request of this Comune; documents that nobody of it asked for are not."""
    asked = fact.event.verification_id
    return asked is not None and any(
        request.event.verification_id == asked and seats.recorded_by(request, recipient)
        for request in case.all(e.SchoolVerificationRequested)
    )


def _transfer(
    fact: Fact[e.CompetenceTransferred | e.CompetenceAccepted], case: Case, recipient: str
) -> Rows | None:
    """The Comune that gives up the case, and the one that takes it."""
    event: object = fact.event
    if isinstance(event, e.CompetenceAccepted):
        accepted = case.facts.get(event.transfer_event_id)
        event = accepted.event if accepted else None
    if not isinstance(event, e.CompetenceTransferred):
        return None
    party = seats.is_seat(recipient, event.from_agency) or seats.is_seat(recipient, event.to_agency)
    return EVERYTHING if party else None


GROUNDS: dict[str, Test] = {
    "residence": when(lambda fact, case, r: links.resides(case, r)),
    "pupils": _pupils,
    "school_condition": when(
        lambda fact, case, r: seats.recorded_by(fact, r) and fact.event.condition_code == "REGULAR_STUDY"
    ),
    # The request names neither the ADI nor the case: it goes to the office alone and links it to nothing.
    "school_office": when(lambda fact, case, r: r == "ust"),
    "own_verification": when(_asked_by),
    "transfer_party": _transfer,
}
