"""Breaches: a commitment missed, an infraction ascertained, a term that lapsed, and the reasons given."""

from __future__ import annotations

from datetime import timedelta

from domain.case import events as e
from domain.case import observe
from domain.case.commands import Law
from domain.case.infractions import day_of, infraction_code
from domain.case.rulings import on_record
from domain.case.rulings.health import waits
from domain.case.rulings.support import active_on
from domain.case.state import Case
from domain.case.terms import may_lapse, term_of
from domain.contract import slot_of
from domain.fact import Recorder, kind
from domain.refused import Refused
from domain.rules.ladder import infraction as norm_of
from domain.rules.rule_set import RuleSet


def miss_commitment(by: Recorder, states: e.CommitmentMissed, case: Case) -> e.CommitmentMissed:
    ascertains = by.kind in ("servizio-sociale", "cpi")
    if not ascertains and (
        states.ascertained_by or states.ascertained_on or kind(states.reporter) != by.kind
    ):
        raise Refused("ROLE_NOT_ALLOWED", "this agency reports what it saw, it does not ascertain")
    if (states.ascertained_by is None) != (states.ascertained_on is None):
        raise Refused("BAD_VALUE", "ascertained_on: goes with ascertained_by")
    on_record.not_before("ascertained_on", states.ascertained_on, states.missed_on, "missed_on")
    _said_once(by, states, case)
    if observe.of_psp(case, states):
        _in_service_patto(by, states, case)
    else:
        _in_patto(states, case)
    evaluation = case.evaluation_on(states.member_id, states.missed_on)
    if evaluation is None or evaluation.event.result != "obliged":
        raise Refused("NOT_OBLIGED", "no evaluation on record has the member obliged on that day")
    return states


def _said_once(by: Recorder, states: e.CommitmentMissed, case: Case) -> None:
    """One report of each office, one ascertainment, of which who reports is not told."""
    same = [fact for fact in case.all(e.CommitmentMissed) if slot_of(fact.event) == slot_of(states)]
    if states.ascertained_on:
        told = any(fact.event.ascertained_on for fact in same)
    else:
        told = any(by.kind == "servizio-sociale" or fact.recorder.seat == by.seat for fact in same)
    if told:
        raise Refused("ALREADY_RECORDED", "this absence says otherwise on record")


def _in_patto(states: e.CommitmentMissed, case: Case) -> None:
    """In force that day and conditional; not while the services do not give what it depends on."""
    line = observe.commitment_on(case, states.commitment_id, states.missed_on)
    in_force = case.patto_on(states.missed_on)
    if line is None or in_force is None or in_force[0].patto_id != states.patto_id:
        raise Refused("NOT_IN_PATTO", "the commitment is not in the patto in force on that day")
    if not line.conditional or line.obliged_member_id != states.member_id or line.area != states.area:
        raise Refused("NOT_IN_PATTO", "the commitment is not a conditional one of this member and area")
    needed = line.depends_on_support_id
    if needed is not None and not active_on(case, needed, states.missed_on):
        raise Refused("SUPPORT_NOT_ACTIVE", "the support that the commitment depends on is not active")
    if line.area == "HEALTH" and waits(case, states.member_id, states.missed_on, line.evidence_by):
        raise Refused("ON_WAITING_LIST", "the health service has the member on its waiting list")


def _in_service_patto(by: Recorder, states: e.CommitmentMissed, case: Case) -> None:
    """An action of the patto di servizio in force that day; its own office reports it."""
    if by.kind not in ("cpi", "servizio-sociale"):
        raise Refused("ROLE_NOT_ALLOWED", "an action of a patto di servizio is of the employment services")
    psp = observe.service_patto_on(case, states.member_id, states.missed_on)
    actions = psp.event.actions if psp and psp.event.psp_id == states.patto_id else ()
    action = next((each for each in actions if each.action_id == states.commitment_id), None)
    if action is None:
        raise Refused("NOT_IN_PATTO", "the action is not in the patto di servizio in force on that day")
    begun = action.from_on is None or action.from_on <= states.missed_on
    if not begun or (action.to_on is not None and action.to_on < states.missed_on):
        raise Refused("NOT_IN_PATTO", "the action does not run on that day")


def ascertain(by: Recorder, states: e.InfractionAscertained, law: Law, case: Case) -> e.InfractionAscertained:
    """An infraction of the rule set of its day that no fact of its own records."""
    if states.member_id is not None:
        on_record.member(states.member_id, case)
    rules = observe.rules_for(case, states.occurred_on, law)
    norm = norm_of(rules, states.code)
    if not rules.governs(_benefit(case), states.occurred_on):
        raise Refused("FACT_OUTSIDE_RULE_SET", f"{rules.id} does not govern that day")
    if by.kind in ("servizio-sociale", "cpi") and norm.code in _of_their_own(rules):
        raise Refused("BAD_VALUE", "code: an absence, a refusal or a commitment missed is a fact of its own")
    if states.member_id is None and "household" not in norm.bound:
        raise Refused("UNKNOWN_MEMBER", "member_id: this infraction is of one member")
    return states


