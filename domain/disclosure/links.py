"""What links a recipient to a case: a residence, a referral, a care, a seat, a line, a support, a PUC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from domain import seats
from domain.case import events as e
from domain.case.observe import office_of
from domain.case.parts import Component
from domain.case.state import Case
from domain.disclosure import lines
from domain.disclosure.rows import listed
from domain.fact import Fact, kind

Ground = tuple[object, ...]

CHANGES_GROUNDS = (
    e.CompetenceAccepted,
    e.OperatorAssigned,
    e.HouseholdCompositionRecorded,
    e.HouseholdMemberChanged,
    e.MemberReferredToEmploymentService,
    e.MemberReferredToSpecialistService,
    e.SpecialistReferralAnswered,
    e.EquipeFormed,
    e.EquipeChanged,
    e.PattoSigned,
    e.PattoRevised,
    e.SupportActivated,
    e.PucAssigned,
)
"""Events that can give a recipient a ground; a referral to the Ambito gives the Comune its own at once."""


def grounds(case: Case, recipient: str) -> frozenset[Ground]:
    """All that links a recipient to a case now; empty once the case is closed."""
    if case.referral is None or case.closed_on is not None:
        return frozenset()
    found: set[Ground] = {("residence",)} if resides(case, recipient) else set()
    found |= {("assignment", assignment_id) for assignment_id in assignments(case, recipient)}
    found |= {("referral", member_id) for member_id in referred(case, recipient)}
    found |= {("specialist", referral_id) for referral_id in sent_to(case, recipient)}
    found |= {("care", member_id) for member_id in in_care(case, recipient)}
    if case.team is not None and seated(case, recipient):
        found.add(("team", case.team.team_id))
    found |= {("line", *patto) for patto in lines.linking(case, recipient)}
    found |= {("pupil", member_id) for member_id in lines.pupils(case, recipient) - gone(case)}
    found |= {("puc", member_id) for member_id in lines.puc_members(case, recipient)}
    found |= {("support", support.support_id) for support in provided(case, recipient)}
    return frozenset(found)


# --- residence and household -------------------------------------------------------------------------------


def resides(case: Case, recipient: str) -> bool:
    """Whether the household lives in this Comune: that of the referral, or one that took it over since."""
    if case.referral is None or kind(recipient) != "comune":
        return False
    moved = [transfer.to_agency for transfer in _accepted(case) if transfer.reason == "RESIDENCE_CHANGED"]
    return recipient == (moved[-1] if moved else f"comune-{case.referral.residence_comune}")


def _accepted(case: Case) -> Iterable[e.CompetenceTransferred]:
    """The transfers of competence that were accepted, in the order in which they were."""
    for acceptance in case.all(e.CompetenceAccepted):
        fact = case.facts.get(acceptance.event.transfer_event_id)
        if fact is not None and isinstance(fact.event, e.CompetenceTransferred):
            yield fact.event


def gone(case: Case) -> frozenset[UUID]:
    """Who was of the household and is no longer, as soon as it is on record: whatever the day of it."""
    return frozenset(case.members) - frozenset(case.members_on(date.max))


# --- the services ------------------------------------------------------------------------------------------


def assignments(case: Case, recipient: str) -> frozenset[UUID]:
    """The open assignments of operators of this agency, or of this unit."""
    return frozenset(
        assignment_id
        for assignment_id, given in case.assignments.items()
        if seats.is_seat(recipient, given.agency, given.unit)
    )


def referred(case: Case, office: str) -> frozenset[UUID]:
    """The members in the charge of an employment service: the last referral to it was not given back."""
    returned = _returned(case)
    last = {sent.event.member_id: sent.event.referral_id for sent in _referrals(case, office)}
    return frozenset(member_id for member_id, referral_id in last.items() if referral_id not in returned)


def referred_since(case: Case, office: str, version: int) -> frozenset[UUID]:
    """The members whom an office had in charge at a version of the case, or has had at any time since."""
    returned = _returned(case)
    return frozenset(
        sent.event.member_id
        for sent in _referrals(case, office)
        if returned.get(sent.event.referral_id, version + 1) > version
    )


def _referrals(case: Case, office: str) -> list[Fact[e.MemberReferredToEmploymentService]]:
    sent = case.all(e.MemberReferredToEmploymentService)
    return [fact for fact in sent if office_of(fact.event) == office]


def _returned(case: Case) -> dict[UUID, int]:
    """The referrals that were given back, and the version of the case at which they were."""
    return {fact.event.referral_id: fact.version for fact in case.all(e.ReferralReturned)}


def in_care(case: Case, unit: str) -> frozenset[UUID]:
    """The members whom this unit of the ASL has taken: the last it answered on a referral of each."""
    sent = _sent(case, unit)
    last = {
        sent[fact.event.referral_id]: fact.event.answer
        for fact in case.all(e.SpecialistReferralAnswered)
        if fact.event.referral_id in sent
    }
    return frozenset(member_id for member_id, answer in last.items() if answer == "TAKEN")


def sent_to(case: Case, unit: str) -> frozenset[UUID]:
    """The referrals to this unit of the ASL that it has not refused."""
    answers = {fact.event.referral_id: fact.event.answer for fact in case.all(e.SpecialistReferralAnswered)}
    return frozenset(referral for referral in _sent(case, unit) if answers.get(referral) != "REFUSED")


def _sent(case: Case, unit: str) -> dict[UUID, UUID]:
    """The referrals to this unit, no other unit of the ASL, with the member of each."""
    sent = case.all(e.MemberReferredToSpecialistService)
    return {fact.event.referral_id: fact.event.member_id for fact in sent if fact.event.unit == unit}


def provided(case: Case, recipient: str) -> list[e.SupportActivated]:
    """The supports that this agency or unit gives, up to their end."""
    ended = {fact.event.support_id for fact in case.all(e.SupportEnded)}
    return [
        fact.event
        for fact in case.all(e.SupportActivated)
        if fact.event.support_id not in ended and seats.is_seat(recipient, fact.event.provider)
    ]


# --- the équipe --------------------------------------------------------------------------------------------


def seated(case: Case, recipient: str) -> bool:
    """Whether a person of this agency or unit sits in the équipe as it is now."""
    return case.team is not None and sits(case.team.components, recipient)


def sits(components: tuple[Component, ...], recipient: str) -> bool:
    return any(seats.is_seat(recipient, each.agency, each.unit) for each in listed(components))


def before_closure(case: Case, recipient: str) -> frozenset[Ground]:
    """What linked a recipient to a case that is closed."""
    return grounds(case.before_its_end(), recipient)
