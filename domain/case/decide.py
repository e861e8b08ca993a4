"""What may be recorded of a case: one rule per act, in the order of the events.

The rules stand in :mod:`domain.case.rulings`, a file for each part of the life of a case; here is what
holds of every act: who may record it, on which case, and whether it was said before.

No clock, no ids, no I/O: an act that lost a race is decided again. An act that says what is already on
record decides nothing.
"""

from __future__ import annotations

from datetime import date
from typing import assert_never

from domain.case import events as e
from domain.case.commands import Act, Law
from domain.case.events import CaseEvent
from domain.case.rulings import (
    benefit,
    charge,
    correction,
    employment,
    equipe,
    erasure,
    health,
    household,
    infraction,
    meeting,
    patto,
    sanction,
    school,
    support,
)
from domain.case.state import Case
from domain.contract import contract_of, occurred_on, same_statement
from domain.fact import Recorder
from domain.refused import Refused

AGENCIES_WITHOUT_OPERATORS = frozenset({"system", "inps", "comune"})
"""Agencies that no OperatorAssigned can name: what they may record rests on their office alone."""

AFTER_CLOSURE = (
    e.BenefitRenewed,
    e.BenefitExpired,
    e.BenefitRenounced,
    e.ProceedingNoticeSent,
    e.DecurtazioneOrdered,
    e.SospensioneOrdered,
    e.DecadenzaOrdered,
    e.RevocaOrdered,
    e.MeasureNotified,
    e.SuspensionLifted,
    e.ReviewRequested,
    e.MeasureAnnulled,
    e.EventCorrected,
    e.PersonalDataErased,
    e.OperatorUnassigned,
)
"""What can still be recorded of a closed case: acts of others, corrections, the end of an assignment."""

SAID_AGAIN = (
    e.MemberConditionRecorded,
    e.ContactsUpdated,
    e.ObligationEvaluated,
    e.ConvocationDelivered,
    e.SpecialistReferralAnswered,
    e.EquipeChanged,
    e.EquipeInviteAnswered,
    e.CommitmentMissed,
    e.SchoolingDocumentsRequested,
    e.MayorWarningRecorded,
    e.JustifiedReasonRequested,
    e.JustifiedReasonSubmitted,
    e.FormalReminderIssued,
    e.ProceedingNoticeSent,
    e.EventCorrected,
    e.PersonalDataErased,
)
"""Facts of which a later one may say more: a condition that ended, a second recapito, a report proved."""


UNSEEN = (
    e.HouseholdCompositionRecorded,
    e.ContactsUpdated,
    e.MemberConditionRecorded,
    e.DeclarationCheckRecorded,
    e.InfractionAscertained,
    e.PattoSignatureRefused,
    e.CommitmentMissed,
    e.SchoolingVerified,
)
"""Facts that several agencies record and of which none is shown, or not in full, what the others recorded,
though who tries codes, members, days and addresses would find it.
"""

BREACHES = (e.AppointmentMissed, e.CommitmentMissed, e.PattoSignatureRefused, e.InfractionAscertained)
"""What an office records against a member."""


def decide(act: Act, law: Law, case: Case) -> list[CaseEvent]:
    """The facts to record for an act; none where it repeats what is on record. Raises Refused."""
    by, states = act.by, act.states
    _allowed(by, states)
    _behind(states, act.known_on)
    earlier = _earlier(by, states, case)
    if earlier is not None and _repeats(states, earlier, law, case):
        return []
    _open(states, case)
    _assigned(by, states, case)
    _since_referral(by, states, case)
    if earlier is not None and contract_of(states).slot and not isinstance(states, SAID_AGAIN):
        raise Refused("ALREADY_RECORDED", "the record of it says otherwise: a correction changes it")
    return [_decided(by, states, law, case)]


def _earlier(by: Recorder, states: CaseEvent, case: Case) -> CaseEvent | None:
    """What is on record of the slot of a fact, as far as the answer may tell of it to who states it."""
    reads_all = by.kind in ("servizio-sociale", "system")
    return case.said(states, None if reads_all or not isinstance(states, UNSEEN) else by.seat)


