"""A view of the Ambito, for who works on it beside the process that keeps it: what is parked, a rebuild."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from domain.contract import Json, contract_of, encode
from domain.ledger.mapper import Entry
from domain.ledger.parked import Pointer
from projections.parked import of_view
from projections.rebuild import Rebuild
from projections.retry import retry
from projections.runner import Runner
from projections.view import View, of_entry

Read = Callable[[int, int], Sequence[Entry]]
"""What follows a position of the log, at most so many; raises Unreadable."""


class Kept:
    """``database_url`` is that of the views' role. Not thread-safe."""

    def __init__(self, database_url: str, view: View[Entry], read: Read) -> None:
        self.name = view.name
        self._url, self._view, self._read = database_url, view, read
        self._parking = of_view(view.name, view.version)
        self._runner = Runner(database_url, view, read, of_entry)

    def pointers(self, case_id: UUID | None = None) -> list[Pointer]:
        """All that waits, or what waits of one case."""
        return self._parking.pointers(self._runner.connected(), case_id)

    def value(self, position: int) -> Json:
        """What the log says now at a position, in clear."""
        return value_of(self._fetch(position))

    def retry(self, case_id: UUID) -> int:
        """Apply what waits of a case once more; how much of it went in."""
        connection = self._runner.connected()
        with connection.transaction():
            self._runner.hold(connection)
            views = [self._view]
            return len(retry(connection, views, case_id, self._parking, self._fetch, of_entry))

    def drop(self, case_id: UUID, because: str) -> int:
        """Give up what waits of a case, on record; how many pointers."""
        connection = self._runner.connected()
        with connection.transaction():
            self._runner.hold(connection)
            return self._parking.drop(connection, case_id, because)

    def rebuild(self) -> Rebuild[Entry]:
        return Rebuild(self._url, self._view, self._read, of_entry)

    def close(self) -> None:
        self._runner.close()

    def _fetch(self, position: int) -> Entry:
        (entry,) = self._read(position - 1, 1)
        return entry


def value_of(entry: Entry) -> Json:
    """A fact as a person may read it."""
    fact = entry.fact
    return {"type": contract_of(fact.event).stored_name, "version": fact.version, "data": encode(fact.event)}