def of_inps_alone(by: Recorder, states: e.InfractionAscertained) -> None:
    if states.code == "FINAL_CONVICTION" and by.kind != "inps":
        raise Refused("ROLE_NOT_ALLOWED", "a conviction is recorded by INPS (GDPR art. 10)")


def _of_their_own(rules: RuleSet) -> frozenset[str]:
    """Infractions that another fact records, with the proof that it needs (recapito, patto, evaluation)."""
    missed = {code for named in rules.data.get("commitments", {}).values() for code in named.values()}
    rests_on = {code: rules.data["infractions"].get(code, {}).get("rests_on") for code in missed}
    return frozenset(
        {"CONVOCATION_MISSED", "PATTO_NOT_SIGNED"}
        | {code for code, facts in rests_on.items() if facts == ["commitment"]}
    )


def _benefit(case: Case) -> str:
    assert case.referral is not None
    return case.referral.benefit


def lapse(states: e.TermLapsed, law: Law, case: Case) -> e.TermLapsed:
    """The term began, was not kept in time, and the duty was of whom it says."""
    if states.term_id == "D13":
        if law.unanswered.get(states.started_by_event_id) != states.due_on:
            raise Refused("TERM_NOT_LAPSED", "no request of access was due an answer on that day")
        if states.duty_bearer != "SERVIZI" or states.member_id is not None:
            raise Refused("TERM_NOT_LAPSED", "an answer to a request of access is due by the services")
        return states
    term = term_of(case, states, law)
    if term is None or not may_lapse(term):
        raise Refused("TERM_NOT_LAPSED", "nothing on record started this term")
    if (term.due_on, term.duty_bearer) != (states.due_on, states.duty_bearer):
        raise Refused("TERM_NOT_LAPSED", f"the term ends on {term.due_on} and is of {term.duty_bearer}")
    if not term.lapsed_by(states.due_on + timedelta(days=1)):
        raise Refused("TERM_NOT_LAPSED", "the term was kept in time")
    return states


ReasonEvent = e.JustifiedReasonRequested | e.JustifiedReasonSubmitted | e.JustifiedReasonDecided


def justify(by: Recorder, states: ReasonEvent, case: Case) -> ReasonEvent:
    _of_member(by, states, case)
    if isinstance(states, e.JustifiedReasonRequested):
        on_record.not_before("respond_by", states.respond_by, states.asked_on, "it was asked")
        on_record.not_before("delivered_on", states.delivered_on, states.asked_on, "it was asked")
    if isinstance(states, e.JustifiedReasonDecided) and not any(
        f.event.infraction_ref == states.infraction_ref for f in case.all(e.JustifiedReasonSubmitted)
    ):
        raise Refused("OUT_OF_ORDER", "no reason was submitted")
    return states


def remind(by: Recorder, states: e.FormalReminderIssued, law: Law, case: Case) -> e.FormalReminderIssued:
    """A richiamo formale, where the infraction is counted by them (RdC art. 7 c. 9, ReI art. 12 c. 6)."""
    _of_member(by, states, case)
    breach = case.infractions[states.infraction_ref]
    rules = observe.rules_for(case, day_of(breach), law)
    norm = norm_of(rules, infraction_code(case, breach, rules))
    if norm.counts_from != "FORMAL_REMINDER":
        raise Refused("NO_LEGAL_BASIS", f"{norm.legal_ref} counts by no richiamo formale")
    on_record.not_before("comply_by", states.comply_by, states.issued_on, "issued_on")
    on_record.not_before("delivered_on", states.delivered_on, states.issued_on, "issued_on")
    return states


def _of_member(by: Recorder, states: ReasonEvent | e.FormalReminderIssued, case: Case) -> None:
    """What is asked of a member on an infraction of hers; of the household, of any member of it."""
    breach = on_record.infraction(states.infraction_ref, case)
    on_record.member(states.member_id, case)
    if breach.member_id not in (None, states.member_id):
        raise Refused("UNKNOWN_MEMBER", "the infraction is of another member")
    own = case.facts[states.infraction_ref].recorder.seat == by.seat
    if by.kind == "cpi" and not own:
        raise Refused("ROLE_NOT_ALLOWED", "the infraction rests on no convocation or patto of this CPI")