def _repeats(states: CaseEvent, earlier: CaseEvent, law: Law, case: Case) -> bool:
    if not same_statement(earlier, states):
        return False
    if not isinstance(states, e.ObligationEvaluated) or not isinstance(earlier, e.ObligationEvaluated):
        return True
    # What an evaluation read may have changed since: a late condition, a correction, the rules.
    now = household.evaluate(states, law, case)
    return (now.inputs_hash, now.rule_set_hash) == (earlier.inputs_hash, earlier.rule_set_hash)


def _decided(by: Recorder, states: CaseEvent, law: Law, case: Case) -> CaseEvent:
    match states:
        case e.CaseReferred():
            return states
        case e.BenefitGranted() | e.BenefitRenewed() | e.BenefitExpired() | e.BenefitRenounced():
            return benefit.record(states, case)
        case e.PadSigned():
            return benefit.sign_pad(states, case)
        case e.CaseTransmittedToComune():
            return states
        case e.CompetenceTransferred():
            return charge.transfer(states)
        case e.CompetenceAccepted():
            return charge.accept(states, case)
        case e.OperatorAssigned():
            return charge.assign(by, states, case)
        case e.OperatorUnassigned():
            return charge.unassign(by, states, case)
        case e.CaseManagerAssigned():
            return charge.assign_case_manager(states, case)
        case e.HouseholdCompositionRecorded():
            return household.record(by, states, case)
        case e.ContactsUpdated():
            return household.update_contacts(by, states, case)
        case e.HouseholdMemberChanged():
            return household.change(by, states, case)
        case e.MemberConditionRecorded():
            return household.record_condition(by, states, case)
        case e.ResidenceCheckRecorded():
            return household.check_residence(by, states, case)
        case e.DeclarationCheckRecorded():
            return household.check_declaration(by, states, case)
        case e.ObligationEvaluated():
            return household.evaluate(states, law, case)
        case e.VoluntaryAdhesionRequested():
            return household.volunteer(states, law, case)
        case e.HouseholdConvoked():
            return meeting.convoke(by, states, case)
        case e.ConvocationDelivered():
            return meeting.deliver(by, states, case)
        case e.AppointmentHeld():
            return meeting.hold(by, states, case)
        case e.GepiRegistrationRecorded():
            return meeting.register(states, case)
        case e.AppointmentMissed():
            return meeting.miss(by, states, law, case)
        case e.InfractionAscertained():
            return infraction.ascertain(by, states, law, case)
        case e.TermLapsed():
            return infraction.lapse(states, law, case)
        case e.JustifiedReasonRequested() | e.JustifiedReasonSubmitted() | e.JustifiedReasonDecided():
            return infraction.justify(by, states, case)
        case e.PreliminaryAnalysisCompleted():
            return patto.analyse(states, case)
        case e.ActivabilityAssessed():
            return household.assess(states, case)
        case e.MemberReferredToEmploymentService():
            return employment.refer(states, case)
        case e.ReferralAccepted() | e.ReferralReturned():
            return employment.answer(by, states, case)
        case e.MemberConvokedByCpi():
            return meeting.convoke_member(by, states, case)
        case e.DidRecorded():
            return employment.did(by, states, case)
        case e.ServicePattoSigned():
            return employment.sign_service_patto(by, states, case)
        case e.MemberReferredToSpecialistService():
            return health.refer(states, case)
        case e.SpecialistReferralAnswered():
            return health.answer(by, states, case)
        case e.EquipeFormed():
            return equipe.form(states, case)
        case e.EquipeChanged():
            return equipe.change(states, case)
        case e.EquipeConvoked():
            return equipe.convoke(states, case)
        case e.EquipeInviteAnswered():
            return equipe.answer(by, states, case)
        case e.EquipeMet():
            return equipe.meet(states, case)
        case e.AnalysisFrameworkCompleted():
            return equipe.complete_framework(states, case)
        case e.PattoDrafted():
            return patto.draft(states, law, case)
        case e.PattoSigned():
            return patto.sign(states, case)
        case e.PattoSignatureRefused():
            return patto.refuse(by, states, case)
        case e.PattoRevised():
            return patto.revise(states, case)
        case e.MonitoringReviewHeld():
            return patto.review(states, case)
        case e.SupportActivated():
            return support.activate(by, states, law, case)
        case e.SupportEnded():
            return support.end(by, states, case)
        case e.PucAssigned():
            return support.assign_puc(states, law, case)
        case e.CommitmentFulfilled():
            return support.fulfil(by, states, case)
        case e.CommitmentMissed():
            return infraction.miss_commitment(by, states, case)
        case e.SchoolVerificationRequested():
            return school.ask(by, states, case)
        case e.SchoolingVerified():
            return school.verify(by, states, case)
        case e.SchoolingDocumentsRequested():
            return school.ask_documents(states, law, case)
        case e.MayorWarningRecorded():
            return school.warn(by, states, case)
        case e.SchoolAttendanceReported():
            return school.report(states, case)
        case e.HealthAttendanceConfirmed():
            return health.confirm(by, states, case)
        case e.PeriodicUpdateHeld():
            return meeting.update(by, states, case)
        case e.JobOfferRecorded():
            return employment.offer(by, states, case)
        case e.FormalReminderIssued():
            return infraction.remind(by, states, law, case)
        case e.SanctionProposalOpened():
            return sanction.propose(by, states, law, case)
        case e.ProceedingNoticeSent():
            return sanction.notice(by, states, case)
        case e.InfractionReportedToInps():
            return sanction.report(by, states, case)
        case e.DecurtazioneOrdered() | e.SospensioneOrdered() | e.DecadenzaOrdered() | e.RevocaOrdered():
            return sanction.order(by, states, law, case)
        case e.MeasureNotified():
            return sanction.notify(by, states, case)
        case e.SuspensionLifted():
            return sanction.lift(states, case)
        case e.ReviewRequested():
            return sanction.review(states, case)
        case e.MeasureAnnulled():
            return sanction.annul(by, states, case)
        case e.EventCorrected():
            return correction.correct(by, states, case)
        case e.PersonalDataErased():
            return erasure.erase(states, case, law)
        case e.CaseClosed():
            return states
        case never:
            assert_never(never)


