"""What may be recorded of a case: one rule per act, in the order of the events.

No clock, no ids, no I/O: an act that lost a race is decided again. An act that says what is already on
record decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, assert_never, cast
from uuid import UUID

from domain.case import observe
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
from domain.case.parts import Conflict, Member
from domain.case.state import Case, Infraction, Measure
from domain.contract import BadValue, amend, contract_of, encode, same_statement, slot_of
from domain.fact import Fact, Recorder, kind, seat
from domain.refused import Refused
from domain.rules import obligation, sanctions
from domain.rules.checks import blocking
from domain.rules.equipe import failed_in_equipe
from domain.rules.ladder import Measure as Kind
from domain.rules.ladder import infraction as norm_of
from domain.rules.ladder import months, prior_occurrences
from domain.rules.patto import failed_in_draft, failed_in_signing
from domain.rules.patto_parts import Household
from domain.rules.rule_set import RuleSet, load

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
    now = _evaluate(states, case)
    return (now.inputs_hash, now.rule_set_hash) == (earlier.inputs_hash, earlier.rule_set_hash)


def _decided(by: Recorder, states: CaseEvent, law: Law, case: Case) -> CaseEvent:
    match states:
        case CaseReferred():
            return states
        case OperatorAssigned():
            return _assign(by, states, case)
        case OperatorUnassigned():
            return _unassign(by, states, case)
        case HouseholdCompositionRecorded():
            return _household(by, states, case)
        case MemberConditionRecorded():
            return _condition(by, states, case)
        case ObligationEvaluated():
            return _evaluate(states, case)
        case HouseholdConvoked():
            return _convoke(states, case)
        case ConvocationDelivered():
            return _deliver(states, case)
        case AppointmentHeld():
            return _meet(by, states, case)
        case AppointmentMissed():
            return _absent(by, states, case)
        case PreliminaryAnalysisCompleted():
            return _analyse(states, case)
        case MemberReferredToEmploymentService():
            return _refer(states, case)
        case EquipeFormed():
            return _form(states, case)
        case PattoDrafted():
            return _draft(states, case)
        case PattoSigned():
            return _sign(states, case)
        case CommitmentMissed():
            return _miss(by, states, case)
        case JustifiedReasonRequested() | JustifiedReasonSubmitted() | JustifiedReasonDecided():
            return _reason(by, states, case)
        case SanctionProposalOpened():
            return _propose(states, law, case)
        case InfractionReportedToInps():
            return _report(states, case)
        case DecurtazioneOrdered() | DecadenzaOrdered():
            return _ordered(by, states, law, case)
        case MeasureNotified():
            return _notify(by, states, case)
        case EventCorrected():
            return _correct(by, states, case)
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


def linked(case: Case, code: str) -> bool:
    """Whether a team, a referral or a line of a signed patto links an agency or unit to the case."""
    seats = {seat(c.agency, c.unit) for c in case.team.components} if case.team else set()
    offices = {office_of(f.event) for f in case.all(MemberReferredToEmploymentService)}
    drafts = [case.drafts[patto.patto_id, patto.version] for patto in case.pattos]
    lines = {s.provider for d in drafts for s in d.supports} | {
        c.evidence_by for d in drafts for c in d.commitments
    }
    return code in seats | offices | lines


def office_of(referral: MemberReferredToEmploymentService) -> str:
    """The recipient that a referral goes to: one CPI is ``cpi``, one of several ``cpi-<code>``."""
    agency = {"CPI": "cpi", "ACCREDITATO": "accreditato"}[referral.destination]
    return referral.destination_id if kind(referral.destination_id) == agency else agency


def _assign(by: Recorder, states: OperatorAssigned, case: Case) -> OperatorAssigned:
    if kind(states.agency) != by.kind or (by.unit and seat(states.agency, states.unit) != by.seat):
        raise Refused("ROLE_NOT_ALLOWED", "an agency assigns its own persons only")
    if by.kind not in ("servizio-sociale", "ats") and not linked(case, seat(states.agency, states.unit)):
        raise Refused("OUT_OF_ORDER", "no team, referral or support links this agency to the case")
    return states


def _unassign(by: Recorder, states: OperatorUnassigned, case: Case) -> OperatorUnassigned:
    assignment = case.assignments.get(states.assignment_id)
    if assignment is None:
        raise Refused("NOT_RECORDED", "there is no such open assignment")
    if kind(assignment.agency) != by.kind:
        raise Refused("ROLE_NOT_ALLOWED", "an agency ends the assignments of its own persons only")
    if states.until < assignment.from_on:
        raise Refused("BAD_VALUE", "until: the assignment had not begun")
    return states


# --- the household ---------------------------------------------------------------------------------------


def _household(
    by: Recorder, states: HouseholdCompositionRecorded, case: Case
) -> HouseholdCompositionRecorded:
    assert case.referral is not None
    if by.kind == "comune" and by.agency != f"comune-{case.referral.residence_comune}":
        raise Refused("ROLE_NOT_ALLOWED", "only the Comune of residence records the household")
    _sound(states)
    return states


def _sound(states: CaseEvent) -> None:
    """What a household is in itself, stated or corrected: somebody, and nobody twice."""
    if not isinstance(states, HouseholdCompositionRecorded):
        return
    if not states.members:
        raise Refused("BAD_VALUE", "members: at least one member")
    _unique("members", (member.member_id for member in states.members))


CONDITIONS_OF = {
    "cpi": {"EMPLOYED"},
    "ust": {"REGULAR_STUDY"},
    "asl": {"DISABILITY_L68", "ONCOLOGICAL", "CARE_LOAD_DISABLED_MEMBER"},
}
"""What an agency other than the servizio sociale may certify."""


def _condition(by: Recorder, states: MemberConditionRecorded, case: Case) -> MemberConditionRecorded:
    _member(states.member_id, case)
    own = CONDITIONS_OF.get(by.kind)
    if own is not None and states.condition_code not in own:
        raise Refused("ROLE_NOT_ALLOWED", f"{by.kind} does not certify this condition")
    if states.valid_to is not None and states.valid_to < states.valid_from:
        raise Refused("BAD_VALUE", "valid_to: before valid_from")
    return states


def _evaluate(states: ObligationEvaluated, case: Case) -> ObligationEvaluated:
    """The status is computed, whatever is stated; all inputs have a source event."""
    member = _member(states.member_id, case)
    rules = obligation.rules_in_force()
    seen, sources = observe.member_on(case, member, states.evaluated_for)
    found = obligation.evaluate(seen, states.evaluated_for, rules)
    return replace(
        states,
        result=found.result,
        reason_codes=found.all_reasons,
        rule_set_id=rules.id,
        rule_set_hash=rules.hash,
        inputs_hash=found.inputs.hash,
        input_event_ids=sources,
        inputs=found.inputs.values(),
        case_version=case.version,
    )


# --- convocation and meeting -----------------------------------------------------------------------------


def _convoke(states: HouseholdConvoked, case: Case) -> HouseholdConvoked:
    if not states.member_ids:
        raise Refused("BAD_VALUE", "member_ids: at least one member")
    members = [_member(member_id, case) for member_id in states.member_ids]
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


def _deliver(states: ConvocationDelivered, case: Case) -> ConvocationDelivered:
    convocation = _convocation(states.convocation_id, case)
    if states.member_id not in convocation.member_ids:
        raise Refused("UNKNOWN_MEMBER", "the member was not convoked")
    if states.delivered_at < convocation.sent_at:
        raise Refused("BAD_VALUE", "delivered_at: before it was sent")
    return states


SEATS = {"servizio-sociale": "SERVIZIO_SOCIALE", "cpi": "CPI", "accreditato": "SOGGETTO_ACCREDITATO"}


def _meet(by: Recorder, states: AppointmentHeld, case: Case) -> AppointmentHeld:
    if SEATS[by.kind] != states.seat:
        raise Refused("ROLE_NOT_ALLOWED", "an office records its own meetings")
    if not states.attendees:
        raise Refused("BAD_VALUE", "attendees: at least one member")
    for member_id in states.attendees:
        _member(member_id, case)
    if states.kind == "CONVOCATO":
        if states.convocation_id is None:
            raise Refused("NOT_RECORDED", "convocation_id: a meeting on convocation names it")
        _convocation(states.convocation_id, case)
    return states


def _absent(by: Recorder, states: AppointmentMissed, case: Case) -> AppointmentMissed:
    convocation = _convocation(states.convocation_id, case)
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


# --- analysis, équipe, patto -----------------------------------------------------------------------------


def _analyse(states: PreliminaryAnalysisCompleted, case: Case) -> PreliminaryAnalysisCompleted:
    if not case.all(AppointmentHeld):
        raise Refused("OUT_OF_ORDER", "the household was not met yet")
    outcomes = [outcome.member_id for outcome in states.outcomes]
    _unique("outcomes", outcomes)
    if set(outcomes) != set(case.members):
        raise Refused("BAD_VALUE", "outcomes: one for each member of the household")
    return states


def _refer(states: MemberReferredToEmploymentService, case: Case) -> MemberReferredToEmploymentService:
    _member(states.member_id, case)
    evaluation = case.evaluation_on(states.member_id, states.referred_on)
    if evaluation is None:
        raise Refused("OUT_OF_ORDER", "the obligations of the member were not evaluated")
    if evaluation.event.result == "excluded":
        raise Refused("NOT_OBLIGED", "the member is excluded and has no right to volunteer")
    if states.destination == "ACCREDITATO":
        dated = states.regional_act_on is not None and states.regional_act_on <= states.referred_on
        if not dated or not states.regional_act_ref:
            raise Refused("NO_REGIONAL_ACT", "no dated regional act in force on the day of the referral")
    return states


def _form(states: EquipeFormed, case: Case) -> EquipeFormed:
    outcomes = {o.outcome for o in case.analysis.outcomes} if case.analysis else set()
    if not outcomes & {"EM", "SPECIALIST"}:
        raise Refused("OUT_OF_ORDER", "no member's analysis asks for an équipe")
    _unique("components", (component.person_id for component in states.components))
    failed = failed_in_equipe(
        [(component.person_id, component.role) for component in states.components],
        {missing.role: missing.reason for missing in states.missing_roles},
        states.case_manager_id,
        states.household_referent_id,
        [m.member_id for m in case.members.values() if observe.is_adult(m, states.communicated_on)],
    )
    if failed:
        raise Refused("EQUIPE_INCOMPLETE", "; ".join(f"{each.code}: {each.because}" for each in failed))
    return states


def _draft(states: PattoDrafted, case: Case) -> PattoDrafted:
    if case.analysis is None:
        raise Refused("OUT_OF_ORDER", "the analysis is not completed")
    _unique("commitments", (commitment.id for commitment in states.commitments))
    for commitment in states.commitments:
        _member(commitment.obliged_member_id, case)
    return states


def _sign(states: PattoSigned, case: Case) -> PattoSigned:
    draft = case.drafts.get((states.patto_id, states.version))
    if draft is None:
        raise Refused("OUT_OF_ORDER", "no draft of this version")
    for signatory in states.signatories:
        _member(signatory.member_id, case)
    household = _household_on(case, states.signed_on)
    failed = blocking((*failed_in_draft(draft, household), *failed_in_signing(states, household)))
    if failed:
        because = "; ".join(f"{each.code}: {each.because}" for each in failed)
        raise Refused("PATTO_INCOMPLETE", because)
    return states


def _household_on(case: Case, day: date) -> Household:
    """The household as the checks of the patto read it."""
    minors = {m.member_id for m in case.members.values() if not observe.is_adult(m, day)}
    evaluations = {member_id: case.evaluation_on(member_id, day) for member_id in case.members}
    studying = {
        f.event.member_id
        for f in case.all(MemberConditionRecorded)
        if f.event.condition_code == "REGULAR_STUDY"
    }
    return Household(
        members=frozenset(case.members),
        obliged=frozenset(m for m, found in evaluations.items() if found and found.event.result == "obliged"),
        minors=frozenset(minors),
        in_education=frozenset(minors | studying),
        needs=frozenset(need.need_id for need in case.analysis.needs_by_area)
        if case.analysis
        else frozenset(),
        equipe_formed=case.team is not None,
    )


# --- infractions, reasons, proposals ---------------------------------------------------------------------


def _miss(by: Recorder, states: CommitmentMissed, case: Case) -> CommitmentMissed:
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


def _reason(by: Recorder, states: ReasonEvent, case: Case) -> ReasonEvent:
    infraction = _infraction(states.infraction_ref, case)
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


def _propose(states: SanctionProposalOpened, law: Law, case: Case) -> SanctionProposalOpened:
    """The proposal that the rules give: it is refused where another measure is asked for."""
    if not states.infraction_refs:
        raise Refused("NOT_RECORDED", "infraction_refs: no infraction")
    judged = _judge(states.infraction_refs, Kind(states.proposed_measure), law, case)
    event_id, proposal = judged
    evaluation = case.evaluation_on(
        case.infractions[event_id].member_id, case.infractions[event_id].missed_on
    )
    if evaluation is None:
        raise Refused("NOT_RECORDED", "the obligations of the member were not evaluated for that day")
    cut = proposal.months_fraction
    return replace(
        states,
        rule_set_id=proposal.rule_set_id,
        rule_set_hash=proposal.rule_set_hash,
        obligation_evaluation_ref=evaluation.event_id,
        occurrence=proposal.occurrence,
        months_fraction=None if cut is None else str(cut),
        conflicts_with=tuple(
            Conflict(rule_set=c.rule_set, because=c.because) for c in proposal.conflicts_with
        ),
        legal_ref=proposal.legal_ref,
        inputs=_inputs(case, event_id, proposal.occurrence),
        case_version=case.version,
        evidence_event_ids=_evidence(states.infraction_refs, case),
    )


def _judge(refs: tuple[UUID, ...], requested: Kind, law: Law, case: Case) -> tuple[UUID, sanctions.Proposal]:
    """The last of the infractions, judged; the others stand beside it and must be under the same rules."""
    infractions = {ref: _infraction(ref, case) for ref in refs}
    last = max(infractions, key=lambda ref: infractions[ref].missed_on)
    rules = observe.rules_for(case, infractions[last].missed_on, law)
    for infraction in infractions.values():
        if infraction.ascertained_on is None:
            raise Refused("OUT_OF_ORDER", "a report is not an infraction before it is ascertained")
        if observe.rules_for(case, infraction.missed_on, law).id != rules.id:
            raise Refused("FACT_OUTSIDE_RULE_SET", "the infractions fall under different rule sets")
    code = observe.infraction_code(infractions[last])
    prior = _prior(refs, infractions[last], code, law, case)
    proposal = sanctions.propose(rules, code, observe.facts_of(case, last), prior, requested)
    return last, proposal


def _prior(refs: tuple[UUID, ...], infraction: Infraction, code: str, law: Law, case: Case) -> int:
    norm = norm_of(observe.rules_for(case, infraction.missed_on, law), code)
    earlier = observe.earlier_than(case, refs, infraction.member_id)
    return prior_occurrences(norm, earlier, infraction.missed_on, observe.area_of(infraction))


def _inputs(case: Case, event_id: UUID, occurrence: int) -> dict[str, object]:
    """What the rule read, as values that speak of no one: a replay survives an erasure."""
    facts = observe.facts_of(case, event_id)
    return {
        "benefit": facts.benefit,
        "fact_date": facts.fact_date.isoformat(),
        "member": facts.member,
        "reason": facts.reason,
        "infraction": observe.infraction_code(case.infractions[event_id]),
        "occurrence": occurrence,
        "convocation": encode(facts.convocation),
        "patto": encode(facts.patto),
        "commitment": encode(facts.commitment),
    }


def _evidence(refs: Iterable[UUID], case: Case) -> tuple[UUID, ...]:
    found = {event_id for ref in refs for event_id in observe.evidence_of(case, ref)}
    order = list(case.facts)
    return tuple(sorted(found, key=order.index))


def _report(states: InfractionReportedToInps, case: Case) -> InfractionReportedToInps:
    for ref in states.infraction_refs:
        if _infraction(ref, case).ascertained_on is None:
            raise Refused("OUT_OF_ORDER", "a report is not an infraction before it is ascertained")
    if not states.infraction_refs:
        raise Refused("NOT_RECORDED", "infraction_refs: no infraction")
    if states.proposal_id is not None:
        known = {f.event.proposal_id for f in case.all(SanctionProposalOpened)}
        if states.proposal_id not in known:
            raise Refused("NOT_RECORDED", "proposal_id: there is no such proposal")
    return states


# --- what an authority did -------------------------------------------------------------------------------


def _ordered(by: Recorder, states: Measure, law: Law, case: Case) -> Measure:
    """A measure is recorded as its authority ordered it, with what the rules find; it is not judged."""
    assert case.referral is not None
    if by.kind == "cpi" and (states.authority != "CPI" or case.referral.benefit != "NASPI"):
        raise Refused("ROLE_NOT_ALLOWED", "the CPI orders only under D.Lgs. 150/2015; the ADI is of INPS")
    if by.kind == "inps" and states.authority == "CPI":
        raise Refused("ROLE_NOT_ALLOWED", "an act of the CPI is recorded by the CPI")
    if states.measure_id in case.measures:
        raise Refused("ALREADY_RECORDED", "this measure says otherwise on record")
    for ref in states.infraction_refs:
        _infraction(ref, case)
    if not states.act_ref.strip():
        raise Refused("BAD_VALUE", "act_ref: the act must be named")
    cited = max(states.infraction_refs, key=lambda ref: case.infractions[ref].missed_on, default=None)
    rules, finding, inputs = _found(states, cited, law, case)
    return replace(
        states,
        rule_set_id=rules.id,
        rule_set_hash=rules.hash,
        finding=cast(Any, finding),
        conflicts_with=states.conflicts_with or _conflicts(states, case),
        inputs=inputs,
        case_version=case.version,
        evidence_event_ids=_evidence(states.infraction_refs, case),
    )


def _found(
    states: Measure, cited: UUID | None, law: Law, case: Case
) -> tuple[RuleSet, str, dict[str, object]]:
    """What the rules find on a measure, by the last infraction that it cites; and what they read."""
    day = case.infractions[cited].missed_on if cited else states.ordered_on
    try:
        rules = observe.rules_for(case, day, law)
    except Refused:
        # A household without a benefit: no rule set speaks of it, and the measure is recorded all the same.
        return load(sanctions.STATUTE), "NO_LEGAL_BASIS", {}
    ordered = Kind.DECURTAZIONE if isinstance(states, DecurtazioneOrdered) else Kind.DECADENZA
    cut = months(states.months_fraction) if isinstance(states, DecurtazioneOrdered) else None
    if cited is None:
        return rules, sanctions.finding(rules, ordered, cut), {}
    code = observe.infraction_code(case.infractions[cited])
    prior = _prior(states.infraction_refs, case.infractions[cited], code, law, case)
    facts = observe.facts_of(case, cited)
    finding = sanctions.finding(rules, ordered, cut, code=code, facts=facts, prior_occurrences=prior)
    return rules, finding, _inputs(case, cited, prior + 1)


def _conflicts(states: Measure, case: Case) -> tuple[Conflict, ...] | None:
    """The conflicts that the proposal showed travel with the measure."""
    proposals = [f.event for f in case.all(SanctionProposalOpened)]
    return next((p.conflicts_with for p in proposals if p.proposal_id == states.proposal_id), None)


def _notify(by: Recorder, states: MeasureNotified, case: Case) -> MeasureNotified:
    measure = case.measures.get(states.measure_id)
    if measure is None:
        raise Refused("NOT_RECORDED", "there is no such measure")
    if (by.kind == "cpi") != (measure.authority == "CPI"):
        raise Refused("ROLE_NOT_ALLOWED", "the authority of the measure records its notifica")
    if states.notified_on < measure.ordered_on:
        raise Refused("BAD_VALUE", "notified_on: before the measure was ordered")
    return states


# --- corrections -----------------------------------------------------------------------------------------

INFRACTIONS = (AppointmentMissed, CommitmentMissed)


def _correct(by: Recorder, states: EventCorrected, case: Case) -> EventCorrected:
    """A correction adds, it never deletes; it is not refused because a measure rests on what it corrects."""
    fact = case.facts.get(states.corrects_event_id)
    if fact is None:
        raise Refused("NOT_RECORDED", "corrects_event_id: no such fact stands in this case")
    if isinstance(fact.event, EventCorrected | CaseReferred) and (
        isinstance(fact.event, EventCorrected) or states.voids
    ):
        raise Refused("BAD_VALUE", "corrects_event_id: a correction or the referral itself cannot be undone")
    if fact.recorder.seat != by.seat:
        raise Refused("ROLE_NOT_ALLOWED", "who recorded a fact corrects it")
    if isinstance(fact.event, INFRACTIONS) and states.second_person_id in (None, by.person):
        raise Refused("SECOND_PERSON_REQUIRED", "a second person confirms the correction of an infraction")
    signed = {(patto.patto_id, patto.version) for patto in case.pattos}
    if (
        states.voids
        and isinstance(fact.event, PattoDrafted)
        and (fact.event.patto_id, fact.event.version) in signed
    ):
        raise Refused("OUT_OF_ORDER", "the signature under a draft is voided before the draft")
    _check_new_value(states, fact)
    return replace(
        states,
        member_id=getattr(fact.event, "member_id", None),
        affects=_affected(states.corrects_event_id, case),
    )


def _check_new_value(states: EventCorrected, fact: Fact[CaseEvent]) -> None:
    if type(states.new_value) is not dict or bool(states.new_value) == states.voids:
        raise Refused("BAD_VALUE", "new_value: the corrected fields; empty if, and only if, voids is true")
    stated = contract_of(fact.event).stated
    for name in states.new_value:
        if name not in stated or name in contract_of(fact.event).slot:
            raise Refused("BAD_VALUE", f"new_value.{name}: not a field that can be corrected")
    try:
        _sound(amend(fact.event, states.new_value))
    except BadValue as bad:
        raise Refused("BAD_VALUE", f"new_value.{bad.where}: {bad.because}") from None


def _affected(event_id: UUID, case: Case) -> tuple[UUID, ...]:
    """The measures that rest on a fact: by its infraction, or by the evidence they were decided on."""
    return tuple(
        measure.measure_id
        for measure in case.measures.values()
        if event_id in (*measure.infraction_refs, *(measure.evidence_event_ids or ()))
    )


# --- what must be on record ------------------------------------------------------------------------------


def _member(member_id: UUID, case: Case) -> Member:
    try:
        return case.members[member_id]
    except KeyError:
        raise Refused("UNKNOWN_MEMBER", "the person is not in the household on record") from None


def _convocation(convocation_id: UUID, case: Case) -> HouseholdConvoked:
    try:
        return case.convocations[convocation_id]
    except KeyError:
        raise Refused("NOT_RECORDED", "there is no such convocation") from None


def _infraction(event_id: UUID, case: Case) -> Infraction:
    try:
        return case.infractions[event_id]
    except KeyError:
        raise Refused("NOT_RECORDED", "no such infraction stands in this case") from None


def _unique(name: str, values: Iterable[UUID]) -> None:
    seen = list(values)
    if len(set(seen)) != len(seen):
        raise Refused("BAD_VALUE", f"{name}: each only once")
