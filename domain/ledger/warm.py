"""The facts of the streams that were read last, so that only what is new is fetched and opened.

Nothing here is taken on trust. Every read asks the log for what follows the last fact that is held, with that
fact itself: where the log has another one in its place (it was restored), or where a key was destroyed since
the values were opened, the stream is read anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, TypeVarTuple, cast
from uuid import UUID

from domain.case.events import EventCorrected
from domain.case.state import Case, fold
from domain.fact import Fact
from domain.lazy import lazy
from domain.ledger.closed import ClosedFact
from domain.ledger.mapper import LedgerEvent, LedgerMapper
from domain.ledger.recorder import LedgerRecorder

T = TypeVar("T")
Of = TypeVarTuple("Of")

FACTS = 32_768
"""Facts held, of five hundred cases of sixty: what an office works on in a day (docs/performance.md)."""


@dataclass(frozen=True)
class Stream:
    """A stream as it was read, when so many keys had been destroyed."""

    facts: tuple[Fact[Any], ...]
    erasures: int
    _made: dict[tuple[Any, ...], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def version(self) -> int:
        return self.facts[-1].version if self.facts else 0

    @lazy
    def case(self) -> Case:
        """What its facts tell, where they are of a case."""
        return fold(self.facts)

    def once(self, make: Callable[[Stream, *Of], T], *of: *Of) -> T:
        """What is made of it, kept as long as it is what the log has: the maker is a function of a module."""
        made = (make, *of)
        if made not in self._made:
            self._made[made] = make(self, *of)
        return cast(T, self._made[made])

    def followed_by(self, new: tuple[Fact[Any], ...]) -> Stream:
        grown = Stream((*self.facts, *new), self.erasures)
        # What a correction corrects lies behind: then the case is folded again.
        if "case" in self.__dict__ and not any(fact.kind is EventCorrected for fact in new):
            grown.__dict__["case"] = fold(new, self.case)
        return grown


NOTHING = Stream((), 0)


class AtHand:
    """The streams that were read last. All who read one log share them, whatever each is shown of it."""

    def __init__(self) -> None:
        self._streams: OrderedDict[UUID, Stream] = OrderedDict()
        self._facts = 0
        self._mutex = threading.Lock()

    def get(self, stream_id: UUID) -> Stream | None:
        with self._mutex:
            return self._streams.get(stream_id)

    def hold(self, stream_id: UUID, stream: Stream) -> None:
        with self._mutex:
            self._facts += len(stream.facts) - len(self._streams.pop(stream_id, NOTHING).facts)
            self._streams[stream_id] = stream
            while self._facts > FACTS:
                self._facts -= len(self._streams.popitem(last=False)[1].facts)


class Warm:
    """Reads streams. Thread-safe.

    ``whole`` tells of which stream the recorder is shown all or nothing: no other one is taken from what is
    at hand, or added to it.
    """

    def __init__(
        self,
        recorder: LedgerRecorder,
        mapper: LedgerMapper,
        at_hand: AtHand,
        whole: Callable[[UUID], bool] = lambda _: True,
    ) -> None:
        self._recorder, self._mapper, self._at_hand, self._whole = recorder, mapper, at_hand, whole

    def stream(self, stream_id: UUID) -> Stream:
        """A stream as the log has it now, or as much of it as the recorder is shown."""
        erasures = self._mapper.keys.erasures()  # before any value is opened: a later one must count
        held = self._at_hand.get(stream_id) if self._whole(stream_id) else None
        if held is None or held.erasures != erasures:
            return self._read(stream_id, erasures)
        rows = self._recorder.select_events(stream_id, gt=held.version - 1)
        if not rows or rows[0].event_id != held.facts[-1].event_id:
            return self._read(stream_id, erasures)
        new = rows[1:]
        return self._kept(stream_id, held.followed_by(self._closed(new))) if new else held

    def _read(self, stream_id: UUID, erasures: int) -> Stream:
        rows = self._recorder.select_events(stream_id)
        read = Stream(self._closed(rows), erasures)
        return self._kept(stream_id, read) if rows and self._whole(stream_id) else read

    def _closed(self, rows: Sequence[LedgerEvent]) -> tuple[Fact[Any], ...]:
        return tuple(ClosedFact(row, self._mapper.fact) for row in rows)

    def _kept(self, stream_id: UUID, stream: Stream) -> Stream:
        self._at_hand.hold(stream_id, stream)
        return stream