# --- who may act, and on which case --------------------------------------------------------------------


def _allowed(by: Recorder, states: CaseEvent) -> None:
    if by.kind not in contract_of(states).recorders:
        raise Refused("ROLE_NOT_ALLOWED", f"{by.agency} does not record this")
    if isinstance(states, e.InfractionAscertained):
        # Before anything on record is looked at: whether there is a conviction, the refusal must not tell.
        infraction.of_inps_alone(by, states)


def _behind(states: CaseEvent, known_on: date | None) -> None:
    """What happened is not learnt before it happens."""
    contract, day = contract_of(states), occurred_on(states)
    if known_on is not None and day is not None and day > known_on and not contract.ahead:
        raise Refused("BAD_VALUE", f"{contract.happened}: after {known_on}, the day on which it was learnt")


def _since_referral(by: Recorder, states: CaseEvent, case: Case) -> None:
    """The offices call nobody to account for what came before the case; INPS may, of the application."""
    contract, day = contract_of(states), occurred_on(states)
    if case.referral is None or day is None or by.kind == "inps" or not isinstance(states, BREACHES):
        return
    if day < case.referral.referred_on:
        began = f"the case, referred on {case.referral.referred_on}"
        raise Refused("BAD_VALUE", f"{contract.happened}: the fact is before {began}")


def _open(states: CaseEvent, case: Case) -> None:
    if isinstance(states, e.CaseReferred):
        if case.referral is not None:
            raise Refused("CASE_ALREADY_OPEN", "this case was referred already")
    elif case.referral is None:
        raise Refused("NOT_RECORDED", "the case was never referred")
    elif case.closed_on is not None and not isinstance(states, AFTER_CLOSURE):
        raise Refused("CASE_CLOSED", f"the case was closed on {case.closed_on}")


def _assigned(by: Recorder, states: CaseEvent, case: Case) -> None:
    if isinstance(states, e.CaseReferred | e.OperatorAssigned) or by.kind in AGENCIES_WITHOUT_OPERATORS:
        return
    if not case.assigned(by.person, by.kind):
        raise Refused("NOT_ASSIGNED", "the operator has no open assignment to this case")
