"""A commitment of the patto missed, and the reasons given for any infraction."""

from __future__ import annotations

from domain.case import observe
from domain.case.events import (
    CommitmentMissed,
    JustifiedReasonDecided,
    JustifiedReasonRequested,
    JustifiedReasonSubmitted,
)
from domain.case.rulings import on_record
from domain.case.state import Case
from domain.contract import slot_of
from domain.fact import Recorder, kind
from domain.refused import Refused


def miss_commitment(by: Recorder, states: CommitmentMissed, case: Case) -> CommitmentMissed:
    ascertains = by.kind in ("servizio-sociale", "cpi")
    if not ascertains and (
        states.ascertained_by or states.ascertained_on or kind(states.reporter) != by.kind
    ):
        raise Refused("ROLE_NOT_ALLOWED", "this agency reports what it saw, it does not ascertain")
    if (states.ascertained_by is None) != (states.ascertained_on is None):
        raise Refused("BAD_VALUE", "ascertained_on: goes with ascertained_by")
    earlier = case.said.get(slot_of(states))
    if isinstance(earlier, CommitmentMissed) and (earlier.ascertained_on or not states.ascertained_on):
        raise Refused("ALREADY_RECORDED", "this absence says otherwise on record")
    line = observe.commitment_on(case, states.commitment_id, states.missed_on)
    in_force = case.patto_on(states.missed_on)
    if line is None or in_force is None or in_force[0].patto_id != states.patto_id:
        raise Refused("NOT_IN_PATTO", "the commitment is not in the patto in force on that day")
    if not line.conditional or line.obliged_member_id != states.member_id or line.area != states.area:
        raise Refused("NOT_IN_PATTO", "the commitment is not a conditional one of this member and area")
    evaluation = case.evaluation_on(states.member_id, states.missed_on)
    if evaluation is None or evaluation.event.result != "obliged":
        raise Refused("NOT_OBLIGED", "no evaluation on record has the member obliged on that day")
    if line.depends_on_support_id is not None:
        raise Refused("SUPPORT_NOT_ACTIVE", "the support that the commitment depends on is not active")
    return states


ReasonEvent = JustifiedReasonRequested | JustifiedReasonSubmitted | JustifiedReasonDecided


def justify(by: Recorder, states: ReasonEvent, case: Case) -> ReasonEvent:
    infraction = on_record.infraction(states.infraction_ref, case)
    if infraction.member_id != states.member_id:
        raise Refused("UNKNOWN_MEMBER", "the infraction is of another member")
    if by.kind == "cpi":
        raise Refused("ROLE_NOT_ALLOWED", "the infraction rests on no convocation or patto of the CPI")
    if isinstance(states, JustifiedReasonRequested) and states.respond_by < states.asked_on:
        raise Refused("BAD_VALUE", "respond_by: before it was asked")
    if isinstance(states, JustifiedReasonDecided) and not any(
        f.event.infraction_ref == states.infraction_ref for f in case.all(JustifiedReasonSubmitted)
    ):
        raise Refused("OUT_OF_ORDER", "no reason was submitted")
    return states
