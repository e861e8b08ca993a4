"""The rules with one change that bears on a decision: what a replay must find."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from domain.case import events as e
from domain.fact import Fact
from domain.rules.rule_set import OBLIGATION_RULE_SET, RuleSet, rule_set


def altered(fact: Fact[Any], rules: RuleSet, rng: Random) -> RuleSet:
    """The rules with one change that bears on a decision, seeded."""
    data, inputs = json.loads(rules.canonical), fact.event.inputs
    if rules.id == OBLIGATION_RULE_SET:
        ages = data["ages"]
        changes: list[Callable[[], Any]] = [
            lambda: data["reasons"].pop(rng.randrange(len(data["reasons"]))),
            lambda: data["reasons"].append(data["reasons"].pop(0)),
            lambda: ages.update(adult=inputs["age"] + 1 if inputs["age"] >= ages["adult"] else inputs["age"]),
            lambda: ages.update(
                exempt=inputs["age"] + 1 if inputs["age"] >= ages["exempt"] else inputs["age"]
            ),
        ]
    else:
        table = data["infractions"][inputs["infraction"]]
        changes = [
            lambda: data.update(benefits=[]),
            lambda: data.update(valid_to=str(date.fromisoformat(inputs["fact_date"]) - timedelta(days=1))),
            lambda: data["infractions"].pop(inputs["infraction"]),
        ]
        if [f"infractions.{inputs['infraction']}.rungs", True] in fact.event.trace:
            changes.append(lambda: table.update(rungs=[{"measure": "NONE"}]))
    rng.choice(changes)()
    return rule_set(data)


def judged_by_a_clause(fact: Fact[Any]) -> bool:
    """Whether a clause of the rule set that it names led to it."""
    event = fact.event
    if isinstance(event, e.ObligationEvaluated):
        return event.rule_set_id == OBLIGATION_RULE_SET
    return "fact_date" in event.inputs and ["benefits", True] in event.trace
