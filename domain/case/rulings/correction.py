"""What may be corrected of the record, and by whom."""

from __future__ import annotations

from dataclasses import fields, replace
from uuid import UUID

from domain.case.events import (
    CaseEvent,
    CaseReferred,
    EventCorrected,
    OperatorAssigned,
    PadSigned,
    PattoDrafted,
    PattoRevised,
    PattoSigned,
    PersonalDataErased,
    TermLapsed,
)
from domain.case.rulings import benefit, household
from domain.case.state import Case
from domain.contract import BadValue, amend, contract_of, encode, personal_fields
from domain.fact import Fact, Recorder
from domain.refused import Refused

NEVER = (EventCorrected, PersonalDataErased)
"""What cannot be corrected: a correction is followed by another one, and what was erased is gone."""

FIXED: dict[type, frozenset[str]] = {
    CaseReferred: frozenset({"household_id", "benefit"}),
    OperatorAssigned: frozenset({"person_id", "agency", "unit"}),
    TermLapsed: frozenset({"due_on", "duty_bearer"}),
}
"""Fields that say whose case it is, who may act on it and whose a delay was: ended or voided, stated anew."""


def correct(by: Recorder, states: EventCorrected, case: Case) -> EventCorrected:
    """A correction adds, it never deletes; it is not refused because a measure rests on what it corrects."""
    fact = case.facts.get(states.corrects_event_id)
    if fact is None:
        raise Refused("NOT_RECORDED", "corrects_event_id: no such fact stands in this case")
    if isinstance(fact.event, NEVER) or (isinstance(fact.event, CaseReferred) and states.voids):
        raise Refused("BAD_VALUE", "corrects_event_id: a correction or the referral itself cannot be undone")
    if fact.recorder.seat != by.seat and (fact.recorder.kind, by.kind) != ("system", "servizio-sociale"):
        # The clock corrects nothing: what it wrote is put right by who has the case in charge.
        raise Refused("ROLE_NOT_ALLOWED", "who recorded a fact corrects it")
    if fact.event_id in case.infractions and states.second_person_id in (None, by.person):
        raise Refused("SECOND_PERSON_REQUIRED", "a second person confirms the correction of an infraction")
    if states.voids:
        _nothing_signed_on(fact.event, case)
    corrected = _checked(states, fact)
    return replace(
        states,
        # As the register writes it: a member's id in capitals would be sealed under a key of its own.
        new_value={name: encode(getattr(corrected, name)) for name in states.new_value},
        member_id=_whose(states, fact.event),
        affects=_affected(states.corrects_event_id, case),
    )


def _whose(states: EventCorrected, event: CaseEvent) -> UUID | None:
    """Under whose key the new values are sealed: what is plain in the fact outlives an erasure of the person.

    Else a day corrected once could not be read any more, nor any term that rests on it.
    """
    personal = personal_fields(contract_of(event).type) & states.new_value.keys()
    if personal and personal != states.new_value.keys():
        raise Refused("BAD_VALUE", "new_value: what is personal is corrected apart from what is not")
    return about(event) if personal or states.voids else None


def about(event: CaseEvent) -> UUID | None:
    """The member whom a fact speaks of; that of a PAD is who signed it."""
    return event.signatory_member_id if isinstance(event, PadSigned) else getattr(event, "member_id", None)


def _nothing_signed_on(event: CaseEvent, case: Case) -> None:
    """What was signed on a fact is voided first: a signature on its draft, a revision on what it revises."""
    signed = {(patto.patto_id, patto.version) for patto in case.pattos}
    if isinstance(event, PattoDrafted) and (event.patto_id, event.version) in signed:
        raise Refused("OUT_OF_ORDER", "the signature under a draft is voided before the draft")
    revised = {(f.event.patto_id, f.event.from_version) for f in case.all(PattoRevised)}
    version = event.version if isinstance(event, PattoSigned) else getattr(event, "to_version", None)
    if isinstance(event, PattoSigned | PattoRevised) and (event.patto_id, version) in revised:
        raise Refused("OUT_OF_ORDER", "the revision of a patto is voided before the patto that it revises")


def _checked(states: EventCorrected, fact: Fact[CaseEvent]) -> CaseEvent:
    """The fact as corrected."""
    if type(states.new_value) is not dict or bool(states.new_value) == states.voids:
        raise Refused("BAD_VALUE", "new_value: the corrected fields; empty if, and only if, voids is true")
    contract = contract_of(fact.event)
    known = {each.name for each in fields(contract.type)}
    fixed = known - {*contract.stated} | {*contract.slot} | FIXED.get(contract.type, frozenset())
    for name in states.new_value:
        if name not in known:
            # Its name is the client's own text: not repeated.
            raise Refused("BAD_VALUE", "new_value: names a field that this fact does not have")
        if name in fixed:
            raise Refused("BAD_VALUE", f"new_value.{name}: not a field that can be corrected")
    try:
        corrected = amend(fact.event, states.new_value)
    except BadValue as bad:
        raise Refused("BAD_VALUE", f"new_value.{bad.where}: {bad.because}") from None
    household.sound(corrected)
    benefit.sound(corrected)
    return corrected


def _affected(event_id: UUID, case: Case) -> tuple[UUID, ...]:
    """The measures that rest on a fact: by its infraction, or by the evidence they were decided on."""
    return tuple(
        measure.measure_id
        for measure in case.measures.values()
        if event_id in (*measure.infraction_refs, *(measure.evidence_event_ids or ()))
    )
