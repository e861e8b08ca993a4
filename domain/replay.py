"""A decision of the register, decided again: from the facts that it rested on, and from the values it stored.

The facts show that the inputs were read rightly, the values that the rules give this result on them. An
erasure takes the facts away and leaves the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, cast
from uuid import UUID

from domain.case import events as e
from domain.case import infractions, observe
from domain.case.commands import Law
from domain.case.rulings import household, sanction
from domain.case.state import Case, Measure, fold
from domain.contract import contract_of, encode
from domain.fact import Fact
from domain.refused import Refused
from domain.rules.again import BECAUSE, CannotJudge, Difference, differences, name_of
from domain.rules.rule_set import RuleSet, load
from domain.rules.sanctions import PROTOCOL, STATUTE

Decision = e.ObligationEvaluated | e.SanctionProposalOpened | e.Ordered
DECISIONS = (e.ObligationEvaluated, e.SanctionProposalOpened, e.Ordered)

Outcome = Literal["reproduced", "differs", "reproduced, sources erased"]


class NotADecision(ValueError):
    """There is no such decision among the facts."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What came out: the decision, the differences, and whether its sources could still be read."""

    decision: Fact[Any]
    differences: tuple[Difference, ...]
    sources_erased: bool

    @property
    def outcome(self) -> Outcome:
        if self.differences:
            return "differs"
        return "reproduced, sources erased" if self.sources_erased else "reproduced"


def decisions(facts: Iterable[Fact[Any]]) -> list[Fact[Any]]:
    """The evaluations, proposals and measures among facts."""
    return [fact for fact in facts if issubclass(fact.kind, DECISIONS)]


def replay_decision(facts: Sequence[Fact[Any]], event_id: UUID, rules: RuleSet, law: Law) -> Replay:
    """Decide again what a fact of a case decided.

    ``facts`` are those of the case, as recorded; ``rules`` the text that the decision names by its hash;
    ``law`` what stood around the case then: the protocol as it was on record. Raises NotADecision.
    """
    fact = next((fact for fact in facts if fact.event_id == event_id), None)
    if fact is None or not issubclass(fact.kind, DECISIONS):
        raise NotADecision(event_id)
    event: Decision = fact.event
    before = [each for each in facts if each.version <= event.case_version]
    erased = any(_holds_erased(encode(each.event)) for each in before)
    found = [*_by_values(event, rules, sources=not erased)]
    if not erased:
        case = fold(before)
        found += _by_facts(fact, case, under(event, rules, law, case))
    once: dict[str, Difference] = {}
    for each in found:  # both ways may find the same
        once.setdefault(each.what, each)
    return Replay(fact, tuple(once.values()), erased)


def _by_values(event: Decision, rules: RuleSet, *, sources: bool) -> Iterable[Difference]:
    if rules.hash != event.rule_set_hash:
        yield Difference("rule_set_hash", event.rule_set_hash, rules.hash, BECAUSE["rule_set_hash"])
    try:
        yield from differences(name_of(contract_of(event).stored_name), encode(event), rules)
    except CannotJudge as cannot:
        if not sources:
            yield Difference("inputs", "values to judge by", None, f"{cannot}, and its sources are erased")


def _by_facts(fact: Fact[Any], case: Case, law: Law) -> Iterable[Difference]:
    try:
        found = decided_again(fact, case, law)
    except Refused as refused:
        name = contract_of(fact.event).name
        yield Difference("decision", name, refused.rule, f"the facts do not lead to it: {refused.because}")
        return
    told, says = encode(fact.event), encode(found)
    for each in fields(fact.event):
        if each.metadata.get("by") == "rules" and told.get(each.name) is not None:
            expected, came = told[each.name], says.get(each.name)
            # What an earlier version did not keep is added to its inputs: no difference.
            if each.name == "inputs" and "trace" not in told:
                came = {name: value for name, value in (came or {}).items() if name in expected}
            if expected != came:
                because = BECAUSE.get(each.name, "the facts give another value")
                yield Difference(each.name, expected, came, because)


def decided_again(fact: Fact[Any], case: Case, law: Law) -> Decision:
    """The decision as the facts of a case give it. Raises Refused."""
    event = fact.event
    stated = replace(event, **{f.name: None for f in fields(event) if f.metadata.get("by") == "rules"})
    match stated:
        case e.ObligationEvaluated():
            return household.evaluate(stated, law, case)
        case e.SanctionProposalOpened():
            return sanction.propose(fact.recorder, stated, law, case)
        case _:
            return cast(Decision, sanction.order(fact.recorder, stated, law, case))


# --- by which rules --------------------------------------------------------------------------------------


def rules_of(event: Decision, case: Case, law: Law) -> RuleSet:
    """The rule set that a decision on a case falls under, by the law around it."""
    assert case.referral is not None
    if isinstance(event, e.ObligationEvaluated) and case.referral.benefit == "ADI":
        return observe.obligations_for(law)
    inputs = event.inputs or {}
    if isinstance(event, e.ObligationEvaluated):
        day = event.evaluated_for
    elif "fact_date" in inputs:
        day = type(case.referral.referred_on).fromisoformat(inputs["fact_date"])
    else:
        day = _day_of_measure(cast(Measure, event), case)
    try:
        return observe.rules_for(case, day, law)
    except Refused:
        return load(STATUTE)


def under(event: Decision, rules: RuleSet, law: Law, case: Case) -> Law:
    """The law around a decision with the text that decided it, and the choice between protocol and statute as
    it was then, should it be another today.
    """
    if event.rule_set_id in (PROTOCOL, STATUTE) and rules_of(event, case, law).id != event.rule_set_id:
        law = replace(law, setting=event.rule_set_id)
    return replace(law, texts={**law.texts, rules.id: rules})


def _day_of_measure(event: Measure, case: Case) -> Any:
    standing = [case.infractions[ref] for ref in event.infraction_refs if ref in case.infractions]
    days = [infractions.day_of(infraction) for infraction in standing]
    return max(days, default=event.ordered_on)


def _holds_erased(value: Any) -> bool:
    if type(value) is dict:
        return value.keys() == {"erased"} or any(map(_holds_erased, value.values()))
    return type(value) is list and any(map(_holds_erased, value))
