"""What may be recorded of a case: one rule per act, in the order of the events.

The rules stand in :mod:`domain.case.rulings`, a file for each part of the life of a case; here is what
holds of every act: who may record it, on which case, and whether it was said before.

No clock, no ids, no I/O: an act that lost a race is decided again. An act that says what is already on
record decides nothing.
"""

from __future__ import annotations

from typing import assert_never

from domain.case.commands import Act, Law
from domain.case.events import (
    AppointmentHeld,
    AppointmentMissed,
    CaseClosed,
    CaseEvent,
    CaseReferred,
    CommitmentMissed,
    ConvocationDelivered,
    DecadenzaOrdered,
    DecurtazioneOrdered,
    EquipeFormed,
    EventCorrected,
    HouseholdCompositionRecorded,
    HouseholdConvoked,
    InfractionReportedToInps,
    JustifiedReasonDecided,
    JustifiedReasonRequested,
    JustifiedReasonSubmitted,
    MeasureNotified,
    MemberConditionRecorded,
    MemberReferredToEmploymentService,
    ObligationEvaluated,
    OperatorAssigned,
    OperatorUnassigned,
    PattoDrafted,
    PattoSigned,
    PreliminaryAnalysisCompleted,
    SanctionProposalOpened,
)
from domain.case.rulings import charge, correction, household, infraction, meeting, patto, sanction
from domain.case.state import Case
from domain.contract import contract_of, same_statement, slot_of
from domain.fact import Recorder
from domain.refused import Refused

AGENCIES_WITHOUT_OPERATORS = frozenset({"system", "inps", "comune"})
"""Agencies that no OperatorAssigned can name: what they may record rests on their office alone."""

AFTER_CLOSURE = (DecurtazioneOrdered, DecadenzaOrdered, MeasureNotified, EventCorrected, OperatorUnassigned)
"""What can still be recorded of a closed case: acts of others, corrections, the end of an assignment."""

SAID_AGAIN = (
    MemberConditionRecorded,
    ObligationEvaluated,
    ConvocationDelivered,
    CommitmentMissed,
    JustifiedReasonRequested,
    JustifiedReasonSubmitted,
    EventCorrected,
)
"""Facts of which a later one may say more: a condition that ended, a second recapito, a report proved."""


def decide(act: Act, law: Law, case: Case) -> list[CaseEvent]:
    """The facts to record for an act; none where it repeats what is on record. Raises Refused."""
    by, states = act.by, act.states
    _allowed(by, states)
    earlier = case.said.get(slot_of(states))
    if earlier is not None and _repeats(states, earlier, case):
        return []
    _open(states, case)
    _assigned(by, states, case)
    if earlier is not None and contract_of(states).slot and not isinstance(states, SAID_AGAIN):
        raise Refused("ALREADY_RECORDED", "the record of it says otherwise: a correction changes it")
    return [_decided(by, states, law, case)]


def _repeats(states: CaseEvent, earlier: CaseEvent, case: Case) -> bool:
    if not same_statement(earlier, states):
        return False
    if not isinstance(states, ObligationEvaluated) or not isinstance(earlier, ObligationEvaluated):
        return True
    # What an evaluation read may have changed since: a late condition, a correction, the rules.
    now = household.evaluate(states, case)
    return (now.inputs_hash, now.rule_set_hash) == (earlier.inputs_hash, earlier.rule_set_hash)


def _decided(by: Recorder, states: CaseEvent, law: Law, case: Case) -> CaseEvent:
    match states:
        case CaseReferred():
            return states
        case OperatorAssigned():
            return charge.assign(by, states, case)
        case OperatorUnassigned():
            return charge.unassign(by, states, case)
        case HouseholdCompositionRecorded():
            return household.record(by, states, case)
        case MemberConditionRecorded():
            return household.record_condition(by, states, case)
        case ObligationEvaluated():
            return household.evaluate(states, case)
        case HouseholdConvoked():
            return meeting.convoke(states, case)
        case ConvocationDelivered():
            return meeting.deliver(states, case)
        case AppointmentHeld():
            return meeting.hold(by, states, case)
        case AppointmentMissed():
            return meeting.miss(by, states, case)
        case PreliminaryAnalysisCompleted():
            return patto.analyse(states, case)
        case MemberReferredToEmploymentService():
            return patto.refer(states, case)
        case EquipeFormed():
            return patto.form_equipe(states, case)
        case PattoDrafted():
            return patto.draft(states, case)
        case PattoSigned():
            return patto.sign(states, case)
        case CommitmentMissed():
            return infraction.miss_commitment(by, states, case)
        case JustifiedReasonRequested() | JustifiedReasonSubmitted() | JustifiedReasonDecided():
            return infraction.justify(by, states, case)
        case SanctionProposalOpened():
            return sanction.propose(states, law, case)
        case InfractionReportedToInps():
            return sanction.report(states, case)
        case DecurtazioneOrdered() | DecadenzaOrdered():
            return sanction.order(by, states, law, case)
        case MeasureNotified():
            return sanction.notify(by, states, case)
        case EventCorrected():
            return correction.correct(by, states, case)
        case CaseClosed():
            return states
        case never:
            assert_never(never)


# --- who may act, and on which case --------------------------------------------------------------------


def _allowed(by: Recorder, states: CaseEvent) -> None:
    if by.kind not in contract_of(states).recorders:
        raise Refused("ROLE_NOT_ALLOWED", f"{by.agency} does not record this")


def _open(states: CaseEvent, case: Case) -> None:
    if isinstance(states, CaseReferred):
        if case.referral is not None:
            raise Refused("CASE_ALREADY_OPEN", "this case was referred already")
    elif case.referral is None:
        raise Refused("NOT_RECORDED", "the case was never referred")
    elif case.closed_on is not None and not isinstance(states, AFTER_CLOSURE):
        raise Refused("CASE_CLOSED", f"the case was closed on {case.closed_on}")


def _assigned(by: Recorder, states: CaseEvent, case: Case) -> None:
    if isinstance(states, CaseReferred | OperatorAssigned) or by.kind in AGENCIES_WITHOUT_OPERATORS:
        return
    if not case.assigned(by.person, by.kind):
        raise Refused("NOT_ASSIGNED", "the operator has no open assignment to this case")
