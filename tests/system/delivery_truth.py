"""What a whole log must have told, and what a view must hold of all that was told, each worked out at once.

Two pure functions, beside the code that does the same a batch at a time: nothing is remembered between two
facts, each is judged on its case folded from the first fact. Without erasures: a log cannot tell afterwards
what it disclosed of what it no longer can read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.case.events import EventCorrected
from domain.case.state import fold
from domain.catalogue import stored_as
from domain.contract import contract_of, cut, encode, leaves, occurred_on, pattern
from domain.disclosure import (
    Had,
    Shown,
    agency_shown,
    disclose_protocol,
    entitled,
    masked,
    may_receive,
    opened,
    step,
)
from domain.fact import Fact
from domain.ledger.store import PROTOCOL
from domain.message import Message
from domain.protocol.state import fold as fold_protocol
from domain.published.frozen import type_of
from domain.rules.calendar import legal_day

Facts = Sequence[Fact[Any]]


class Told(NamedTuple):
    """One thing a recipient was told; ``paths`` are not told, they say what it has from then on."""

    kind: str
    event_id: UUID
    case_id: UUID
    version: int
    type: str
    ground: str
    occurred_on: date | None
    agency: str
    data: Mapping[str, Any]
    paths: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """All that is told, to be compared and counted."""
        return repr((self[:8], _sorted(self.data)))


def told_by(message: Message) -> Told:
    return Told(
        message.kind,
        message.event_id,
        message.case_id,
        message.version,
        message.type,
        message.ground,
        message.occurred_on,
        message.agency,
        message.data,
    )


# --- from the log to what is told -------------------------------------------------------------------------


def told_of(facts: Facts, recipient: str) -> list[Told]:
    """All that a recipient must have been told of a log, in order. ``facts`` are all there are, in order."""
    told: list[Told] = []
    protocol: list[Fact[Any]] = []
    cases: dict[UUID, list[Fact[Any]]] = {}
    of_case: dict[UUID, list[Told]] = {}
    for fact in facts:
        match contract_of(fact.event).aggregate:
            case "case":
                history = cases.setdefault(fact.case_id, [])
                history.append(fact)
                earlier = of_case.setdefault(fact.case_id, [])
                new = list(_of_a_case(history, earlier, protocol, recipient))
                earlier += new
                told += new
            case "protocol" | "table":
                before = list(protocol)
                if fact.case_id == PROTOCOL:
                    protocol.append(fact)
                told += _of_the_protocol(fact, before, protocol, recipient)
            case _:
                pass  # who read what is told to nobody
    return told


def _of_the_protocol(fact: Fact[Any], before: Facts, now: Facts, recipient: str) -> Iterator[Told]:
    if _receives(before, recipient, fact) or _receives(now, recipient, fact):
        shown = disclose_protocol(fact, fold_protocol(now), recipient)
        if shown is not None:
            yield _told("fact", fact, shown, recipient)


def _of_a_case(history: Facts, earlier: Sequence[Told], protocol: Facts, recipient: str) -> Iterator[Told]:
    *before, fact = history
    had, receives = _had(earlier), _receives(protocol, recipient, fact)
    if isinstance(fact.event, EventCorrected):
        if had or receives:
            yield from _of_a_correction(history, had, receives, recipient)
    elif receives:
        for each in step(fold(before), fold(history), fact, recipient, had):
            yield _told("backfill" if each.backfill else "fact", each.fact, each.shown, recipient)


def _of_a_correction(history: Facts, had: Had, receives: bool, recipient: str) -> Iterator[Told]:
    correction, case = history[-1], fold(history)
    stands = entitled(history, recipient)
    target = correction.event.corrects_event_id
    if target in had and correction.event.voids:
        del had[target]
        yield _told_corrected(correction, Shown("R", "correction", frozenset()), recipient)
    elif target in had and target in stands and _fields(had[target]) <= _fields(stands[target].paths):
        fields = _fields(had[target])
        still = frozenset(path for path in stands[target].paths if pattern(path) in fields)
        shown = masked(replace(stands[target], paths=still), case.facts[target], case, recipient)
        had[target] = shown.paths
        yield _told_corrected(correction, shown, recipient)
    for event_id in [each for each in had if each not in stands or not had[each] <= stands[each].paths]:
        del had[event_id]
        gone = next(fact for fact in history if fact.event_id == event_id)
        yield _told("withdrawn", gone, Shown("R", "withdrawn", frozenset()), recipient)
    if receives:
        for each in opened(case.facts.values(), case, recipient, had):
            yield _told("backfill", each.fact, each.shown, recipient)


def _told_corrected(correction: Fact[Any], shown: Shown, recipient: str) -> Told:
    new = "new_value."
    said = {leaf.path for leaf in leaves(EventCorrected, encode(correction.event))}
    paths = frozenset({"corrects_event_id", "voids"} | {new + path for path in shown.paths})
    replaced = {new + path: value for path, value in shown.replaced.items() if new + path in said}
    return _told("correction", correction, Shown("R", "correction", paths, replaced), recipient)


def _told(kind: str, fact: Fact[Any], shown: Shown, recipient: str) -> Told:
    return Told(
        kind,
        fact.event_id,
        fact.case_id,
        fact.version,
        type_of(contract_of(fact.event)),
        shown.ground,
        None if kind == "withdrawn" else occurred_on(fact.event),
        agency_shown(fact, recipient),
        cut(encode(fact.event), shown.paths, shown.replaced),
        shown.paths,
    )


def _had(told: Iterable[Told]) -> Had:
    """What a recipient has of a case, by all that it was told of it."""
    had: Had = {}
    for each in told:
        if each.kind == "withdrawn":
            had.pop(each.event_id, None)
        elif each.kind == "correction":
            target = UUID(str(each.data["corrects_event_id"]))
            had.pop(target, None)
            if not each.data.get("voids"):
                new = "new_value."
                had[target] = frozenset(p.removeprefix(new) for p in each.paths if p.startswith(new))
        else:
            had[each.event_id] = each.paths
    return had


def _receives(protocol: Facts, recipient: str, fact: Fact[Any]) -> bool:
    assert fact.recorded_at is not None
    return may_receive(fold_protocol(protocol), recipient, legal_day(fact.recorded_at))


def _fields(paths: Iterable[str]) -> set[str]:
    return {pattern(path) for path in paths}


# --- from what is told to a view --------------------------------------------------------------------------


class Row(NamedTuple):
    """A row of ``views.shown_v1``."""

    event_id: UUID
    case_id: UUID
    seq: int
    version: int
    type: str
    kind: str
    ground: str
    occurred_on: date | None
    recorded_at: datetime
    agency: str
    data: Any


def view_of(messages: Iterable[Message]) -> dict[UUID, Row]:
    """What ``views.shown_v1`` must hold of all that a recipient was sent, one message after the other."""
    rows: dict[UUID, Row] = {}
    for message in messages:
        if message.kind == "withdrawn":
            _drop(rows, message.event_id)
            continue
        if message.kind == "correction":
            _correct(rows, message.data)
        rows[message.event_id] = Row(
            message.event_id,
            message.case_id,
            message.seq,
            message.version,
            message.type,
            message.kind,
            message.ground,
            message.occurred_on,
            message.recorded_at,
            message.agency,
            dict(message.data),
        )
    return rows


def _drop(rows: dict[UUID, Row], event_id: UUID) -> None:
    """A fact goes, and the corrections of it."""
    rows.pop(event_id, None)
    for each in [row.event_id for row in rows.values() if _corrects(row, event_id)]:
        del rows[each]


def _corrects(row: Row, event_id: UUID) -> bool:
    return row.kind == "correction" and row.data["corrects_event_id"] == str(event_id)


def _correct(rows: dict[UUID, Row], said: Mapping[str, Any]) -> None:
    target = UUID(said["corrects_event_id"])
    if said.get("voids"):
        _drop(rows, target)
    elif target in rows:
        row, new = rows[target], said.get("new_value") or {}
        happened = stored_as(row.type)[0].happened
        day = date.fromisoformat(new[happened][:10]) if happened and new.get(happened) else row.occurred_on
        rows[target] = row._replace(data=row.data | new, occurred_on=day)


class Listed(NamedTuple):
    """A row of ``views.cases_v1``."""

    first_seq: int
    last_seq: int
    facts: int
    last_type: str
    last_recorded_at: datetime


def cases_of(rows: Mapping[UUID, Row]) -> dict[UUID, Listed]:
    """What ``views.cases_v1`` must hold, by case."""
    found: dict[UUID, list[Row]] = {}
    for row in rows.values():
        if row.type.startswith("adi.case."):
            found.setdefault(row.case_id, []).append(row)
    return {
        case_id: Listed(
            min(row.seq for row in of),
            max(row.seq for row in of),
            len(of),
            max(of, key=lambda row: row.seq).type,
            max(row.recorded_at for row in of),
        )
        for case_id, of in found.items()
    }


# --- what differs -----------------------------------------------------------------------------------------


def differences(must: Sequence[Told], sent: Sequence[Message]) -> list[str]:
    """Every way in which what was sent is not what must have been, in words; none where they are equal."""
    found = [
        f"number {message.seq} stands in place {n}"
        for n, message in enumerate(sent, start=1)
        if message.seq != n
    ]
    right, is_there = [each.key for each in must], [told_by(message).key for message in sent]
    lost, more = Counter(right) - Counter(is_there), Counter(is_there) - Counter(right)
    found += [f"lost: {key}" for key in lost]
    found += [f"{'twice' if key in set(right) else 'beyond the matrix'}: {key}" for key in more]
    if not lost and not more and right != is_there:
        at = next(n for n, pair in enumerate(zip(right, is_there, strict=True)) if pair[0] != pair[1])
        found.append(f"out of order from place {at + 1}")
    return found


def beyond(matrix: Mapping[str, Any], column: str, message: Message) -> list[str]:
    """The paths of a message that its column of the matrix (``tests/unit/matrix.json``) does not name."""
    if message.kind in ("withdrawn", "correction"):
        return []  # the one has no data, the other the fields of the fact, which are judged there
    name = "".join(word.capitalize() for word in message.type.split(".")[2].split("_"))
    cell = matrix[name].get(column)
    if cell == "F":
        return []
    named = cell["fields"] if isinstance(cell, dict) else ()
    return [
        path
        for path in _paths(message.data)
        if not any(path == f or path.startswith((f"{f}.", f"{f}[")) for f in named)
    ]


def _paths(data: Any, path: str = "") -> list[str]:
    if isinstance(data, Mapping) and data:
        return [p for name, value in data.items() for p in _paths(value, f"{path}.{name}" if path else name)]
    if isinstance(data, list) and data and isinstance(data[0], Mapping):
        return [p for value in data for p in _paths(value, f"{path}[]")]
    return [path] if path else []


def _sorted(data: Any) -> Any:
    """The same, however its keys were ordered."""
    if isinstance(data, Mapping):
        return sorted((name, _sorted(value)) for name, value in data.items())
    return [_sorted(each) for each in data] if isinstance(data, list | tuple) else data
