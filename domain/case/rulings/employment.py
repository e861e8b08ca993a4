"""The employment services: referral and its answer, DID, patto di servizio, offers of work."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.case import events as e
from domain.case.observe import office_of
from domain.case.rulings import on_record
from domain.case.state import Case
from domain.fact import Recorder
from domain.refused import Refused


def refer(states: e.MemberReferredToEmploymentService, case: Case) -> e.MemberReferredToEmploymentService:
    on_record.member_on(states.member_id, states.referred_on, case)
    _activable(states.member_id, states.referred_on, case)
    if states.destination == "ACCREDITATO":
        dated = states.regional_act_on is not None and states.regional_act_on <= states.referred_on
        if not dated or not states.regional_act_ref:
            raise Refused("NO_REGIONAL_ACT", "no dated regional act in force on the day of the referral")
    return states


def _activable(member_id: UUID, day: date, case: Case) -> None:
    """Obliged or volunteer, and assessed as activable to work (DL 48/2023 art. 4 c. 5)."""
    evaluation = case.evaluation_on(member_id, day)
    if evaluation is None:
        raise Refused("OUT_OF_ORDER", "the obligations of the member were not evaluated")
    if evaluation.event.result == "excluded":
        raise Refused("NOT_OBLIGED", "the member is excluded and has no right to volunteer")
    assessed = [
        f.event
        for f in case.all(e.ActivabilityAssessed)
        if f.event.member_id == member_id and f.event.assessed_on <= day
    ]
    if not assessed:
        raise Refused("OUT_OF_ORDER", "whether the member can be activated to work was not assessed")
    if not max(assessed, key=lambda each: each.assessed_on).activable:
        raise Refused("NOT_ACTIVABLE", "the member was assessed as not activable to work")


def referred_to(by: Recorder, member_id: UUID, case: Case) -> None:
    """An employment service acts for a member referred to it, whom it has not given back."""
    returned = {f.event.referral_id for f in case.all(e.ReferralReturned)}
    mine = [
        f.event
        for f in case.all(e.MemberReferredToEmploymentService)
        if f.event.member_id == member_id and office_of(f.event) == by.agency
    ]
    if not mine:
        raise Refused("NOT_RECORDED", "the member was not referred to this office")
    if mine[-1].referral_id in returned:
        raise Refused("OUT_OF_ORDER", "this office returned the referral of the member")


Answer = e.ReferralAccepted | e.ReferralReturned


def answer(by: Recorder, states: Answer, case: Case) -> Answer:
    """A referral is answered once by the office it goes to; one that was accepted may still be returned."""
    referral = on_record.last(
        e.MemberReferredToEmploymentService, case, "referral", referral_id=states.referral_id
    )
    if office_of(referral) != by.agency:
        raise Refused("ROLE_NOT_ALLOWED", "the referral is to another office")
    if referral.member_id != states.member_id:
        raise Refused("UNKNOWN_MEMBER", "the referral is of another member")
    if any(f.event.referral_id == states.referral_id for f in case.all(e.ReferralReturned)):
        raise Refused("OUT_OF_ORDER", "the referral was returned: the member needs a new one")
    day = states.accepted_on if isinstance(states, e.ReferralAccepted) else states.returned_on
    on_record.not_before("day of the answer", day, referral.referred_on, "the referral")
    return states


def did(by: Recorder, states: e.DidRecorded, case: Case) -> e.DidRecorded:
    on_record.member(states.member_id, case)
    return states


def sign_service_patto(by: Recorder, states: e.ServicePattoSigned, case: Case) -> e.ServicePattoSigned:
    """Signed by who is obliged and activable, or a volunteer; later than D4b it is late, never refused."""
    on_record.member_on(states.member_id, states.signed_on, case)
    referred_to(by, states.member_id, case)
    _activable(states.member_id, states.signed_on, case)
    if not states.contact_frequency.strip():
        raise Refused("PATTO_INCOMPLETE", "contact_frequency: how often the member is seen")
    if not states.actions:
        raise Refused("PATTO_INCOMPLETE", "actions: at least one")
    on_record.unique("actions", (action.action_id for action in states.actions))
    for action in states.actions:
        if action.from_on and action.to_on and action.to_on < action.from_on:
            raise Refused("BAD_VALUE", "actions: one ends before it begins")
    return states


def offer(by: Recorder, states: e.JobOfferRecorded, case: Case) -> e.JobOfferRecorded:
    referred_to(by, states.member_id, case)
    if not 1 <= states.fte_pct <= 100:
        raise Refused("BAD_VALUE", "fte_pct: from 1 to 100")
    for name in ("distance_km", "public_transport_min", "duration_months"):
        if (value := getattr(states, name)) is not None and value < 0:
            raise Refused("BAD_VALUE", f"{name}: not below zero")
    return states
