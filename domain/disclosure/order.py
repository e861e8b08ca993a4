"""Disclosure in the order of the log: what one more fact tells, and what it all adds up to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from domain.case.events import CaseClosed, EventCorrected
from domain.case.state import Case, corrected, evolve, fold
from domain.disclosure.door import Shown, disclose, masked
from domain.disclosure.links import CHANGES_GROUNDS, grounds
from domain.disclosure.masks import withheld
from domain.fact import Fact
from domain.message import Kind
from domain.protocol.events import ProtocolSigned
from domain.protocol.state import Protocol


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One thing to show a recipient: a fact, for what it is now or as a backfill of a ground gained."""

    fact: Fact[Any]
    shown: Shown
    backfill: bool = False


Had = dict[UUID, frozenset[str]]
"""What a recipient was shown last of each fact."""


NEW_VALUE = "new_value."


def recall(had: Had, fact: Fact[Any], kind: Kind, paths: Iterable[str]) -> None:
    """Take up a row that was written on a fact: with those before it, what a recipient has is in ``had``."""
    if kind == "withdrawn":
        had.pop(fact.event_id, None)
    elif kind == "correction":
        had.pop(fact.event.corrects_event_id, None)
        if not fact.event.voids:
            had[fact.event.corrects_event_id] = _corrected(paths)
    elif kind != "erasure":
        had[fact.event_id] = frozenset(paths)


def _corrected(paths: Iterable[str]) -> frozenset[str]:
    """The paths of the fact that a correction speaks of, from those of the correction."""
    return frozenset(path.removeprefix(NEW_VALUE) for path in paths if path.startswith(NEW_VALUE))


def as_sent(shown: Shown, had: frozenset[str]) -> Shown:
    """What may be read of a fact, as far as it was sent; a list reads as empty beside what was sent of it."""
    paths = shown.paths & had
    replaced = {
        path: value
        for path, value in shown.replaced.items()
        if path in paths or (path not in shown.paths and _beside(path, had))
    }
    return replace(shown, paths=paths, replaced=replaced)


def _beside(path: str, had: frozenset[str]) -> bool:
    around = path.rpartition(".")[0]
    return any(each.startswith(f"{around}.") for each in had) if around else bool(had)


def step(
    before: Case, after: Case, fact: Fact[Any], recipient: str, had: Had, today: Case | None = None
) -> Iterator[Disclosed]:
    """What one more fact (not a correction) lets a recipient know: what a new ground opens, then the fact.

    Where it is told late, ``today`` is the case as it is now, whose masks hold too.
    """
    if isinstance(fact.event, CHANGES_GROUNDS) and grounds(after, recipient) - grounds(before, recipient):
        yield from opened(before.facts.values(), after, recipient, had, today)
    own = late(disclose(fact, after, recipient), fact, recipient, today)
    if own is not None:
        had[fact.event_id] = own.paths
        yield Disclosed(fact, own)


def opened(
    facts: Iterable[Fact[Any]], case: Case, recipient: str, had: Had, today: Case | None = None
) -> Iterator[Disclosed]:
    """What a recipient may know now of earlier facts beyond what it had, which is said again with it."""
    for fact in facts:
        if isinstance(fact.event, CaseClosed) and not had:
            continue  # the end of a charge that never was
        now, held = late(disclose(fact, case, recipient), fact, recipient, today), had.get(fact.event_id)
        if now is None or (held is not None and now.paths <= held):
            continue
        whole = replace(now, paths=now.paths | (held or frozenset()))
        both = late(masked(whole, fact, case, recipient), fact, recipient, today)
        if both is not None:
            had[fact.event_id] = both.paths
            yield Disclosed(fact, both, backfill=True)


def late(shown: Shown | None, fact: Fact[Any], recipient: str, today: Case | None) -> Shown | None:
    """What of a fact is told where that is late: what ``today`` hides as well is not. None for nothing."""
    if shown is None or today is None:
        return shown
    if withheld(today.facts.get(fact.event_id, fact), today, recipient):
        return None
    now = masked(shown, fact, today, recipient)
    then = {path: value for path, value in shown.replaced.items() if path in now.paths}
    return replace(now, replaced={**then, **now.replaced})


def entitled(facts: Iterable[Fact[Any]], recipient: str) -> dict[UUID, Shown]:
    """What a recipient would have been shown of a case, had the corrections been known from the start."""
    found: dict[UUID, Shown] = {}
    had: Had = {}
    case = Case()
    for fact in corrected(facts):
        if isinstance(fact.event, EventCorrected):
            continue
        before, case = case, evolve(case, fact)
        for disclosed in step(before, case, fact, recipient, had):
            found[disclosed.fact.event_id] = disclosed.shown
    return found


def readable(facts: Iterable[Fact[Any]], recipient: str, today: Case | None = None) -> dict[UUID, Shown]:
    """What a reader may be given of what it is entitled to: a mask that came later counts too.

    ``facts`` may be those of an earlier day; ``today`` is then the case as it is now, whose masks hold.
    """
    facts = list(facts)
    case = today or fold(facts)
    standing = {fact.event_id: fact for fact in corrected(facts)}
    return {
        event_id: masked(shown, standing[event_id], case, recipient)
        for event_id, shown in entitled(facts, recipient).items()
    }


def may_receive(protocol: Protocol, recipient: str, day: date) -> bool:
    """Whether a body receives on a day: not once its withdrawal has effect (art. 12), until it signs anew."""
    if protocol.left(recipient, day):
        return False
    signed = [event for event in protocol.said.values() if isinstance(event, ProtocolSigned)]
    once = any(replace(protocol, signed=event).signatory(recipient) for event in signed)
    return protocol.signatory(recipient) or not once
