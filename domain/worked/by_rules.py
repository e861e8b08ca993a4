"""What the rules alone give for a worked sanction, and every rule by which they refuse it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

from domain.refused import Refused
from domain.rules.facts import Commitment, Convocation, Patto
from domain.rules.ladder import Measure, infraction
from domain.rules.rule_set import RuleSet
from domain.rules.sanctions import Proposal, propose
from domain.worked.parts import Found
from domain.worked.sanction import Facts, SanctionExample


@dataclass(frozen=True)
class Judgement:
    """What was found; several `outcomes` where several rules refuse, for the law does not order them."""

    outcomes: tuple[Found, ...]
    why: tuple[str, ...]


def judge(example: SanctionExample, rules: RuleSet) -> Judgement:
    """What these rules give for the facts."""
    facts, requested = example.facts, example.requested
    refusals: list[Refused] = []
    while True:
        try:
            found = propose(rules, example.infraction, facts, example.prior_occurrences, requested)
            break
        except Refused as refused:
            refusals.append(refused)
            if _unknown(refused, requested):
                return Judgement(tuple(refusal(each) for each in refusals), tuple(map(str, refusals)))
            facts, requested = _cured(refused.rule, facts, requested, example, rules)
    if not refusals:
        return Judgement((outcome(found),), (found.legal_ref,))
    # Nothing to propose and nobody of whom it could be: both are true.
    nothing = (outcome(found),) if found.measure is Measure.NONE and example.requested is None else ()
    return Judgement((*map(refusal, refusals), *nothing), (found.legal_ref, *map(str, refusals)))


def outcome(proposal: Proposal) -> Found:
    """A proposal under the keys of `expected`, and those that tell how it came about."""
    last_day = proposal.deadline
    return {
        "rule_set": proposal.rule_set_id,
        "measure": proposal.measure.value,
        "months_fraction": proposal.months_fraction,
        "occurrence": proposal.occurrence,
        "deadline": None if last_day is None else last_day.isoformat(),
        "scope": proposal.scope,
        "reapply_after_months": proposal.reapply_after_months,
        "conflicts_with": tuple(dict.fromkeys(conflict.rule_set for conflict in proposal.conflicts_with)),
        "suspended_from_month": proposal.suspended_from_month,
    }


def refusal(refused: Refused) -> Found:
    """A refusal under the keys of `expected`."""
    return {"measure": "REFUSED", "refused": refused.rule}


def _unknown(refused: Refused, requested: Measure | None) -> bool:
    """The rule set does not know the infraction: it says nothing more of the facts."""
    return refused.rule == "NO_LEGAL_BASIS" and requested is None


def _cured(
    rule: str, facts: Facts, requested: Measure | None, example: SanctionExample, rules: RuleSet
) -> tuple[Facts, Measure | None]:
    """The facts without what was refused, to see whether another rule refuses them too."""
    if rule == "NO_LEGAL_BASIS":
        return facts, None
    return replace(facts, **cast("dict[str, Any]", CURES[rule](facts, example, rules))), requested


def _bound(facts: Facts, example: SanctionExample, rules: RuleSet) -> Mapping[str, object]:
    return {"member": min(infraction(rules, example.infraction).bound)}


def _delivered(facts: Facts, example: SanctionExample, rules: RuleSet) -> Mapping[str, object]:
    told = facts.convocation or Convocation(appointment_on=facts.fact_date, attended=False)
    early = timedelta(days=rules.number("min_notice_days"))
    return {"convocation": replace(told, delivered_on=told.appointment_on - early)}


def _asked(facts: Facts, example: SanctionExample, rules: RuleSet) -> Mapping[str, object]:
    return {"reason": "none"}


def _in_patto(facts: Facts, example: SanctionExample, rules: RuleSet) -> Mapping[str, object]:
    kind = infraction(rules, example.infraction).data.get(
        "patto", facts.patto.kind if facts.patto else "PAIS"
    )
    area = facts.commitment.area if facts.commitment else "CONTACTS"
    agreed = Commitment(area, in_patto_on_fact_date=True, missed=True)
    return {"patto": Patto(kind, in_force=True), "commitment": agreed}


def _governed(facts: Facts, example: SanctionExample, rules: RuleSet) -> Mapping[str, object]:
    first = date.fromisoformat(rules.data["valid_from"])
    return {"benefit": rules.data["benefits"][0], "fact_date": first}


CURES = {
    "FACT_OUTSIDE_RULE_SET": _governed,
    "NOT_OBLIGED": _bound,
    "NO_PROOF_OF_CONVOCATION": _delivered,
    "REASON_NOT_ASKED": _asked,
    "NOT_IN_PATTO": _in_patto,
}
