"""The access logs of the cases: streams that grow with every read, and of which an act needs a few lines."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.persistence import IntegrityError, OperationalError

from domain.access.state import Access
from domain.access.state import fold as fold_access
from domain.catalogue import NOTED
from domain.contract import contract_of
from domain.fact import Fact
from domain.ledger.closed import ClosedFact
from domain.ledger.context import Context, fact_of
from domain.ledger.mapper import Entry, LedgerMapper
from domain.ledger.recorder import LedgerRecorder, Pending
from domain.ledger.warm import Stream

REMEMBERED = 10_000
"""Access logs of which the last version is remembered: the cases of many days, one megabyte."""

SIDE_BY_SIDE = 256
"""Access logs that take lines at once: who reads one file beside others waits, or each undoes the rest."""

AT_ONCE = 250
"""Lines that are read together."""

ATTEMPTS = 64
"""Times a line is tried at the next version. Each time another process was first: a bound, not a wait."""


def access_to(case_id: UUID) -> UUID:
    """The stream of the access log of a case: beside it, never in it."""
    return uuid5(case_id, "access")


class UnknownLine(Exception):
    """An access log has no such line."""


class AccessLogs:
    """Takes lines, and reads them. Thread-safe. Nothing of an access log stays at hand."""

    def __init__(self, recorder: LedgerRecorder, mapper: LedgerMapper) -> None:
        self._recorder, self._mapper = recorder, mapper
        self._versions: dict[UUID, int] = {}
        self._noting = [threading.Lock() for _ in range(SIDE_BY_SIDE)]

    def backwards(self, case_id: UUID, start: UUID | None = None) -> Iterator[Fact[Any]]:
        """The lines on a case from its last to its first, or from one of them on, as far as one reads.

        Raises UnknownLine where there is no such one.
        """
        stream_id = access_to(case_id)
        version = None if start is None else self._recorder.version_at(stream_id, start)
        if start is not None and version is None:
            raise UnknownLine(start)
        return self._backwards(stream_id, version)

    def _backwards(self, stream_id: UUID, version: int | None) -> Iterator[Fact[Any]]:
        while version is None or version > 0:
            rows = self._recorder.select_events(stream_id, lte=version, desc=True, limit=AT_ONCE)
            if not rows:
                return
            yield from (ClosedFact(row, self._mapper.fact) for row in rows)
            version = rows[-1].originator_version - 1

    def requests(self, case_id: UUID) -> Stream:
        """The lines on which an act may rest: without the reads, of which there may be many; and the last."""
        rows = self._recorder.select_without(access_to(case_id), [contract_of(noted).name for noted in NOTED])
        return Stream(tuple(ClosedFact(row, self._mapper.fact) for row in rows), 0)

    def state(self, case_id: UUID) -> Access:
        """What was asked and answered on a case, as it stands."""
        return fold_access(self.requests(case_id).facts)

    def note(self, case_id: UUID, noted: Any, context: Context) -> None:
        """Add a line: nothing to decide, so nothing of the stream is read.

        Where we noted the last line is tried first; the append tells where another process was there.
        """
        stream_id = access_to(case_id)
        with self._noting[hash(stream_id) % SIDE_BY_SIDE]:
            self._note(stream_id, noted, context)

    def _note(self, stream_id: UUID, noted: Any, context: Context) -> None:
        version = self._versions.get(stream_id)
        for _ in range(ATTEMPTS):
            if version is None:
                version = self._recorder.version_of(stream_id)
            entry = Entry(fact_of(noted, stream_id, version + 1, context), {})
            try:
                self._recorder.append(Pending(stream_id, version + 1, [self._mapper.to_stored_event(entry)]))
            except IntegrityError:
                version = None
                continue
            if len(self._versions) >= REMEMBERED:
                self._versions.clear()
            self._versions[stream_id] = version + 1
            return
        raise OperationalError("too many writers on one access log")


@dataclass(frozen=True, slots=True)
class Lines(Iterable[Fact[Any]]):
    """The lines on a case, the last first; whoever goes through them reads as many as she takes."""

    logs: AccessLogs
    case_id: UUID

    def __iter__(self) -> Iterator[Fact[Any]]:
        return self.logs.backwards(self.case_id)
