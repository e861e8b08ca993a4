"""The specialist services of the ASL: the referral to one unit, its answer, yes or no to an attendance."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.case import events as e
from domain.case.rulings import on_record
from domain.case.state import Case
from domain.contract import contract_of
from domain.fact import Recorder
from domain.refused import Refused

NEEDS = ("HEALTH", "CARE")


def refer(states: e.MemberReferredToSpecialistService, case: Case) -> e.MemberReferredToSpecialistService:
    on_record.member_on(states.member_id, states.referred_on, case)
    if not _needed(states.member_id, case):
        raise Refused("OUT_OF_ORDER", "no analysis on record shows a need of the specialist services")
    return states


def _needed(member_id: UUID, case: Case) -> bool:
    analyses = [f.event for f in case.all(e.PreliminaryAnalysisCompleted)]
    found = any(
        (o.member_id == member_id and o.outcome == "SPECIALIST") for a in analyses for o in a.outcomes
    ) or any(
        n.area in NEEDS and n.level != "NONE" and n.member_id in (member_id, None)
        for a in analyses
        for n in a.needs_by_area
    )
    areas = [area for f in case.all(e.AnalysisFrameworkCompleted) for area in f.event.areas]
    return found or any(area.member_id in (member_id, None) and area.area in NEEDS for area in areas)


def answer(by: Recorder, states: e.SpecialistReferralAnswered, case: Case) -> e.SpecialistReferralAnswered:
    referral = on_record.last(
        e.MemberReferredToSpecialistService, case, "referral", referral_id=states.referral_id
    )
    if referral.unit != by.seat:
        raise Refused("ROLE_NOT_ALLOWED", "the referral is to another unit")
    if referral.member_id != states.member_id:
        raise Refused("UNKNOWN_MEMBER", "the referral is of another member")
    on_record.not_before("from_on", states.from_on, referral.referred_on, "the referral")
    return states


def waits(case: Case, member_id: UUID, day: date, unit: str) -> bool:
    """Whether a unit has the member on its waiting list on a day; of an ASL that names none, any unit."""
    last: dict[UUID, e.SpecialistReferralAnswered] = {}
    units = {f.event.referral_id: f.event.unit for f in case.all(e.MemberReferredToSpecialistService)}
    answers = [fact.event for fact in case.all(e.SpecialistReferralAnswered)]
    for answered in sorted(answers, key=lambda each: each.from_on):
        if answered.member_id == member_id and answered.from_on <= day:
            last[answered.referral_id] = answered
    return any(
        answered.answer == "WAITING_LIST" and (unit == "asl" or units.get(referral_id) == unit)
        for referral_id, answered in last.items()
    )


def confirm(by: Recorder, states: e.HealthAttendanceConfirmed, case: Case) -> e.HealthAttendanceConfirmed:
    """Yes or no, and nothing of what it is about (GDPR art. 9)."""
    on_record.member(states.member_id, case)
    signed = [case.drafts[patto.patto_id, patto.version] for patto in case.pattos]
    lines = [line for draft in reversed(signed) for line in draft.commitments]
    line = next((line for line in lines if line.id == states.commitment_id), None)
    if line is None or line.area != "HEALTH" or line.obliged_member_id != states.member_id:
        raise Refused("NOT_IN_PATTO", f"{contract_of(states).title}: no health commitment of this member")
    if line.evidence_by not in (by.agency, by.seat):
        raise Refused("ROLE_NOT_ALLOWED", "the commitment names another service")
    return states
