"""The schooling of the minors: asked, answered, documented (DL 48/2023 art. 2 c. 3-bis; D.Lgs. 297/1994)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain.case import events as e
from domain.case import observe
from domain.case.commands import Law
from domain.case.rulings import on_record
from domain.case.rulings.household import of_residence
from domain.case.state import Case
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules.rule_set import load
from domain.rules.sanctions import STATUTE


def ask(by: Recorder, states: e.SchoolVerificationRequested, case: Case) -> e.SchoolVerificationRequested:
    """The Comune asks of its residents; the request names neither the ADI nor the case."""
    of_residence(by, case)
    if not states.minors:
        raise Refused("BAD_VALUE", "minors: at least one")
    on_record.unique("minors", (pupil.minor_member_id for pupil in states.minors))
    for pupil in states.minors:
        member = on_record.member_on(pupil.minor_member_id, states.requested_on, case)
        if observe.is_adult(member, states.requested_on):
            raise Refused("BAD_VALUE", "minors: one of them is of age")
    on_record.not_before("answer_by", states.answer_by, states.requested_on, "requested_on")
    return states


def verify(by: Recorder, states: e.SchoolingVerified, case: Case) -> e.SchoolingVerified:
    """The answer to a request, or documents received after they were asked for."""
    if by.kind == "ust" and states.source == "DOCUMENTS":
        raise Refused("ROLE_NOT_ALLOWED", "documents are received by the servizio sociale or the Comune")
    on_record.member(states.minor_member_id, case)
    asked = [
        f.event
        for f in case.all(e.SchoolVerificationRequested)
        if f.event.verification_id == states.verification_id
    ]
    if states.verification_id is not None:
        if not asked:
            raise Refused("NOT_RECORDED", "verification_id: there is no such request")
        if states.minor_member_id not in {pupil.minor_member_id for pupil in asked[-1].minors}:
            raise Refused("UNKNOWN_MEMBER", "the request did not ask of this minor")
    elif by.kind == "ust" or not _documents_asked(states.minor_member_id, case):
        # The school answers requests; it is not told whether the household was asked for documents.
        raise Refused("OUT_OF_ORDER", "nothing was asked of the schooling of this minor")
    if by.kind == "comune":
        of_residence(by, case)
    return states


def _documents_asked(minor_id: UUID, case: Case) -> bool:
    return any(f.event.minor_member_id == minor_id for f in case.all(e.SchoolingDocumentsRequested))


def ask_documents(
    states: e.SchoolingDocumentsRequested, law: Law, case: Case
) -> e.SchoolingDocumentsRequested:
    """The letter gives the household D18 at least: ten days, unless the Ambito reads the decree otherwise."""
    on_record.member(states.asked_member_id, case)
    outcomes = [
        f.event.outcome
        for f in case.all(e.SchoolingVerified)
        if f.event.minor_member_id == states.minor_member_id
    ]
    if not outcomes or outcomes[-1] == "REGOLARE":
        raise Refused("OUT_OF_ORDER", "no verification found the schooling of this minor other than regular")
    rules = load(STATUTE).read_as(law.settings)
    least = states.requested_on + timedelta(days=rules.number("d18_days"))
    on_record.not_before("respond_by", states.respond_by, least, f"the end of the term, {least}")
    on_record.not_before("delivered_on", states.delivered_on, states.requested_on, "requested_on")
    return states


def warn(by: Recorder, states: e.MayorWarningRecorded, case: Case) -> e.MayorWarningRecorded:
    of_residence(by, case)
    minor = on_record.member(states.minor_member_id, case)
    on_record.member(states.responsible_member_id, case)
    if observe.is_adult(minor, states.warned_on):
        raise Refused("BAD_VALUE", "minor_member_id: of age on that day")
    on_record.not_before("comply_by", states.comply_by, states.warned_on, "warned_on")
    return states


def report(states: e.SchoolAttendanceReported, case: Case) -> e.SchoolAttendanceReported:
    on_record.member(states.minor_member_id, case)
    return states
