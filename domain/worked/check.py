"""A worked sanction is judged twice, by the register and by the rules alone: both must agree."""

from domain.rules.rule_set import RuleSet
from domain.worked import by_register, by_rules
from domain.worked.by_rules import Judgement
from domain.worked.life import CannotHold
from domain.worked.parts import Checked, Difference, Found, compared
from domain.worked.sanction import SanctionExample


def check(example: SanctionExample, rules: RuleSet | None = None) -> Checked:
    """Whether the example leads to what it says; `rules` are those that it names where none are given."""
    plain = by_rules.judge(example, rules or example.rules)
    try:
        told = by_register.judge(example)
    except CannotHold as alone:
        return _checked(example, plain, (), plain.why, alone=str(alone))
    return _checked(example, plain, _disagreement(told, plain), (*plain.why, *told.why))


def _checked(
    example: SanctionExample,
    plain: Judgement,
    split: tuple[Difference, ...],
    why: tuple[str, ...],
    alone: str | None = None,
) -> Checked:
    unmet = [compared(example.expected.values(), found) for found in plain.outcomes]
    reasons = tuple(dict.fromkeys(why))
    return Checked(example.id, example.certainty, (*split, *min(unmet, key=len)), reasons, alone)


def _disagreement(told: Judgement, plain: Judgement) -> tuple[Difference, ...]:
    """Where the register found what the rules do not give: one of them is wrong."""
    (found,) = told.outcomes
    apart = [_apart(found, each) for each in plain.outcomes]
    return min(apart, key=len)


def _apart(found: Found, given: Found) -> tuple[Difference, ...]:
    return tuple(
        Difference(key, given.get(key), value, disagree=True)
        for key, value in found.items()
        if given.get(key) != value
    )
