"""What a run of worked examples says, to people and to programs; only firm examples fail."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from domain.worked.parts import Checked


def failed(checked: Sequence[Checked]) -> list[Checked]:
    """The firm examples that found something else than they expect."""
    return [each for each in checked if each.firm and not each.passed]


def lines(checked: Sequence[Checked]) -> Iterator[str]:
    """Each failure, then what is not firm and differs, what the rules judged alone, and the count."""
    unsettled = [each for each in checked if not each.firm]
    differing = [each for each in unsettled if not each.passed]
    for each in failed(checked):
        yield from _told(each)
    if differing:
        yield "not firm: these differ and do not fail"
        for each in differing:
            yield from (f"  {line}" for line in _told(each))
    for each in checked:
        if each.alone is not None:
            yield f"{each.id}: judged by the rules alone: {each.alone}"
    if unsettled:
        yield f"not firm: {len(unsettled) - len(differing)} as expected, {len(differing)} differ"
    firm, unmet = sum(each.firm for each in checked), len(failed(checked))
    yield f"{firm - unmet} passed, {unmet} failed"


def told(checked: Sequence[Checked]) -> dict[str, Any]:
    """The same for a program."""
    unsettled = [each for each in checked if not each.firm]
    firm, unmet = sum(each.firm for each in checked), len(failed(checked))
    return {
        "passed": firm - unmet,
        "failed": unmet,
        "not_firm": {
            "passed": sum(each.passed for each in unsettled),
            "differed": sum(not each.passed for each in unsettled),
        },
        "differences": [_plain(each) for each in checked if not each.passed],
        "judged_by_the_rules_alone": {each.id: each.alone for each in checked if each.alone is not None},
    }


def _told(checked: Checked) -> Iterator[str]:
    for each in checked.differences:
        wanted, found = _shown(each.expected), _shown(each.found)
        said = f"expected {wanted}, found {found}"
        if each.disagree:
            said = f"the case found {found}, the rule set {wanted}"
        yield f"{checked.id} ({checked.certainty}): {each.key}: {said}"
    for why in checked.why:
        yield f"  because {why}"


def _plain(checked: Checked) -> dict[str, Any]:
    return {
        "id": checked.id,
        "certainty": checked.certainty,
        "keys": [
            {
                "key": each.key,
                "expected": _value(each.expected),
                "found": _value(each.found),
                "case_and_rule_set_disagree": each.disagree,
            }
            for each in checked.differences
        ],
        "because": list(checked.why),
    }


def _shown(value: object) -> str:
    plain = _value(value)
    if isinstance(plain, list):
        return ", ".join(map(str, plain)) or "none"
    return "nothing" if plain is None else str(plain)


def _value(value: object) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Fraction) else value
