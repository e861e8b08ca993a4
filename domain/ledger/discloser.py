"""Writes ``disclosed``: reads the log in its order and records, once and for all, who is shown what.

One process runs it at a time; a second one started by mistake finds the position moved, writes nothing, and
reads again what the first one wrote.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from psycopg.errors import SerializationFailure

from domain.case.events import EventCorrected, PersonalDataErased
from domain.case.state import Case, evolve, fold
from domain.contract import Json, Leaf, contract_of, cut, encode, leaves, occurred_on, pattern
from domain.disclosure import (
    NEW_VALUE,
    Had,
    Shown,
    agency_shown,
    disclose_protocol,
    entitled,
    late,
    masked,
    may_receive,
    opened,
    recall,
    step,
)
from domain.fact import Fact
from domain.ledger import seal
from domain.ledger.again import says_nothing_of_items
from domain.ledger.disclosed import Disclosed, Row
from domain.ledger.erased import had_of
from domain.ledger.erasing import keys_of_erasure, past_erasures
from domain.ledger.mapper import Entry
from domain.ledger.parked import BEHIND, Parked
from domain.ledger.recipients import Enrolled
from domain.ledger.store import PROTOCOL, Log, Unreadable
from domain.message import Kind
from domain.protocol.state import Protocol
from domain.protocol.state import evolve as evolve_protocol
from domain.protocol.state import fold as fold_protocol
from domain.published.frozen import type_of
from domain.rules.calendar import legal_day

BATCH = 500
"""Events disclosed in one transaction: larger batches gain nothing and lengthen the first wait."""

ATTEMPTS = 64
"""Times a retry is made again because the discloser moved on meanwhile."""

ALWAYS: frozenset[Kind] = frozenset({"correction", "withdrawn", "erasure"})
"""What goes to who was shown something, whether it still receives or not."""

NEVER = -1
"""A position that the log never has."""

STORIES = 2_000
"""Cases kept folded in memory: those of an Ambito that move in a day, at about 50 kB each."""


@dataclass(slots=True)
class _Story:
    """A case as far as it was disclosed: its facts, what they add up to, and what each recipient has.

    In a retry ``today`` is the case as it is now, whose masks hold too.
    """

    entries: dict[UUID, Entry] = field(default_factory=dict)
    case: Case = field(default_factory=Case)
    shown: dict[str, Had] = field(default_factory=dict)
    today: Case | None = None

    def add(self, entry: Entry) -> None:
        self.entries[entry.fact.event_id] = entry
        if isinstance(entry.fact.event, EventCorrected):
            self.case = fold(self.facts)
        else:
            self.case = evolve(self.case, entry.fact)

    def had(self, recipient: str) -> Had:
        return self.shown.setdefault(recipient, {})

    def recall(self, recipient: str, event_id: UUID, kind: Kind, paths: Iterable[str]) -> None:
        """Take up a row written earlier; one that another discloser is ahead with is left aside."""
        if entry := self.entries.get(event_id):
            recall(self.had(recipient), entry.fact, kind, paths)

    @property
    def facts(self) -> list[Fact[Any]]:
        return [entry.fact for entry in self.entries.values()]

    @property
    def last(self) -> int:
        """The position of its last fact, 0 before the first."""
        return next((entry.fact.position for entry in reversed(self.entries.values())), 0)


class Discloser:
    """Follows the log for the recipients at a moment; others need another one. Not thread-safe.

    What a case told before a recipient was added reaches it, as a backfill, with the next fact of the case.
    ``erase`` carries out an erasure that the log tells of; without it somebody else does.
    """

    def __init__(
        self,
        log: Log,
        disclosed: Disclosed,
        enrolled: Enrolled,
        erase: Callable[[UUID], None] | None = None,
    ) -> None:
        self._log, self._disclosed = log, disclosed
        self._read = past_erasures(log.after, erase) if erase else log.after
        self._enrolled, self._recipients = enrolled, enrolled.all
        self._stories: OrderedDict[UUID, _Story] = OrderedDict()
        self._protocol: Protocol | None = None
        self._at = 0

    def step(self) -> int:
        """Disclose the next batch of the log; the number of its events, 0 where there is nothing new.

        What of a case cannot be disclosed is parked, with all of the case that follows; the others move.
        """
        after = self._disclosed.position()
        if after != self._at:
            # Another one went on from here: what is remembered lacks what it disclosed.
            self._forget(after)
        try:
            entries = _up_to_an_erasure(self._read(after, BATCH))
        except Unreadable as unreadable:
            self._forget(after)
            parked = Parked.by(unreadable.error, unreadable.position, unreadable.case_id)
            self._write(after, unreadable.position, [], [_may_park(parked, unreadable.error)])
            return 1
        if not entries:
            return 0
        waiting = self._disclosed.waiting({entry.fact.case_id for entry in entries})
        try:
            rows = [
                row for entry in entries if not _waits(entry, waiting) for row in self._rows(entry, after)
            ]
            behind = [_behind(entry) for entry in entries if _waits(entry, waiting)]
            self._write(after, entries[-1].fact.position, rows, behind)
        except BaseException as error:
            # What was folded ahead of the record must not be taken for disclosed.
            self._forget(after)
            if says_nothing_of_items(error) or not isinstance(error, Exception):
                raise
            self._one_by_one(entries, after, waiting)
        return len(entries)

    def _one_by_one(self, entries: Sequence[Entry], after: int, waiting: set[UUID]) -> None:
        """The same, each fact in a transaction of its own, so that only what fails alone is parked."""
        for entry in entries:
            position = entry.fact.position
            try:
                rows = [] if _waits(entry, waiting) else list(self._rows(entry, after))
                self._write(after, position, rows, [_behind(entry)] if _waits(entry, waiting) else [])
            except Exception as error:
                if says_nothing_of_items(error):
                    raise
                self._forget(after)
                parked = Parked.by(error, position, entry.fact.case_id)
                self._write(after, position, [], [_may_park(parked, error)])
                waiting.add(entry.fact.case_id)
            after = position

    def _write(self, after: int, up_to: int, rows: Sequence[Row], parked: Sequence[Parked]) -> None:
        self._disclosed.add(after, up_to, rows, parked, self._enrolled.number)
        self._at = up_to

    def retry(self, stream_id: UUID, today: date) -> int:
        """Disclose what is parked of a stream, in its order, up to what fails again; how many facts went.

        Each is judged on the case and the protocol as they were when it was recorded, like every other. But
        who receives nothing ``today`` is shown nothing new, and nobody what the case as it stands hides.
        """
        done = 0
        for pointer in self._disclosed.parked(stream_id):
            number = pointer.parked.number
            try:
                self._retry(number, today)
            except Exception as error:
                if says_nothing_of_items(error):
                    raise
                cause = error.error if isinstance(error, Unreadable) else error
                self._disclosed.park_again(Parked.by(cause, number, stream_id))
                break
            finally:
                # What was remembered is of another day than the next step's.
                self._forget(NEVER)
            done += 1
        return done

    def _retry(self, position: int, today: date) -> None:
        for attempt in range(ATTEMPTS):
            at = self._disclosed.position()
            self._forget(position - 1)
            (entry,) = self._read(position - 1, 1)
            if contract_of(entry.fact.event).aggregate == "case":
                case_id = entry.fact.case_id
                self._story(case_id, position - 1).today = fold(self._log.facts(case_id))
            rows = list(self._rows(entry, position - 1))
            self._forget(at)
            now = self._protocol_at(at)
            rows = [row for row in rows if row.kind in ALWAYS or may_receive(now, row.recipient, today)]
            try:
                self._disclosed.add_parked(at, position, rows, self._enrolled.number)
                return
            except SerializationFailure:
                if attempt == ATTEMPTS - 1:
                    raise

    def _forget(self, at: int) -> None:
        self._stories.clear()
        self._protocol, self._at = None, at

    def _rows(self, entry: Entry, after: int) -> Iterator[Row]:
        match contract_of(entry.fact.event).aggregate:
            case "case":
                yield from self._case_rows(entry, after)
            case "protocol" | "table":
                yield from self._protocol_rows(entry, after)
            case _:
                return  # the access log is read by who runs the register, and goes to nobody

    # --- the protocol ------------------------------------------------------------------------------

    def _protocol_rows(self, entry: Entry, after: int) -> Iterator[Row]:
        before = self._protocol_at(after)
        now = before if entry.fact.case_id != PROTOCOL else evolve_protocol(before, entry.fact)
        self._protocol = now
        # Who withdraws is still told so, and who signs anew is told that; what comes between reaches neither.
        receiving = {*self._receiving(entry.fact, before), *self._receiving(entry.fact, now)}
        for recipient in self._recipients:
            shown = disclose_protocol(entry.fact, now, recipient) if recipient in receiving else None
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
        return [recipient for recipient in self._enrolled.since if may_receive(protocol, recipient, day)]

    # --- cases -------------------------------------------------------------------------------------

    def _case_rows(self, entry: Entry, after: int) -> Iterator[Row]:
        if isinstance(entry.fact.event, PersonalDataErased):
            yield from self._after_erasure(entry)
            return
        story = self._story(entry.fact.case_id, after)
        before, last = story.case, story.last
        story.add(entry)
        receiving = self._receiving(entry.fact, self._protocol_at(after))
        if isinstance(entry.fact.event, EventCorrected):
            for recipient in self._recipients:
                yield from self._after_correction(entry, story, recipient, recipient in receiving)
            return
        for recipient in receiving:
            had = story.had(recipient)
            if last <= self._enrolled.since[recipient]:
                for each in opened(before.facts.values(), story.case, recipient, had, story.today):
                    yield self._row(
                        recipient, "backfill", story.entries[each.fact.event_id], each.shown, each.fact
                    )
            for each in step(before, story.case, entry.fact, recipient, had, story.today):
                kind: Kind = "backfill" if each.backfill else "fact"
                yield self._row(recipient, kind, story.entries[each.fact.event_id], each.shown, each.fact)

    def _story(self, case_id: UUID, after: int) -> _Story:
        story = self._stories.get(case_id)
        if story is None:
            story = _Story()
            for entry in self._log.entries(case_id, after):
                story.entries[entry.fact.event_id] = entry
            story.case = fold(story.facts)
            for recipient, event_id, kind, paths in self._disclosed.shown(case_id):
                story.recall(recipient, event_id, kind, paths)
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
        ended; what rested on a ground that proves wrong is withdrawn, what a right one opens is shown. New
        values are masked as the case is now: an address of a time before a protection path is not renewed.
        """
        had = story.had(recipient)
        if not had and not receiving:
            return
        stands = entitled(story.facts, recipient)
        target = entry.fact.event.corrects_event_id
        if target in had and entry.fact.event.voids:
            had.pop(target)
            yield self._correction(entry, recipient, Shown("R", "correction", frozenset()))
        elif target in had and target in stands and _fields(had[target]) <= _fields(stands[target].paths):
            same = _same_fields(stands[target], had[target])
            standing = story.case.facts[target]
            shown = late(masked(same, standing, story.case, recipient), standing, recipient, story.today)
            if shown is not None:
                had[target] = shown.paths
                yield self._correction(entry, recipient, shown)
        for event_id, paths in list(had.items()):
            if event_id not in stands or not paths <= stands[event_id].paths:
                had.pop(event_id)
                yield self._withdrawn(recipient, story.entries[event_id])
        if receiving:
            for each in opened(story.case.facts.values(), story.case, recipient, had, story.today):
                entry_of = story.entries[each.fact.event_id]
                yield self._row(recipient, "backfill", entry_of, each.shown, each.fact)

    def _correction(self, entry: Entry, recipient: str, now: Shown) -> Row:
        """The correction, cut to the fields that the recipient had and may still have.

        Its paths name all of these, corrected or not: so the next correction knows what the recipient has.
        """
        given = {leaf.path for leaf in leaves(EventCorrected, encode(entry.fact.event))}
        shown = Shown(
            "R",
            "correction",
            frozenset({"corrects_event_id", "voids"} | {NEW_VALUE + path for path in now.paths}),
            {
                NEW_VALUE + path: value
                for path, value in now.replaced.items()
                if any(p == NEW_VALUE + path or p.startswith(f"{NEW_VALUE}{path}[") for p in given)
            },
        )
        return self._row(recipient, "correction", entry, shown)

    def _after_erasure(self, entry: Entry) -> Iterator[Row]:
        """An erasure goes to exactly those who were shown something personal of the person (GDPR art. 19).

        Also to who has nothing of it any more: it was shown, and may have been kept.
        """
        fact = entry.fact
        # The story is told again from the log, where what was erased cannot be read.
        self._stories.pop(fact.case_id, None)
        key_ids = keys_of_erasure(fact.event.member_id, self._log)
        for recipient, rows in self._disclosed.payloads(fact.case_id).items():
            had = had_of(key_ids, rows) if recipient in self._recipients else None
            if had is not None:
                yield self._erasure(entry, recipient, had)

    def _erasure(self, entry: Entry, recipient: str, had: Mapping[UUID, list[str]]) -> Row:
        fact = entry.fact
        payload = {
            "occurred_on": fact.event.erased_on.isoformat(),
            "agency": agency_shown(fact, recipient),
            "data": {
                "erased": [{"event_id": str(event_id), "paths": paths} for event_id, paths in had.items()]
            },
        }
        return Row(
            recipient=recipient,
            kind="erasure",
            position=fact.position,
            event_id=fact.event_id,
            stream_id=fact.case_id,
            version=fact.version,
            type=type_of(contract_of(fact.event)),
            ground="erasure",
            paths=(),
            payload=orjson.dumps(payload),
        )

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
        told = shown.paths | shown.replaced.keys()
        data = cut(values, shown.paths, {p: value for p, value in resealed.items() if p in told})
        day = occurred_on(fact.event)
        payload = {
            "occurred_on": day.isoformat() if day and kind != "withdrawn" else None,
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
            type=type_of(contract),
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
        found = leaves(contract.type, encode(fact.event))
        return self._boxes(fact, (_in_place(path, value, found) for path, value in replaced.items()))

    def _boxes(self, fact: Fact[Any], found: Iterable[Leaf]) -> dict[str, Json]:
        return seal.boxed(found, fact.event_id, fact.case_id, self._log.keys)


def _waits(entry: Entry, waiting: Collection[UUID]) -> bool:
    """Whether a fact is parked behind another one. An erasure is not: it rests on what was disclosed."""
    return entry.fact.case_id in waiting and not isinstance(entry.fact.event, PersonalDataErased)


def _behind(entry: Entry) -> Parked:
    return Parked(entry.fact.position, entry.fact.case_id, BEHIND)


def _may_park(parked: Parked, error: Exception) -> Parked:
    """Not a fact of the protocol: it says who may receive anything, so nothing is disclosed without it."""
    if parked.case_id == PROTOCOL:
        raise error
    return parked


def _up_to_an_erasure(entries: Sequence[Entry]) -> Sequence[Entry]:
    """A batch ends before an erasure, which is told by what was disclosed of all before it."""
    for n, entry in enumerate(entries):
        if isinstance(entry.fact.event, PersonalDataErased):
            return entries[: max(n, 1)]
    return entries


def _in_place(path: str, value: Json, found: Iterable[Leaf]) -> Leaf:
    """What is shown in place of a value, or of a whole list of them, as personal as that is."""
    leaf = next(leaf for leaf in found if leaf.path == path or leaf.path.startswith(f"{path}["))
    return leaf._replace(path=path, value=value)


def _fields(paths: frozenset[str]) -> set[str]:
    return {pattern(path) for path in paths}


def _same_fields(shown: Shown, had: frozenset[str]) -> Shown:
    """What of a corrected fact is shown to who had it: the same fields, of whatever entries it has now."""
    fields = _fields(had)
    return replace(shown, paths=frozenset(path for path in shown.paths if pattern(path) in fields))
