"""What a follower could not apply waits here, by case: pointers, never copies.

Behind the first pointer of a case queue all that comes later for it. A retry applies them again in their
order; what is dropped is never applied, and the record of it stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from domain.ledger.parked import BEHIND, Parked, Pointer
from projections.view import Connection


class Parking:
    """The pointers of one follower, in a table ``parked`` and what was dropped of it in a table ``dropped``.

    ``number`` is the column of the place in the order; ``whose`` the columns that tell this follower from
    others in the same tables. Every method is part of the caller's transaction, which holds the follower's
    position: nobody applies anything meanwhile.
    """

    def __init__(self, schema: str, number: str, **whose: Any) -> None:
        self._parked, self._dropped, self._number = f"{schema}parked", f"{schema}dropped", number
        self._whose = whose
        self._ours = " and ".join(["true", *(f"{column} = %({column})s" for column in whose)])

    def waiting(self, connection: Connection, cases: Collection[UUID]) -> set[UUID]:
        """Those of the cases that wait."""
        query = f"select distinct case_id from {self._parked} where {self._ours} and case_id = any(%(cases)s)"
        return {case_id for (case_id,) in self._run(connection, query, cases=list(cases))}

    def park(self, connection: Connection, parked: Iterable[Parked]) -> None:
        columns = [*self._whose, self._number, "case_id", "error", "sqlstate"]
        values = ", ".join(["%s"] * len(columns))
        connection.cursor().executemany(
            f"insert into {self._parked} ({', '.join(columns)}) values ({values})".encode(),
            [[*self._whose.values(), p.number, p.case_id, p.error, p.sqlstate] for p in parked],
        )

    def pointers(self, connection: Connection, case_id: UUID | None = None) -> list[Pointer]:
        """All that waits, or that of one case, in its order."""
        query = (
            f"select {self._number}, case_id, error, sqlstate, parked_at from {self._parked}"
            f" where {self._ours} and (%(case)s::uuid is null or case_id = %(case)s) order by 1"
        )
        rows = self._run(connection, query, case=case_id)
        return [Pointer(Parked(*row[:4]), row[4]) for row in rows]

    def tried(
        self, connection: Connection, case_id: UUID, applied: Sequence[int], failed: Parked | None
    ) -> None:
        """Take away what a retry applied, and say what it failed at; what follows that one is behind it."""
        numbers = {"case": case_id, "applied": list(applied)}
        where = f"where {self._ours} and case_id = %(case)s"
        self._run(
            connection, f"delete from {self._parked} {where} and {self._number} = any(%(applied)s)", **numbers
        )
        if failed is not None:
            self._run(
                connection,
                f"update {self._parked}"
                f"   set error = case when {self._number} = %(failed)s then %(error)s else %(behind)s end,"
                f"       sqlstate = case when {self._number} = %(failed)s then %(state)s end {where}",
                case=case_id,
                failed=failed.number,
                error=failed.error,
                behind=BEHIND,
                state=failed.sqlstate,
            )

    def drop(self, connection: Connection, case_id: UUID, because: str) -> int:
        """Give up what waits of a case, and record it; how many pointers."""
        columns = ", ".join([*self._whose, self._number, "case_id", "error", "sqlstate", "parked_at"])
        query = (
            f"with gone as (delete from {self._parked} where {self._ours} and case_id = %(case)s returning *)"
            f" insert into {self._dropped} ({columns}, because) select {columns}, %(because)s from gone"
        )
        return self._execute(connection, query, case=case_id, because=because)

    def anew(self, connection: Connection) -> None:
        """Everything is made anew: nothing waits, and what was dropped is tried too."""
        self._run(connection, f"delete from {self._parked} where {self._ours}")
        self._run(
            connection,
            f"update {self._dropped} set anew_at = clock_timestamp() where {self._ours} and anew_at is null",
        )

    def lacking(self, connection: Connection) -> list[int]:
        """The numbers that the rows do not hold: what waits, and what was dropped and never made anew."""
        query = (
            f"select {self._number} from {self._parked} where {self._ours} union"
            f" select {self._number} from {self._dropped} where {self._ours} and anew_at is null order by 1"
        )
        return [number for (number,) in self._run(connection, query)]

    def _run(self, connection: Connection, query: str, **given: Any) -> list[Any]:
        cursor = connection.execute(query.encode(), {**self._whose, **given})
        return cursor.fetchall() if cursor.description else []

    def _execute(self, connection: Connection, query: str, **given: Any) -> int:
        return connection.execute(query.encode(), {**self._whose, **given}).rowcount


INBOX = Parking("inbox.", "seq")
"""What a recipient's views wait for: one order for all of them."""


def of_view(name: str, version: int) -> Parking:
    """What a view of the Ambito waits for; in the schema that the connection has entered."""
    return Parking("", "position", view=name, version=version)
