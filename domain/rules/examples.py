"""Example files of the rules (`ambito rules check FILE`): worked cases of the law, read strictly and run.

A file is one of `ambito-obligation-cases`, `ambito-sanction-examples`, `ambito-deadline-examples`. An unknown
key or value is an error; an expected key that is left out is not checked.
"""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from types import NoneType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from domain.refused import Refused
from domain.rules.calendar import term_end
from domain.rules.facts import Facts
from domain.rules.ladder import Measure
from domain.rules.obligation import Member, evaluate, rules_in_force
from domain.rules.rule_set import Data, load
from domain.rules.sanctions import Proposal, propose

T = TypeVar("T")

INFORMATION = ("civil_invalidity_pct", "inail_invalidity_pct")
"""Keys of a member that decide nothing: `disability_l68` does."""


@dataclass(frozen=True)
class Checked:
    """One example that was run: empty `differences` where it found what it expected."""

    id: str
    differences: tuple[str, ...]


def check(document: Data) -> Iterator[Checked]:
    """Run every example of a file."""
    run, key = _runner(str(document.get("schema")))
    for example in document[key]:
        try:
            differences = tuple(_compare(example["expected"], run(example)))
        except Refused as refused:
            differences = (str(refused),)
        yield Checked(example["id"], differences)


def read(kind: type[T], values: Data) -> T:
    """A dataclass from plain values; refused where a key or a value is not one that it can have."""
    hints = get_type_hints(kind)
    required = {f.name for f in fields(cast(Any, kind)) if f.default is MISSING}
    odd = (values.keys() - hints.keys()) | (required - values.keys())
    if odd:
        raise Refused("BAD_VALUE", f"{kind.__name__}: unknown or missing {', '.join(sorted(odd))}")
    return kind(**{key: _value(hints[key], value) for key, value in values.items()})


def obligation(example: Data) -> Data:
    """What the rules find for an obligation case."""
    member = {key: value for key, value in example["member"].items() if key not in INFORMATION}
    found = evaluate(read(Member, member), date.fromisoformat(example["evaluation_date"]), rules_in_force())
    return {
        "result": found.result,
        "primary_reason": found.primary_reason,
        "all_reasons": list(found.all_reasons),
        "may_volunteer": found.may_volunteer,
        "age": found.inputs.age,
        "legal_ref": found.legal_ref,
        "routing": found.routing,
    }


def sanction(example: Data) -> Data:
    """What the rules find for a sanction example; a refusal is an outcome."""
    rules = load(example["rule_set"])
    for setting, value in example.get("settings", {}).items():
        rules = rules.with_setting(setting, value)
    facts = dict(example["facts"])
    requested = facts.pop("requested_measure", None)
    measure = None if requested is None else _value(Measure, requested)
    about = read(Facts, facts)
    try:
        return _outcome(propose(rules, example["infraction"], about, example["prior_occurrences"], measure))
    except Refused as refused:
        if refused.rule == "BAD_VALUE":
            raise
        return {"measure": "REFUSED", "refused": refused.rule}


def deadline(example: Data) -> Data:
    """The last day of a deadline example."""
    start, bar = date.fromisoformat(example["start"]), example.get("bar", False)
    end = term_end(start, days=example.get("days"), months=example.get("months"), bar=bar)
    return {"day": end.isoformat()}


def _runner(schema: str) -> tuple[Callable[[Data], Data], str]:
    match schema.split("/")[0]:
        case "ambito-obligation-cases":
            return obligation, "cases"
        case "ambito-sanction-examples":
            return sanction, "examples"
        case "ambito-deadline-examples":
            return deadline, "cases"
    raise Refused("BAD_VALUE", f"{schema} is no example file of the rules")


def _outcome(proposal: Proposal) -> Data:
    cut, last_day = proposal.months_fraction, proposal.deadline
    return {
        "measure": proposal.measure.value,
        "months_fraction": None if cut is None else str(cut),
        "deadline": None if last_day is None else last_day.isoformat(),
        "scope": proposal.scope,
        "reapply_after_months": proposal.reapply_after_months,
        "conflicts_with": list(dict.fromkeys(conflict.rule_set for conflict in proposal.conflicts_with)),
        "suspended_from_month": proposal.suspended_from_month,
    }


def _compare(expected: Data | str, found: Data) -> Iterator[str]:
    wanted = {"day": expected} if isinstance(expected, str) else expected
    for key, value in wanted.items():
        if found.get(key) != value:
            yield f"{key}: expected {value!r}, found {found.get(key)!r}"


def _value(hint: Any, raw: Any) -> Any:
    """A plain value as the type of its field asks."""
    if get_origin(hint) is Literal:
        return _sound(raw in get_args(hint), raw)
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], each) for each in raw)
    if NoneType in get_args(hint):
        return None if raw is None else _value(get_args(hint)[0], raw)
    if is_dataclass(hint):
        return read(hint, raw)  # type: ignore[arg-type]
    try:
        return _sound(type(raw) is hint, raw) if hint in (bool, int, str) else _parsed(hint, raw)
    except ValueError:
        raise Refused("BAD_VALUE", f"{raw!r} is no {hint.__name__}") from None


def _parsed(hint: Any, raw: str) -> Any:
    return date.fromisoformat(raw) if hint is date else hint(raw)


def _sound(sound: bool, raw: T) -> T:
    if not sound:
        raise Refused("BAD_VALUE", f"{raw!r} is not a value of this field")
    return raw
