"""The way to the first meeting: convocation, its delivery, who came and who did not."""

from __future__ import annotations

from datetime import timedelta

from domain.case import observe
from domain.case.events import AppointmentHeld, AppointmentMissed, ConvocationDelivered, HouseholdConvoked
from domain.case.parts import Member
from domain.case.rulings import on_record
from domain.case.state import Case
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules import sanctions
from domain.rules.rule_set import load


def convoke(states: HouseholdConvoked, case: Case) -> HouseholdConvoked:
    if not states.member_ids:
        raise Refused("BAD_VALUE", "member_ids: at least one member")
    members = [on_record.member(member_id, case) for member_id in states.member_ids]
    if states.appointment_at <= states.sent_at:
        raise Refused("BAD_VALUE", "appointment_at: not after sent_at")
    used = {contact.member_id: contact for contact in states.contact_used}
    for member in members:
        contact = used.get(member.member_id)
        if contact is None:
            if states.channel in ("SIISL", "BREVI_MANU"):
                continue
            raise Refused("NOT_RECORDED", "contact_used: a member is convoked without a contact")
        if contact.from_event_id not in case.facts:
            raise Refused("NOT_RECORDED", "contact_used: its source event is not in this case")
        _own_contact(member, contact.value, case)
    return states


def _own_contact(member: Member, value: str, case: Case) -> None:
    """A member in a protection path is convoked only through a contact that is hers alone and safe."""
    if member.member_id not in case.protected:
        return
    others = {
        contact.value
        for other in case.members.values()
        if other.member_id != member.member_id
        for contact in other.contacts
    }
    own = {contact.value for contact in member.contacts if contact.safe}
    if value in others or value not in own:
        raise Refused(
            "CONTACT_OF_ANOTHER_MEMBER", "a member in a protection path needs a safe contact of her own"
        )


def deliver(states: ConvocationDelivered, case: Case) -> ConvocationDelivered:
    convocation = on_record.convocation(states.convocation_id, case)
    if states.member_id not in convocation.member_ids:
        raise Refused("UNKNOWN_MEMBER", "the member was not convoked")
    if states.delivered_at < convocation.sent_at:
        raise Refused("BAD_VALUE", "delivered_at: before it was sent")
    return states


SEATS = {"servizio-sociale": "SERVIZIO_SOCIALE", "cpi": "CPI", "accreditato": "SOGGETTO_ACCREDITATO"}


def hold(by: Recorder, states: AppointmentHeld, case: Case) -> AppointmentHeld:
    if SEATS[by.kind] != states.seat:
        raise Refused("ROLE_NOT_ALLOWED", "an office records its own meetings")
    if not states.attendees:
        raise Refused("BAD_VALUE", "attendees: at least one member")
    for member_id in states.attendees:
        on_record.member(member_id, case)
    if states.kind == "CONVOCATO":
        if states.convocation_id is None:
            raise Refused("NOT_RECORDED", "convocation_id: a meeting on convocation names it")
        on_record.convocation(states.convocation_id, case)
    return states


def miss(by: Recorder, states: AppointmentMissed, case: Case) -> AppointmentMissed:
    convocation = on_record.convocation(states.convocation_id, case)
    if by.kind == "cpi":
        raise Refused("ROLE_NOT_ALLOWED", "the convocation is not of the CPI")
    if states.member_id not in convocation.member_ids:
        raise Refused("UNKNOWN_MEMBER", "the member was not convoked")
    if states.missed_on != observe.appointment_day(convocation):
        raise Refused("BAD_VALUE", "missed_on: not the day of the appointment")
    if observe.attended(case, states.convocation_id, states.member_id):
        raise Refused("OUT_OF_ORDER", "the member came to the appointment")
    delivered = observe.delivered_on(case, states.convocation_id, states.member_id)
    notice = timedelta(days=load(sanctions.STATUTE).number("min_notice_days"))
    if delivered is None or delivered + notice > states.missed_on:
        raise Refused("NO_PROOF_OF_CONVOCATION", "no recapito on record in time before the appointment")
    return states
