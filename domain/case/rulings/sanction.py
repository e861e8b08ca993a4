"""From the proposal of a measure to its notifica: what the rules give, and what an authority ordered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from domain.case import observe
from domain.case.commands import Law
from domain.case.events import (
    DecurtazioneOrdered,
    InfractionReportedToInps,
    MeasureNotified,
    SanctionProposalOpened,
)
from domain.case.parts import Conflict
from domain.case.rulings import on_record
from domain.case.state import Case, Infraction, Measure
from domain.contract import encode
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules import sanctions
from domain.rules.ladder import Measure as Kind
from domain.rules.ladder import infraction as norm_of
from domain.rules.ladder import months, prior_occurrences
from domain.rules.rule_set import RuleSet, load


def propose(states: SanctionProposalOpened, law: Law, case: Case) -> SanctionProposalOpened:
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
    infractions = {ref: on_record.infraction(ref, case) for ref in refs}
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


def report(states: InfractionReportedToInps, case: Case) -> InfractionReportedToInps:
    for ref in states.infraction_refs:
        if on_record.infraction(ref, case).ascertained_on is None:
            raise Refused("OUT_OF_ORDER", "a report is not an infraction before it is ascertained")
    if not states.infraction_refs:
        raise Refused("NOT_RECORDED", "infraction_refs: no infraction")
    if states.proposal_id is not None:
        known = {f.event.proposal_id for f in case.all(SanctionProposalOpened)}
        if states.proposal_id not in known:
            raise Refused("NOT_RECORDED", "proposal_id: there is no such proposal")
    return states


# --- what an authority did -------------------------------------------------------------------------------


def order(by: Recorder, states: Measure, law: Law, case: Case) -> Measure:
    """A measure is recorded as its authority ordered it, with what the rules find; it is not judged."""
    assert case.referral is not None
    if by.kind == "cpi" and (states.authority != "CPI" or case.referral.benefit != "NASPI"):
        raise Refused("ROLE_NOT_ALLOWED", "the CPI orders only under D.Lgs. 150/2015; the ADI is of INPS")
    if by.kind == "inps" and states.authority == "CPI":
        raise Refused("ROLE_NOT_ALLOWED", "an act of the CPI is recorded by the CPI")
    if states.measure_id in case.measures:
        raise Refused("ALREADY_RECORDED", "this measure says otherwise on record")
    for ref in states.infraction_refs:
        on_record.infraction(ref, case)
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


def notify(by: Recorder, states: MeasureNotified, case: Case) -> MeasureNotified:
    measure = case.measures.get(states.measure_id)
    if measure is None:
        raise Refused("NOT_RECORDED", "there is no such measure")
    if (by.kind == "cpi") != (measure.authority == "CPI"):
        raise Refused("ROLE_NOT_ALLOWED", "the authority of the measure records its notifica")
    if states.notified_on < measure.ordered_on:
        raise Refused("BAD_VALUE", "notified_on: before the measure was ordered")
    return states
