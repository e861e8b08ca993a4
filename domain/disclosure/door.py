"""The door itself: the fields of a cell and the rows of its ground, less the masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from domain.case.events import CaseClosed, EventCorrected, MemberConditionRecorded
from domain.case.state import Case
from domain.contract import Cell, Json, contract_of, encode, leaves, pattern
from domain.disclosure import seats
from domain.disclosure.grounds import EVERYTHING, GROUNDS, Rows, own_measure_of
from domain.disclosure.masks import HEALTH_SERVICE, OTHER_SERVICE, masks, withheld
from domain.fact import Fact, kind
from domain.protocol.state import Protocol


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a fact is shown: the paths of its values, and those of these that show another value."""

    level: str
    ground: str
    paths: frozenset[str]
    replaced: Mapping[str, Json] = field(default_factory=dict)


def disclose(fact: Fact[Any], case: Case, recipient: str) -> Shown | None:
    """What a recipient may know of a fact of a case; None for nothing. The case is in clear."""
    actor = kind(recipient)
    cell = contract_of(fact.event).cell(actor)
    if cell is None or isinstance(fact.event, EventCorrected) or withheld(fact, case, recipient):
        return None
    if case.closed_on and not isinstance(fact.event, CaseClosed) and recipient not in STANDING:
        return None
    rows = GROUNDS[cell.ground](fact, case, recipient)
    if rows is None:
        return None
    if own_measure_of(fact, recipient):
        cell = Cell(cell.actors, "F", cell.ground)
    return _cut(fact, case, recipient, cell, rows)


STANDING = frozenset({"inps", "ats"})
"""Whose ground does not end with the case: INPS pays, the Ambito holds the register."""


def disclose_protocol(fact: Fact[Any], protocol: Protocol, recipient: str) -> Shown | None:
    """What a recipient may know of a fact of the protocol: the bodies that signed it know it."""
    cell = contract_of(fact.event).cell(kind(recipient))
    if cell is None:
        return None
    knows = {"ambito": recipient == "ats", "signatory": protocol.signatory(recipient)}
    return _cut(fact, Case(), recipient, cell, EVERYTHING) if knows.get(cell.ground) else None


def agency_shown(fact: Fact[Any], recipient: str) -> str:
    """The agency that recorded, as a recipient may read it."""
    by = fact.recorder
    if seats.is_seat(recipient, by.agency, by.unit):
        return by.agency
    certifies = isinstance(fact.event, MemberConditionRecorded | EventCorrected)
    if recipient == "ats" and certifies and by.kind in ("cpi", "ust", "asl"):
        # The Ambito learns that a condition was recorded, not which: who certifies what would tell.
        return OTHER_SERVICE
    if seats.of_anti_violence(by.agency, by.unit):
        return OTHER_SERVICE
    return HEALTH_SERVICE if seats.of_health(by.agency, by.unit) else by.agency


def _cut(fact: Fact[Any], case: Case, recipient: str, cell: Cell, rows: Rows) -> Shown:
    contract = contract_of(fact.event)
    data = encode(fact.event)
    fields = contract.in_full if cell.level == "F" else cell.fields
    paths = {
        leaf.path
        for leaf in leaves(contract.type, data)
        if _in_fields(pattern(leaf.path), fields) and _in_rows(leaf.path, rows)
    }
    return masked(Shown(cell.level, cell.ground, frozenset(paths)), fact, case, recipient)


def masked(shown: Shown, fact: Fact[Any], case: Case, recipient: str) -> Shown:
    """What is left of what was shown under the masks of the case as it is now."""
    paths, replaced = shown.paths, dict[str, Json]()
    for path, value in masks(fact, case, recipient):
        under = {p for p in paths if p == path or p.startswith((f"{path}.", f"{path}["))}
        if value is None:
            paths -= under
        else:
            replaced |= dict.fromkeys(under, value)
    return replace(shown, paths=paths, replaced={p: v for p, v in replaced.items() if p in paths})


def _in_fields(path: str, fields: tuple[str, ...]) -> bool:
    return any(path == f or path.startswith((f"{f}.", f"{f}[")) for f in fields)


def _in_rows(path: str, rows: Rows) -> bool:
    name, bracket, rest = path.partition("[")
    if not bracket or name not in rows:
        # A list that is empty has no rows to withhold; one left whole in a leaf is not cut by rows.
        return True
    return int(rest.split("]", 1)[0]) in rows[name]
