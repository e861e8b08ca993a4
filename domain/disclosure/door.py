"""The door itself: the fields of a cell and the rows of its ground, less the masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from domain import seats
from domain.access.events import AccessEvent
from domain.case import events as e
from domain.case.state import Case
from domain.contract import Cell, Json, contract_of, encode, leaves, pattern
from domain.disclosure.grounds import GROUNDS
from domain.disclosure.masks import masks, withheld
from domain.disclosure.masks.mask import HEALTH_SERVICE, NO_ENTRIES, OTHER_SERVICE
from domain.disclosure.measures import own_measure_of
from domain.disclosure.rows import EVERYTHING, Rows
from domain.fact import Fact, kind
from domain.protocol import events as p
from domain.protocol.state import Protocol


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a fact is shown: the paths of its values, and what reads otherwise: some of these, and lists
    that read as empty.
    """

    level: str
    ground: str
    paths: frozenset[str]
    replaced: Mapping[str, Json] = field(default_factory=dict)


def disclose(fact: Fact[Any], case: Case, recipient: str) -> Shown | None:
    """What a recipient may know of a fact of a case; None for nothing. The case is in clear."""
    cell = _cell(fact, recipient)
    if cell is None or cell.ground not in GROUNDS or withheld(fact, case, recipient):
        return None
    if case.closed_on and not isinstance(fact.event, AFTER_THE_END) and recipient not in STANDING:
        return None
    rows = GROUNDS[cell.ground](fact, case, recipient)
    if rows is None:
        return None
    if own_measure_of(fact, recipient):
        cell = Cell(cell.actors, "F", cell.ground)
    return _cut(fact, case, recipient, cell, rows)


STANDING = frozenset({"inps", "ats"})
"""Whose ground does not end with the case: INPS pays, the Ambito holds the register."""

AFTER_THE_END = (e.CaseClosed, e.SuspensionLifted, e.MeasureAnnulled)
"""What a closed case still tells: that it is closed, and the end of a measure to who was told of it."""


def disclose_protocol(fact: Fact[Any], protocol: Protocol, recipient: str) -> Shown | None:
    """What a recipient may know of a fact of the protocol or of the Tavolo; None for nothing.

    The bodies that signed know it; a holder knows its PUC, a party its agreement.
    """
    cell = _cell(fact, recipient)
    holds = PROTOCOL_GROUNDS.get(cell.ground) if cell else None
    if cell is None or holds is None or not holds(fact, protocol, recipient):
        return None
    return _cut(fact, Case(), recipient, cell, EVERYTHING)


def _always(_fact: Fact[Any], _protocol: Protocol, recipient: str) -> bool:
    """Of INPS and the SIL there is one; a CPI is one of several where it has a code of its own."""
    return recipient in ("inps", "sil") or kind(recipient) == "cpi"


def _holder(fact: Fact[p.PucOpened | p.PucEnded], protocol: Protocol, recipient: str) -> bool:
    opened = fact.event if isinstance(fact.event, p.PucOpened) else protocol.pucs.get(fact.event.puc_id)
    return opened is not None and seats.is_seat(recipient, opened.holder)


PROTOCOL_GROUNDS: dict[str, Callable[[Any, Protocol, str], bool]] = {
    "ambito": lambda fact, protocol, r: r == "ats",
    "signatory": lambda fact, protocol, r: protocol.signatory(r),
    "always": _always,
    "holder": _holder,
    "party": lambda fact, protocol, r: seats.is_seat(r, fact.event.party),
}


def _cell(fact: Fact[Any], recipient: str) -> Cell | None:
    """The cell of a recipient; none where a fact is told otherwise, or to nobody.

    A correction and an erasure follow the fact that they speak of. The access log is never delivered: who
    read a case file is told on request, by an extract, to whom the cells name.
    """
    if isinstance(fact.event, e.EventCorrected | e.PersonalDataErased | AccessEvent):
        return None
    return contract_of(fact.event).cell(kind(recipient))


TELLING = (
    e.MemberConditionRecorded,
    e.EventCorrected,
    e.CommitmentFulfilled,
    e.SupportActivated,
    e.SupportEnded,
)
"""Facts of which the Ambito learns that they were recorded, not what they are about: who certifies or reports
what would tell.
"""

TELLS_NOTHING = frozenset({"servizio-sociale", "ats", "comune", "inps", "system"})


def agency_shown(fact: Fact[Any], recipient: str) -> str:
    """The agency that recorded, as a recipient may read it."""
    by = fact.recorder
    if seats.is_seat(recipient, by.agency, by.unit):
        return by.agency
    if recipient == "ats" and isinstance(fact.event, TELLING) and by.kind not in TELLS_NOTHING:
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
    paths = shown.paths
    replaced, emptied = dict[str, Json](), _emptied(shown)
    for path, value in masks(fact, case, recipient):
        under = {p for p in paths if p == path or p.startswith((f"{path}.", f"{path}["))}
        if value is None or value is NO_ENTRIES:
            paths -= under
        else:
            replaced |= dict.fromkeys(under, value)
        if value is NO_ENTRIES and under:
            emptied[path] = []
    return replace(shown, paths=paths, replaced={p: v for p, v in replaced.items() if p in paths} | emptied)


def _emptied(shown: Shown) -> dict[str, Json]:
    """The lists that read as empty: none of their values is among the paths, so that to empty one again,
    or to hide what was shown of it, tells nothing more of the fact.
    """
    return {path: value for path, value in shown.replaced.items() if path not in shown.paths}


def _in_fields(path: str, fields: tuple[str, ...]) -> bool:
    return any(path == f or path.startswith((f"{f}.", f"{f}[")) for f in fields)


def _in_rows(path: str, rows: Rows) -> bool:
    name, bracket, rest = path.partition("[")
    if not bracket or name not in rows:
        # A list that is empty has no rows to withhold; one left whole in a leaf is not cut by rows.
        return True
    return int(rest.split("]", 1)[0]) in rows[name]
