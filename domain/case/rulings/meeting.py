"""The way to the meetings: convocation, its delivery, who came and who did not, the 90-day updates."""

from __future__ import annotations

from datetime import timedelta

from domain.case import events as e
from domain.case import observe
from domain.case.commands import Law
from domain.case.parts import Member
from domain.case.rulings import on_record
from domain.case.rulings.employment import referred_to
from domain.case.state import Case
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules.calendar import legal_day


def convoke(by: Recorder, states: e.HouseholdConvoked, case: Case) -> e.HouseholdConvoked:
    if not states.member_ids:
        raise Refused("BAD_VALUE", "member_ids: at least one member")
    sent_on = legal_day(states.sent_at)
    members = [on_record.member_on(member_id, sent_on, case) for member_id in states.member_ids]
    if states.appointment_at <= states.sent_at:
        raise Refused("BAD_VALUE", "appointment_at: not after sent_at")
    for member in members:
        used = [contact for contact in states.contact_used if contact.member_id == member.member_id]
        if not used and states.channel not in ("SIISL", "BREVI_MANU"):
            raise Refused("NOT_RECORDED", "contact_used: a member is convoked without a contact")
        for contact in used:
            if contact.from_event_id not in case.facts:
                raise Refused("NOT_RECORDED", "contact_used: its source event is not in this case")
            _own_contact(by, member, contact.value, case)
    return states


def convoke_member(by: Recorder, states: e.MemberConvokedByCpi, case: Case) -> e.MemberConvokedByCpi:
    """The convocation of an employment service, for a member referred to it."""
    referred_to(by, states.member_id, case)
    if states.appointment_at <= states.sent_at:
        raise Refused("BAD_VALUE", "appointment_at: not after sent_at")
    if states.channel not in ("SIISL", "BREVI_MANU"):
        _own_contact(by, on_record.member(states.member_id, case), states.contact_used, case)
    return states


def _own_contact(by: Recorder, member: Member, value: str, case: Case) -> None:
    """Other offices convoke through a safe contact that is on record as the member's; who is in a protection
    path is convoked, by anybody, only through one that is hers alone.
    """
    hidden = member.member_id in case.protected
    if by.kind == "servizio-sociale" and not hidden:
        return
    own = {contact.value for contact in observe.contacts_of(case, member) if contact.safe}
    if value not in own or (hidden and value in observe.contacts_of_others(case, member.member_id)):
        # Not a word of why, and not to the protected alone: the office that asks may not know of the path.
        raise Refused("CONTACT_OF_ANOTHER_MEMBER", "contact_used: not one that may be used for this member")


def deliver(by: Recorder, states: e.ConvocationDelivered, case: Case) -> e.ConvocationDelivered:
    convocation = on_record.convocation(states.convocation_id, case)
    if states.member_id not in observe.convoked(convocation):
        raise Refused("UNKNOWN_MEMBER", "the member was not convoked")
    if states.delivered_at < convocation.sent_at:
        raise Refused("BAD_VALUE", "delivered_at: before it was sent")
    if by.kind in ("cpi", "accreditato"):
        _own_convocation(by, states.convocation_id, case)
    return states


def _own_convocation(by: Recorder, convocation_id: object, case: Case) -> None:
    """An employment service speaks of its own convocations only."""
    own = [f for f in case.all(e.MemberConvokedByCpi) if f.event.convocation_id == convocation_id]
    if not own or own[-1].recorder.seat != by.seat:
        raise Refused("ROLE_NOT_ALLOWED", "the convocation is of another office")


SEATS = {"servizio-sociale": "SERVIZIO_SOCIALE", "cpi": "CPI", "accreditato": "SOGGETTO_ACCREDITATO"}


def hold(by: Recorder, states: e.AppointmentHeld, case: Case) -> e.AppointmentHeld:
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


def miss(by: Recorder, states: e.AppointmentMissed, law: Law, case: Case) -> e.AppointmentMissed:
    convocation = on_record.convocation(states.convocation_id, case)
    if states.member_id not in observe.convoked(convocation):
        raise Refused("UNKNOWN_MEMBER", "the member was not convoked")
    if isinstance(convocation, e.MemberConvokedByCpi) != (by.kind == "cpi"):
        raise Refused("ROLE_NOT_ALLOWED", "each agency records the absences from its own appointments")
    if by.kind == "cpi":
        _own_convocation(by, states.convocation_id, case)
    if states.missed_on != observe.appointment_day(convocation):
        raise Refused("BAD_VALUE", "missed_on: not the day of the appointment")
    if observe.attended(case, states.convocation_id, states.member_id):
        raise Refused("OUT_OF_ORDER", "the member came to the appointment")
    on_record.not_before("ascertained_on", states.ascertained_on, states.missed_on, "missed_on")
    delivered = observe.delivered_on(case, states.convocation_id, states.member_id)
    notice = timedelta(days=observe.notice_days(case, states.missed_on, law))
    if delivered is None or delivered + notice > states.missed_on:
        raise Refused("NO_PROOF_OF_CONVOCATION", "no recapito on record in time before the appointment")
    return states


def update(by: Recorder, states: e.PeriodicUpdateHeld, case: Case) -> e.PeriodicUpdateHeld:
    """The update of every 90 days, where the path has begun (DM 154/2023 art. 9 c. 2)."""
    seat = SEATS.get(by.kind, "PATRONATO")
    if states.seat != seat:
        raise Refused("ROLE_NOT_ALLOWED", "an office records its own meetings; INPS those of a patronato")
    on_record.member_on(states.member_id, states.held_on, case)
    if not case.all(e.AppointmentHeld):
        raise Refused("OUT_OF_ORDER", "the household was not met yet")
    if by.kind in ("cpi", "accreditato"):
        referred_to(by, states.member_id, case)
    return states


def register(states: e.GepiRegistrationRecorded, case: Case) -> e.GepiRegistrationRecorded:
    """A meeting, an update or a patto registered in GePI."""
    fact = case.facts.get(states.subject_event_id)
    if fact is None:
        raise Refused("NOT_RECORDED", "subject_event_id: no such fact stands in this case")
    if not isinstance(fact.event, e.AppointmentHeld | e.PeriodicUpdateHeld | e.PattoSigned | e.PattoRevised):
        raise Refused("BAD_VALUE", "subject_event_id: neither a meeting, an update nor a patto")
    return states
