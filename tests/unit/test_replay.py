"""A decision is decided again, from its facts and from its values; whoever altered the rules is found."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import pytest

from domain.case import events as e
from domain.case.commands import Law
from domain.contract import contract_of, decode, encode, leaves
from domain.fact import Fact
from domain.replay import NotADecision, Replay, replay_decision
from domain.rules import obligation
from domain.rules.rule_set import OBLIGATION_RULE_SET, load
from tests.unit.altered_rules import altered, judged_by_a_clause
from tests.unit.machine.remembered import Remembered, decisions, lives

IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"
MANY = 1_000 if IN_FULL else 150


def again(life: Remembered, fact: Fact[Any]) -> Replay:
    return replay_decision(life.facts, fact.event_id, life.rules(fact), life.laws[fact.event_id])


@pytest.mark.torture
def test_every_decision_comes_out_again():
    kinds: Counter[str] = Counter()
    for life, fact in decisions(1, MANY):
        found = again(life, fact)
        assert (found.outcome, found.differences) == ("reproduced", ()), fact
        kinds[type(fact.event).__name__] += 1
    print(kinds)
    assert len(kinds) == 6


def erased(fact: Fact[Any]) -> Fact[Any]:
    """The fact after the erasure of everybody it speaks of."""
    contract, data = contract_of(fact.event), encode(fact.event)
    personal = {leaf.path for leaf in leaves(contract.type, data) if leaf.personal}
    return fact.telling(decode(contract.type, without(data, personal)))


def without(data: Any, paths: set[str], at: str = "") -> Any:
    if at in paths:
        return {"erased": True}
    if isinstance(data, dict):
        return {name: without(value, paths, f"{at}.{name}" if at else name) for name, value in data.items()}
    if isinstance(data, list):
        return [without(value, paths, f"{at}[{index}]") for index, value in enumerate(data)]
    return data


def test_an_erasure_takes_the_sources_and_leaves_the_decision():
    """The values alone give it again, whatever is erased of the people: also its reason codes."""
    for life, fact in decisions(2, 100):
        law, rules = life.laws[fact.event_id], life.rules(fact)
        left = [erased(each) for each in life.facts]
        found = replay_decision(left, fact.event_id, rules, law)
        assert found.differences == ()
        assert found.outcome in ("reproduced, sources erased", "reproduced")
        assert found.sources_erased == any("erased" in str(encode(f.event)) for f in left[: fact.version - 1])


# --- altered rules -----------------------------------------------------------------------------------------


FIFTY = 50


def test_each_of_fifty_alterations_of_the_rules_is_found():
    """By the hash of the text; and where somebody made the hash fit, by what the clauses give."""
    chosen = [(life, fact) for life, fact in decisions(1, MANY) if judged_by_a_clause(fact)]
    rng = Random(4711)
    sanctions = [each for each in chosen if not isinstance(each[1].event, e.ObligationEvaluated)]
    for number in range(FIFTY):
        life, fact = rng.choice(sanctions if number % 2 else chosen)
        law, rules = life.laws[fact.event_id], altered(fact, life.rules(fact), rng)
        found = replay_decision(life.facts, fact.event_id, rules, law)
        assert found.outcome == "differs"
        (by_hash, *others) = found.differences
        assert (by_hash.what, by_hash.expected, by_hash.found) == (
            "rule_set_hash",
            fact.event.rule_set_hash,
            rules.hash,
        )
        assert others, "an altered clause gives the same"
        forged = fact.telling(replace(fact.event, rule_set_hash=rules.hash))
        facts = [forged if each is fact else each for each in life.facts]
        fitted = replay_decision(facts, fact.event_id, rules, law)
        assert fitted.outcome == "differs"
        assert "rule_set_hash" not in {each.what for each in fitted.differences}


def test_altered_code_is_found(monkeypatch):
    life, fact = next(each for each in decisions(1, MANY) if ["reasons.MINOR", False] in each[1].event.trace)
    monkeypatch.setitem(obligation.EXCLUDES, "MINOR", lambda inputs, rules: inputs.age < 200)
    whats = {each.what for each in again(life, fact).differences}
    assert "trace" in whats


def test_a_value_that_was_altered_is_found():
    """Every value that the rules computed: no decision says one that does not come out."""
    life, fact = next((life, fact) for life, fact in decisions(1, MANY) if isinstance(fact.event, e.Ordered))
    for name, value in (("finding", "NOT_IN_PATTO"), ("evidence_event_ids", ()), ("trace", [])):
        if getattr(fact.event, name) in (value, list(value)):
            continue
        forged = fact.telling(replace(fact.event, **{name: value}))
        facts = [forged if each is fact else each for each in life.facts]
        law, rules = life.laws[fact.event_id], life.rules(fact)
        (difference,) = replay_decision(facts, fact.event_id, rules, law).differences
        assert difference.what == name and difference.found == encode(getattr(fact.event, name))


def test_a_decision_of_the_first_version_comes_out_from_its_facts_alone():
    """It kept no trace: what cannot be compared is no difference; an erasure leaves nothing to judge by."""
    for life, fact in decisions(2, 100):
        old = fact.telling(replace(fact.event, trace=None))
        facts = [old if each is fact else each for each in life.facts]
        law, rules = life.laws[fact.event_id], life.rules(fact)
        assert replay_decision(facts, fact.event_id, rules, law).outcome == "reproduced"
        gone = replay_decision([erased(each) for each in facts], fact.event_id, rules, law)
        assert gone.outcome == ("differs" if gone.sources_erased else "reproduced")


def test_what_is_no_decision_is_not_replayed():
    life = lives(2, 100)[0]
    for event_id in (life.facts[0].event_id, UUID(int=0)):
        with pytest.raises(NotADecision):
            replay_decision(life.facts, event_id, load(OBLIGATION_RULE_SET), Law())
