"""Writes ``disclosed``: reads the log in its order and records, once and for all, who is shown what.

One process runs it at a time; a second one started by mistake finds the position moved and writes nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson

from domain.case.events import EventCorrected
from domain.case.state import Case, corrected, evolve, fold
from domain.contract import Json, Leaf, contract_of, cut, encode, leaves, occurred_on, pattern
from domain.disclosure import Shown, agency_shown, disclose_protocol, entitled, may_receive, step
from domain.fact import Fact
from domain.ledger import seal
from domain.ledger.disclosed import Disclosed, Row
from domain.ledger.mapper import Entry
from domain.ledger.store import PROTOCOL, Log
from domain.message import Kind
from domain.protocol.state import Protocol
from domain.protocol.state import evolve as evolve_protocol
from domain.protocol.state import fold as fold_protocol
from domain.rules.calendar import legal_day

BATCH = 500
"""Events disclosed in one transaction: larger batches gain nothing and lengthen the first wait."""

STORIES = 2_000
"""Cases kept folded in memory: those of an Ambito that move in a day, at about 50 kB each."""


@dataclass(slots=True)
class _Story:
    """A case as far as it was disclosed: its facts, what they add up to, and what each recipient has."""

    entries: dict[UUID, Entry] = field(default_factory=dict)
    case: Case = field(default_factory=Case)
    shown: dict[str, dict[UUID, frozenset[str]]] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        self.entries[entry.fact.event_id] = entry
        if isinstance(entry.fact.event, EventCorrected):
            self.case = fold(self.facts)
        else:
            self.case = evolve(self.case, entry.fact)

    @property
    def facts(self) -> list[Fact[Any]]:
        return [entry.fact for entry in self.entries.values()]


class Discloser:
    """Follows the log for a list of recipients. Not thread-safe: one step at a time."""

    def __init__(self, log: Log, disclosed: Disclosed, recipients: Iterable[str]) -> None:
        self._log, self._disclosed = log, disclosed
        self._recipients = tuple(recipients)
        self._stories: OrderedDict[UUID, _Story] = OrderedDict()
        self._protocol: Protocol | None = None

    def step(self) -> int:
        """Disclose the next batch of the log; the number of its events, 0 where there is nothing new."""
        after = self._disclosed.position()
        entries = self._log.after(after, BATCH)
        if not entries:
            return 0
        try:
            rows = [row for entry in entries for row in self._rows(entry, after)]
            self._disclosed.add(after, entries[-1].fact.position, rows)
        except BaseException:
            # What was folded ahead of the record must not be taken for disclosed.
            self._stories.clear()
            self._protocol = None
            raise
        return len(entries)

    def _rows(self, entry: Entry, after: int) -> Iterator[Row]:
        if entry.fact.case_id == PROTOCOL:
            yield from self._protocol_rows(entry, after)
        else:
            yield from self._case_rows(entry, after)

    # --- the protocol ------------------------------------------------------------------------------

    def _protocol_rows(self, entry: Entry, after: int) -> Iterator[Row]:
        # A body that withdraws is still told so itself; what comes later no longer reaches it.
        before = self._protocol_at(after)
        self._protocol = evolve_protocol(before, entry.fact)
        for recipient in self._receiving(entry.fact, before):
            shown = disclose_protocol(entry.fact, self._protocol, recipient)
            if shown is not None:
                yield self._row(recipient, "fact", entry, shown)

    def _protocol_at(self, position: int) -> Protocol:
        if self._protocol is None:
            facts = self._log.facts(PROTOCOL)
            self._protocol = fold_protocol(fact for fact in facts if fact.position <= position)
        return self._protocol

    def _receiving(self, fact: Fact[Any], protocol: Protocol) -> list[str]:
        assert fact.recorded_at is not None
        day = legal_day(fact.recorded_at)
        return [recipient for recipient in self._recipients if may_receive(protocol, recipient, day)]

    # --- cases -------------------------------------------------------------------------------------

    def _case_rows(self, entry: Entry, after: int) -> Iterator[Row]:
        story = self._story(entry.fact.case_id, after)
        before = story.case
        story.add(entry)
        receiving = self._receiving(entry.fact, self._protocol_at(after))
        if isinstance(entry.fact.event, EventCorrected):
            for recipient in self._recipients:
                yield from self._after_correction(entry, story, recipient, recipient in receiving)
            return
        for recipient in receiving:
            had = story.shown.setdefault(recipient, {})
            for each in step(before, story.case, entry.fact, recipient):
                event_id = each.fact.event_id
                if each.backfill and each.shown.paths <= had.get(event_id, frozenset()):
                    continue
                shown = replace(each.shown, paths=each.shown.paths | had.get(event_id, frozenset()))
                had[event_id] = shown.paths
                kind: Kind = "backfill" if each.backfill else "fact"
                yield self._row(recipient, kind, story.entries[event_id], shown, each.fact)

    def _story(self, case_id: UUID, after: int) -> _Story:
        story = self._stories.get(case_id)
        if story is None:
            story = _Story()
            for entry in self._log.entries(case_id):
                if entry.fact.position <= after:
                    story.entries[entry.fact.event_id] = entry
            story.case = fold(story.facts)
            for recipient, event_id, kind, paths in self._disclosed.shown(case_id):
                had = story.shown.setdefault(recipient, {})
                if kind == "withdrawn":
                    had.pop(event_id, None)
                else:
                    had[event_id] = frozenset(paths)
            self._stories[case_id] = story
        self._stories.move_to_end(case_id)
        while len(self._stories) > STORIES:
            self._stories.popitem(last=False)
        return story

    def _after_correction(
        self, entry: Entry, story: _Story, recipient: str, receiving: bool
    ) -> Iterator[Row]:
        """What a correction changes for one recipient.

        It goes to exactly those who were shown the fact, with the same fields, also after their ground
        ended; what rested on a ground that proves wrong is withdrawn, what a right one opens is shown.
        """
        had = story.shown.setdefault(recipient, {})
        if not had and not receiving:
            return
        now = entitled(story.facts, recipient)
        standing = {fact.event_id: fact for fact in corrected(story.facts)}
        target = entry.fact.event.corrects_event_id
        if target in had and entry.fact.event.voids:
            had.pop(target)
            yield self._correction(entry, recipient, frozenset(), {})
        elif target in had and target in now and _fields(had[target]) <= _fields(now[target].paths):
            had[target] = _same_fields(now[target], had[target])
            yield self._correction(entry, recipient, had[target], now[target].replaced)
        for event_id, paths in list(had.items()):
            if isinstance(story.entries[event_id].fact.event, EventCorrected):
                continue
            if event_id not in now or not paths <= now[event_id].paths:
                had.pop(event_id)
                yield self._withdrawn(recipient, story.entries[event_id])
        for event_id, shown in now.items():
            if receiving and not shown.paths <= had.get(event_id, frozenset()):
                had[event_id] = shown.paths
                yield self._row(recipient, "backfill", story.entries[event_id], shown, standing[event_id])

    def _correction(
        self, entry: Entry, recipient: str, paths: frozenset[str], replaced: Mapping[str, Json]
    ) -> Row:
        """The correction, cut to the fields that the recipient had and may still have."""
        given = {leaf.path for leaf in leaves(EventCorrected, encode(entry.fact.event))}
        inside = {f"new_value.{path}" for path in paths} & given
        shown = Shown(
            "R",
            "correction",
            frozenset({"corrects_event_id", "voids"} | inside),
            {path: value for name, value in replaced.items() if (path := f"new_value.{name}") in inside},
        )
        return self._row(recipient, "correction", entry, shown)

    # --- rows --------------------------------------------------------------------------------------

    def _withdrawn(self, recipient: str, entry: Entry) -> Row:
        return self._row(recipient, "withdrawn", entry, Shown("R", "withdrawn", frozenset()))

    def _row(
        self, recipient: str, kind: Kind, entry: Entry, shown: Shown, standing: Fact[Any] | None = None
    ) -> Row:
        """A row as it is kept for ever: the values shown, the personal ones sealed under the same keys."""
        fact = standing or entry.fact
        contract = contract_of(fact.event)
        values = entry.values
        resealed: Mapping[str, Json] = self._sealed(fact, shown.replaced)
        if fact.event is not entry.fact.event:
            # The fact as corrected: its values lie in the corrections, so they are sealed again.
            resealed = {**self._sealed_event(fact), **resealed}
            values = encode(fact.event)
        data = cut(values, shown.paths, {p: resealed[p] for p in shown.paths if p in resealed})
        day = occurred_on(fact.event)
        payload = {
            "occurred_on": day.isoformat() if day and shown.paths else None,
            "agency": agency_shown(fact, recipient),
            "data": data,
        }
        return Row(
            recipient=recipient,
            kind=kind,
            position=fact.position,
            event_id=fact.event_id,
            stream_id=fact.case_id,
            version=fact.version,
            type=contract.stored_name,
            ground=shown.ground,
            paths=tuple(sorted(shown.paths)),
            payload=orjson.dumps(payload),
        )

    def _sealed_event(self, fact: Fact[Any]) -> dict[str, Json]:
        contract = contract_of(fact.event)
        return self._boxes(fact, leaves(contract.type, encode(fact.event)))

    def _sealed(self, fact: Fact[Any], replaced: Mapping[str, Json]) -> dict[str, Json]:
        """What is shown in place of personal values, sealed as they are: it may still tell of the person."""
        if not replaced:
            return {}
        contract = contract_of(fact.event)
        shown = {leaf.path: leaf for leaf in leaves(contract.type, encode(fact.event))}
        return self._boxes(fact, (replace(shown[path], value=value) for path, value in replaced.items()))

    def _boxes(self, fact: Fact[Any], found: Iterable[Leaf]) -> dict[str, Json]:
        return seal.boxed(found, fact.event_id, fact.case_id, self._log.keys)


def _fields(paths: frozenset[str]) -> set[str]:
    return {pattern(path) for path in paths}


def _same_fields(shown: Shown, had: frozenset[str]) -> frozenset[str]:
    """What of a corrected fact is shown to who had it: the same fields, of whatever entries it has now."""
    return frozenset(path for path in shown.paths if pattern(path) in _fields(had))
