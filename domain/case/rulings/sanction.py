"""From the proposal of a measure to its end: what the rules give, and what an authority ordered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, cast
from uuid import UUID

from domain.case import events as e
from domain.case import infractions, observe
from domain.case.commands import Law
from domain.case.parts import Conflict
from domain.case.rulings import on_record
from domain.case.state import Case, Infraction, Measure
from domain.contract import encode
from domain.fact import Fact, Recorder
from domain.refused import Refused
from domain.rules import obligation, sanctions
from domain.rules.ladder import Measure as Kind
from domain.rules.ladder import infraction as norm_of
from domain.rules.ladder import months, prior_occurrences
from domain.rules.rule_set import RuleSet, load
from domain.rules.trace import Trace


def propose(by: Recorder, states: e.SanctionProposalOpened, law: Law, case: Case) -> e.SanctionProposalOpened:
    """The proposal that the rules give: it is refused where another measure is asked for."""
    if not states.infraction_refs:
        raise Refused("NOT_RECORDED", "infraction_refs: no infraction")
    on_record.unique("infraction_refs", states.infraction_refs)
    for ref in states.infraction_refs:
        on_record.infraction(ref, case)
        if by.kind == "cpi" and case.facts[ref].recorder.seat != by.seat:
            raise Refused("ROLE_NOT_ALLOWED", "the CPI proposes on its own convocations and PSP only")
        if infractions.reason_pending(case, ref):
            raise Refused("OUT_OF_ORDER", "a reason was given: it is decided before a measure is proposed")
    trace = Trace()
    event_id, proposal = _judge(states.infraction_refs, Kind(states.proposed_measure), law, case, trace)
    evaluation = _evaluation(case, case.infractions[event_id])
    if evaluation is None:
        raise Refused("NOT_RECORDED", "the obligations of the member were not evaluated for that day")
    _still_obliged(case, case.infractions[event_id], evaluation.event, law)
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
        inputs=_inputs(case, event_id, proposal.infraction, proposal.occurrence, law),
        trace=trace.steps,
        case_version=case.version,
        evidence_event_ids=_evidence(states.infraction_refs, law, case),
    )


def _evaluation(case: Case, breach: Infraction) -> Fact[e.ObligationEvaluated] | None:
    """Of the member on that day; of a duty of the household the last one of any member of it."""
    day = infractions.day_of(breach)
    if breach.member_id is not None:
        return case.evaluation_on(breach.member_id, day)
    held = [case.evaluation_on(member_id, day) for member_id in case.members_on(day)]
    return max((each for each in held if each), key=lambda fact: fact.version, default=None)


def _still_obliged(case: Case, breach: Infraction, evaluation: e.ObligationEvaluated, law: Law) -> None:
    """Nobody is proposed for a sanction on an evaluation that a later fact has overtaken."""
    assert case.referral is not None
    if case.referral.benefit != "ADI" or breach.member_id is None or evaluation.result != "obliged":
        return
    day = infractions.day_of(breach)
    seen, _ = observe.member_on(case, on_record.member(breach.member_id, case), day)
    found = obligation.evaluate(seen, day, observe.obligations_for(law))
    if found.result != "obliged":
        raise Refused("NOT_OBLIGED", "by what is on record now the member was not: evaluate her again")


def _judge(
    refs: tuple[UUID, ...], requested: Kind, law: Law, case: Case, trace: Trace | None = None
) -> tuple[UUID, sanctions.Proposal]:
    """The last of the infractions, judged; the others stand beside it and must be under the same rules."""
    last = _last(refs, case)
    day = infractions.day_of(case.infractions[last])
    rules = observe.rules_for(case, day, law)
    for ref in refs:
        breach = case.infractions[ref]
        if not _ascertained(case, ref):
            raise Refused("OUT_OF_ORDER", "a report is not an infraction before it is ascertained")
        if observe.rules_for(case, infractions.day_of(breach), law).id != rules.id:
            raise Refused("FACT_OUTSIDE_RULE_SET", "the infractions fall under different rule sets")
    if observe.benefit_ended(case, day):
        raise Refused("BENEFIT_ENDED", "the fact is after the last day of the benefit")
    for ref in refs:
        if ref != last:
            _stands_by_itself(ref, rules, law, case)
    code = infractions.infraction_code(case, case.infractions[last], rules)
    prior = _prior(refs, last, code, law, case)
    facts = infractions.facts_of(case, last, law)
    return last, sanctions.propose(rules, code, facts, prior, requested, trace)


def _stands_by_itself(ref: UUID, rules: RuleSet, law: Law, case: Case) -> None:
    """None is carried by another: each was a duty of its member, is proved, and its reason was asked."""
    code = infractions.infraction_code(case, case.infractions[ref], rules)
    if sanctions.propose(rules, code, infractions.facts_of(case, ref, law)).measure is Kind.NONE:
        raise Refused("NO_LEGAL_BASIS", f"{norm_of(rules, code).legal_ref} gives NONE for one of them")


def _last(refs: tuple[UUID, ...], case: Case) -> UUID:
    return max(refs, key=lambda ref: infractions.day_of(case.infractions[ref]))


def _ascertained(case: Case, ref: UUID) -> date | None:
    return infractions.ascertained_on(cast("Fact[Infraction]", case.facts[ref]))


def _prior(refs: tuple[UUID, ...], ref: UUID, code: str, law: Law, case: Case) -> int:
    breach = case.infractions[ref]
    day = infractions.day_of(breach)
    rules = observe.rules_for(case, day, law)
    earlier = infractions.earlier_than(case, refs, breach.member_id, day, law)
    return prior_occurrences(rules, norm_of(rules, code), earlier, day, infractions.area_of(breach))


def _inputs(case: Case, event_id: UUID, code: str, occurrence: int, law: Law) -> dict[str, object]:
    """What the rule read, as values that speak of no one: a replay survives an erasure."""
    facts = infractions.facts_of(case, event_id, law)
    return {
        "benefit": facts.benefit,
        "fact_date": facts.fact_date.isoformat(),
        "member": facts.member,
        "reason": facts.reason,
        "age": facts.age,
        "infraction": code,
        "occurrence": occurrence,
        "convocation": encode(facts.convocation),
        "term": encode(facts.term),
        "patto": encode(facts.patto),
        "commitment": encode(facts.commitment),
        "offer": encode(facts.offer),
    }


def _evidence(refs: Iterable[UUID], law: Law, case: Case) -> tuple[UUID, ...]:
    found = {event_id for ref in refs for event_id in infractions.evidence_of(case, ref, law)}
    return tuple(each for each in case.facts if each in found)


def report(by: Recorder, states: e.InfractionReportedToInps, case: Case) -> e.InfractionReportedToInps:
    """At once and whatever the state of the reason: the ten days do not wait for it."""
    if not states.infraction_refs:
        raise Refused("NOT_RECORDED", "infraction_refs: no infraction")
    for ref in states.infraction_refs:
        on_record.infraction(ref, case)
        if not _ascertained(case, ref):
            raise Refused("OUT_OF_ORDER", "a report is not an infraction before it is ascertained")
        if by.kind != "servizio-sociale" and case.facts[ref].recorder.seat != by.seat:
            raise Refused("ROLE_NOT_ALLOWED", "an office reports what it ascertained itself")
    if states.proposal_id is not None:
        on_record.last(e.SanctionProposalOpened, case, "proposal", proposal_id=states.proposal_id)
    if states.supersedes_report_id is not None:
        if states.supersedes_report_id == states.report_id:
            raise Refused("BAD_VALUE", "supersedes_report_id: the report itself")
        on_record.last(
            e.InfractionReportedToInps, case, "report to supersede", report_id=states.supersedes_report_id
        )
    return states


def notice(by: Recorder, states: e.ProceedingNoticeSent, case: Case) -> e.ProceedingNoticeSent:
    """Comunicazione di avvio del procedimento: of a proposal, or of a report (L. 241/1990 artt. 7-8)."""
    if states.proposal_id is None and states.report_id is None:
        raise Refused("NOT_RECORDED", "proposal_id, report_id: of which proceeding it tells")
    if states.proposal_id is not None:
        on_record.last(e.SanctionProposalOpened, case, "proposal", proposal_id=states.proposal_id)
    if states.report_id is not None:
        on_record.last(e.InfractionReportedToInps, case, "report", report_id=states.report_id)
    if not states.office_and_person.strip():
        raise Refused("BAD_VALUE", "office_and_person: who is in charge (L. 241/1990 art. 8)")
    on_record.not_before("delivered_on", states.delivered_on, states.sent_on, "sent_on")
    on_record.not_before("deadline_for_briefs", states.deadline_for_briefs, states.sent_on, "sent_on")
    return states


# --- what an authority did -------------------------------------------------------------------------------


KINDS = {
    e.DecurtazioneOrdered: Kind.DECURTAZIONE,
    e.SospensioneOrdered: Kind.SOSPENSIONE,
    e.DecadenzaOrdered: Kind.DECADENZA,
    e.RevocaOrdered: Kind.REVOCA,
}


def order(by: Recorder, states: Measure, law: Law, case: Case) -> Measure:
    """A measure is recorded as its authority ordered it, with what the rules find; it is not judged."""
    assert case.referral is not None
    if by.kind == "cpi" and (states.authority != "CPI" or case.referral.benefit != "NASPI"):
        raise Refused("ROLE_NOT_ALLOWED", "the CPI orders only under D.Lgs. 150/2015; the ADI is of INPS")
    if by.kind == "inps" and states.authority == "CPI":
        raise Refused("ROLE_NOT_ALLOWED", "an act of the CPI is recorded by the CPI")
    if states.measure_id in case.measures:
        raise Refused("ALREADY_RECORDED", "this measure says otherwise on record")
    ever = case.facts.keys() | {f.event.corrects_event_id for f in case.all(e.EventCorrected)}
    if not set(states.infraction_refs) <= ever:
        raise Refused("NOT_RECORDED", "infraction_refs: a fact that never stood in this case")
    if not states.act_ref.strip():
        raise Refused("BAD_VALUE", "act_ref: the act must be named")
    trace = Trace()
    rules, finding, inputs = _found(states, law, case, trace)
    return replace(
        states,
        rule_set_id=rules.id,
        rule_set_hash=rules.hash,
        finding=cast(Any, finding),
        conflicts_with=states.conflicts_with or _conflicts(states, case),
        inputs=inputs,
        trace=trace.steps,
        case_version=case.version,
        evidence_event_ids=_evidence(_standing(states, case), law, case),
    )


def _standing(states: Measure, case: Case) -> tuple[UUID, ...]:
    """The infractions that a measure cites and that stand: one may be voided, or a term of the services."""
    return tuple(ref for ref in states.infraction_refs if ref in case.infractions)


def _found(states: Measure, law: Law, case: Case, trace: Trace) -> tuple[RuleSet, str, dict[str, object]]:
    """What the rules find on a measure, by the last infraction that it cites; and what they read.

    Where no infraction was read, ``rests_on`` says on what the finding rests instead.
    """
    standing = _standing(states, case)
    cited = _last(standing, case) if standing else None
    day = infractions.day_of(case.infractions[cited]) if cited else states.ordered_on
    try:
        rules = observe.rules_for(case, day, law)
    except Refused:
        # A household without a benefit: no rule set speaks of it, and the measure is recorded all the same.
        return load(sanctions.STATUTE), "NO_LEGAL_BASIS", {"rests_on": "NO_RULE_SET"}
    ordered = KINDS[type(states)]
    cut = months(states.months_fraction) if isinstance(states, e.DecurtazioneOrdered) else None
    voided = not set(states.infraction_refs) <= case.facts.keys()
    if cited is None and (voided or (states.infraction_refs and ordered is not Kind.SOSPENSIONE)):
        # What it cites was voided, or is no breach of the household: a term of the services only suspends.
        return rules, "NO_LEGAL_BASIS", {"rests_on": "NO_INFRACTION_THAT_STANDS"}
    if cited is None:
        return rules, sanctions.finding(rules, ordered, cut, trace=trace), {"rests_on": "LADDERS"}
    code = infractions.infraction_code(case, case.infractions[cited], rules)
    try:
        prior = _prior(standing, cited, code, law, case)
    except Refused:
        # The rule set does not know what was cited.
        return rules, "NO_LEGAL_BASIS", {"rests_on": "UNKNOWN_INFRACTION", "infraction": code}
    facts = infractions.facts_of(case, cited, law)
    finding = sanctions.finding(
        rules, ordered, cut, code=code, facts=facts, prior_occurrences=prior, trace=trace
    )
    return rules, finding, _inputs(case, cited, code, prior + 1, law)


def _conflicts(states: Measure, case: Case) -> tuple[Conflict, ...] | None:
    """The conflicts that the proposal showed travel with the measure."""
    proposals = [f.event for f in case.all(e.SanctionProposalOpened)]
    return next((p.conflicts_with for p in proposals if p.proposal_id == states.proposal_id), None)


def notify(by: Recorder, states: e.MeasureNotified, case: Case) -> e.MeasureNotified:
    measure = on_record.measure(states.measure_id, case)
    if (by.kind == "cpi") != (measure.authority == "CPI"):
        raise Refused("ROLE_NOT_ALLOWED", "the authority of the measure records its notifica")
    on_record.not_before("notified_on", states.notified_on, measure.ordered_on, "the measure was ordered")
    return states


def lift(states: e.SuspensionLifted, case: Case) -> e.SuspensionLifted:
    measure = on_record.measure(states.measure_id, case)
    if not isinstance(measure, e.SospensioneOrdered):
        raise Refused("BAD_VALUE", "measure_id: not a suspension")
    if states.cause_event_ref not in case.facts:
        raise Refused("NOT_RECORDED", "cause_event_ref: no such fact stands in this case")
    on_record.not_before("lifted_on", states.lifted_on, measure.ordered_on, "the measure was ordered")
    return states


def review(states: e.ReviewRequested, case: Case) -> e.ReviewRequested:
    on_record.measure(states.measure_id, case)
    on_record.member(states.member_id, case)
    on_record.last(e.MeasureNotified, case, "notifica of the measure", measure_id=states.measure_id)
    return states


def annul(by: Recorder, states: e.MeasureAnnulled, case: Case) -> e.MeasureAnnulled:
    """By its authority, or by a court, whose judgment INPS (the CPI for its own acts) imports."""
    measure = on_record.measure(states.measure_id, case)
    if (by.kind == "cpi") != (measure.authority == "CPI"):
        raise Refused("ROLE_NOT_ALLOWED", "the authority of the measure records that it was annulled")
    if states.authority not in (measure.authority, "COURT"):
        raise Refused("BAD_VALUE", "authority: neither that of the measure nor a court")
    on_record.not_before("annulled_on", states.annulled_on, measure.ordered_on, "the measure was ordered")
    return states
