"""What stays hidden even where a cell shows it, and what is read in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.case.events import (
    CommitmentMissed,
    DecurtazioneOrdered,
    EquipeFormed,
    HouseholdCompositionRecorded,
    HouseholdConvoked,
    JustifiedReasonDecided,
    JustifiedReasonSubmitted,
    MemberConditionRecorded,
    ObligationEvaluated,
    OperatorAssigned,
    OperatorUnassigned,
    PattoDrafted,
    PreliminaryAnalysisCompleted,
)
from domain.case.parts import Component, Contact
from domain.case.state import Case
from domain.contract import Json
from domain.disclosure import seats
from domain.disclosure.grounds import assignments, own_measure_of, own_operator, rows_where
from domain.fact import Fact, kind

HEALTH_SERVICE = "servizio sanitario"
"""What other seats read in place of a health service: its very name would tell (SerD, CSM …)."""

OTHER_SERVICE = "altro servizio"
"""What is read in place of a recorder whose very code would tell what was recorded."""

Mask = tuple[str, Json | None]
"""A path (of a value, or of all below it) and what is shown in its place; None for nothing."""

SECRET_CONDITIONS = frozenset(
    {
        "DISABILITY_L68",
        "ONCOLOGICAL",
        "GENDER_VIOLENCE_PATH",
        "PARENTAL_RESPONSIBILITY_LOST",
        "DIRECT_PENSION",
        "CARE_LOAD_DISABLED_MEMBER",
    }
)
"""Conditions that stay with the servizio sociale; the CPI learns of a disability for targeted placement."""

REASONS_FOR_CPI = frozenset({"EMPLOYED", "REGULAR_STUDY", "DISABILITY_L68", "AGE_60_PLUS", "NONE"})

KNOWS_BIRTH_DATES = frozenset({"ats", "comune", "inps", "person", "cpi", "accreditato", "ust", "asl"})

SAID_TO_ALL = frozenset({"PSP", "PAIS_SOCIAL", "EM"})
"""Outcomes of the analysis that do not speak of health."""


def withheld(fact: Fact[Any], case: Case, recipient: str) -> bool:
    """Facts that only the named case manager knows: a protection path, an operator of its service."""
    event = fact.event
    if isinstance(event, MemberConditionRecorded):
        return _could_be(event.condition_code, "GENDER_VIOLENCE_PATH")
    if isinstance(event, OperatorAssigned | OperatorUnassigned):
        given = assignments(fact, case)
        hidden = any(seats.of_anti_violence(assignment.agency, assignment.unit) for assignment in given)
        return hidden and not own_operator(fact, case, recipient)
    return False


def masks(fact: Fact[Any], case: Case, recipient: str) -> Iterator[Mask]:
    event, actor = fact.event, kind(recipient)
    match event:
        case HouseholdCompositionRecorded():
            yield from _household_masks(event, _protected(case), actor)
        case HouseholdConvoked() if set(event.member_ids) & _protected(case):
            yield from (("contact_used", None), ("place", None))
        case MemberConditionRecorded() if event.condition_code in SECRET_CONDITIONS:
            if not (actor == "cpi" and event.condition_code == "DISABILITY_L68"):
                yield from (("condition_code", None), ("value", None))
            yield from (("certified_by", None), ("evidence_ref", None))
        case ObligationEvaluated() if actor != "person":
            yield "reason_codes", _reasons(event) if actor == "cpi" else None
        case JustifiedReasonSubmitted() if event.health_content_sealed and actor != "person":
            yield from (("category", None), ("evidence_ref", None))
        case JustifiedReasonDecided() if actor != "person" and _held_health(event, case):
            yield "motivation", None
        case PreliminaryAnalysisCompleted() if actor == "ats":
            health = rows_where(event.outcomes, lambda found: found.outcome not in SAID_TO_ALL)
            yield from ((f"outcomes[{index}]", None) for index in health)
        case PattoDrafted() if actor not in ("asl", "person"):
            health = rows_where(event.commitments, lambda line: _could_be(line.area, "HEALTH"))
            yield from ((f"commitments[{index}]", None) for index in health)
        case OperatorAssigned():
            yield from _operator_masks(event, recipient)
        case EquipeFormed():
            yield from _team_masks(event, recipient)
        case DecurtazioneOrdered() if actor not in ("inps", "person") and not own_measure_of(fact, recipient):
            yield "amount", None
        case CommitmentMissed() if not (
            actor == "person" or (actor == "cpi" and seats.is_seat(recipient, event.reporter))
        ):
            yield "facts", None
        case _:
            return


def _could_be(code: object, secret: str) -> bool:
    """A code that was erased could be any."""
    return code == secret or not isinstance(code, str)


def _protected(case: Case) -> frozenset[UUID]:
    """Members in a protection path at any time; also who might be, where an erasure left it unreadable."""
    said = [fact.event for fact in case.all(MemberConditionRecorded)]
    return frozenset(
        c.member_id
        for c in said
        if _could_be(c.condition_code, "GENDER_VIOLENCE_PATH") and c.value is not False
    )


def _household_masks(
    event: HouseholdCompositionRecorded, protected: frozenset[UUID], actor: str
) -> Iterator[Mask]:
    hers = [contact for m in event.members if m.member_id in protected for contact in m.contacts]
    shared = {_plain(contact.value) for contact in hers}
    hidden = any(m.member_id in protected for m in event.members)
    for index, member in enumerate(event.members):
        path = f"members[{index}]"
        if actor not in KNOWS_BIRTH_DATES:
            yield f"{path}.birth_date", None
        if member.member_id in protected:
            yield f"{path}.contacts", None
        if hidden:
            # The others live where she lives, or write it otherwise: theirs would give hers away.
            yield f"{path}.residence_address", None
        for at, contact in enumerate(member.contacts):
            if contact.safe is not True or (hidden and _leads_home(contact, shared)):
                yield f"{path}.contacts[{at}]", None


def _leads_home(contact: Contact, shared: set[str]) -> bool:
    return contact.channel == "POSTA" or _plain(contact.value) in shared


def _plain(value: object) -> str:
    return "".join(letter for letter in str(value).casefold() if letter.isalnum())


def _reasons(event: ObligationEvaluated) -> list[str]:
    codes: object = event.reason_codes
    return [code for code in codes if code in REASONS_FOR_CPI] if isinstance(codes, tuple) else []


def _held_health(event: JustifiedReasonDecided, case: Case) -> bool:
    return any(
        fact.event.infraction_ref == event.infraction_ref and fact.event.health_content_sealed
        for fact in case.all(JustifiedReasonSubmitted)
    )


def _operator_masks(event: OperatorAssigned, recipient: str) -> Iterator[Mask]:
    instead = None if seats.of_anti_violence(event.agency, event.unit) else HEALTH_SERVICE
    own_unit = kind(recipient) == "asl" and seats.is_seat(recipient, event.agency, event.unit)
    if instead is None or (seats.of_health(event.agency, event.unit) and not own_unit):
        yield from (("agency", instead), ("unit", instead))


def _team_masks(event: EquipeFormed, recipient: str) -> Iterator[Mask]:
    for index, component in enumerate(event.components):
        path = f"components[{index}]"
        own_unit = kind(recipient) == "asl" and seats.is_seat(recipient, component.agency, component.unit)
        if seats.of_anti_violence(component.agency, component.unit, component.function):
            yield path, None
        elif _specialist(component) and recipient != "person" and not own_unit:
            for name in ("name", "surname", "function", "agency"):
                yield f"{path}.{name}", HEALTH_SERVICE
            yield f"{path}.unit", None
    for index in range(len(event.missing_roles)):
        # Free text stays in the case file: a reason can be an illness.
        yield f"missing_roles[{index}].reason", None


def _specialist(component: Component) -> bool:
    return component.role == "SPECIALIST" or seats.of_health(
        component.agency, component.unit, component.function
    )
