"""A file of worked examples: its format, its version, and all of it read before any example is run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.rules.obligation import rules_in_force
from domain.rules.rule_set import OBLIGATION_RULE_SET, Data
from domain.worked import check as sanction_check
from domain.worked import deadline, obligation
from domain.worked.deadline import DeadlineExample
from domain.worked.obligation import ObligationCase
from domain.worked.parts import Checked
from domain.worked.reading import Unreadable, read
from domain.worked.sanction import SanctionExample


@dataclass(frozen=True)
class Format:
    """One format of file: the version that is read, its keys, and how one of its examples is run."""

    version: int
    listed_under: str
    kind: type[Any]
    run: Callable[[Any], Checked]
    about: tuple[str, ...] = ("schema", "format", "note")


FORMATS: Mapping[str, Format] = {
    "ambito-obligation-cases": Format(
        1, "cases", ObligationCase, obligation.check, ("schema", "format", "note", "rule_set", "reason_order")
    ),
    "ambito-sanction-examples": Format(3, "examples", SanctionExample, sanction_check.check),
    "ambito-deadline-examples": Format(2, "cases", DeadlineExample, deadline.check),
}


def check(text: bytes) -> list[Checked]:
    """Run every example of a file; raises Unreadable before any is run."""
    document = _parsed(text)
    form = _format(document.get("schema"))
    examples = list(_examples(form, document))
    return [form.run(example) for example in examples]


def _parsed(text: bytes) -> Data:
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise Unreadable("it holds no JSON object")
    return document


def _once(pairs: Iterable[tuple[str, Any]]) -> Data:
    found: Data = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _format(schema: object) -> Format:
    if not isinstance(schema, str):
        raise Unreadable("it names no 'schema'")
    name, _, version = schema.partition("/")
    form = FORMATS.get(name)
    if form is None:
        raise Unreadable(f"{schema!r} is no file of examples; those are {', '.join(FORMATS)}")
    if version != str(form.version):
        raise Unreadable(f"{schema!r} is not the version that is read, {name}/{form.version}")
    return form


def _examples(form: Format, document: Data) -> Iterator[Any]:
    for key in document:
        if key not in (*form.about, form.listed_under):
            raise Unreadable(f"{key!r} is not a key of the format")
    _same_table(document)
    listed = document.get(form.listed_under)
    if not isinstance(listed, list):
        raise Unreadable(f"{form.listed_under!r} is no list of examples")
    seen: set[str] = set()
    for index, values in enumerate(listed, 1):
        example = read(form.kind, values, _named(values, index))
        if example.id in seen:
            raise Unreadable(f"{example.id}: stands twice")
        seen.add(example.id)
        yield example


def _same_table(document: Data) -> None:
    """An obligation file speaks of the table that the register has, or not of this register."""
    order = [row["code"] for row in rules_in_force().data["reasons"]] + ["NONE"]
    if document.get("rule_set", OBLIGATION_RULE_SET) != OBLIGATION_RULE_SET:
        raise Unreadable(f"rule_set: {document['rule_set']!r} is not {OBLIGATION_RULE_SET!r}")
    if document.get("reason_order", order) != order:
        raise Unreadable("reason_order: not the order in which this register tells the reasons")


def _named(values: object, index: int) -> str:
    name = values.get("id") if isinstance(values, dict) else None
    return name if isinstance(name, str) else f"example number {index}"
