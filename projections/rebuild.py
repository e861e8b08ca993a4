"""A view made anew beside the one that serves, then put in its place.

The same tables are filled from position 0 in another schema, with a position of their own: an interrupted
rebuild goes on where it was. At equal positions, and in one transaction, what differs is told by case, the
new tables take the names of the old ones, and the old ones go. Readers see the old rows until then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import psycopg
from psycopg import sql

from projections.parked import Parking, of_view
from projections.runner import BATCH, Runner
from projections.view import BESIDE, VIEWS, Connection, Order, View

T = TypeVar("T")

LOCK_TIMEOUT = "5s"
"""How long readers of the old tables may keep the swap, and the swap them, before it is tried again."""

DIFFERENCES = """
select to_jsonb(row) ->> 'case_id', count(*) filter (where old), count(*) filter (where not old)
  from (select row, true as old from (select * from {old} except all select * from {new}) as row
        union all
        select row, false from (select * from {new} except all select * from {old}) as row) as differing
 group by 1 order by 1
"""

GRANTS = """
select string_agg(format('grant %%s on {new} to %%s%%s', privilege_type,
                         case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
                         case when is_grantable then ' with grant option' else '' end), '; ')
  from pg_class, aclexplode(relacl)
 where oid = %s::regclass
"""

INDEXES = """
select indexdef from pg_indexes old
 where schemaname = %s and tablename = %s
   and not exists (select from pg_indexes new
                    where new.schemaname = %s and new.tablename = old.tablename
                      and new.indexname = old.indexname)
"""


class NotKept(RuntimeError):
    """There is no view to rebuild: the process that keeps it has never run at this version."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How many rows of a case only the old view had, and only the new one has; None: rows of no case."""

    case_id: str | None
    gone: int
    new: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild put in place. ``parked`` are the items that the new view could not apply."""

    view: str
    version: int
    position: int
    parked: int
    differences: Sequence[Difference] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Served:
    """How the view that serves stands, where its position does not lie with its tables.

    ``hold(connection)`` gives the position and keeps it until the transaction ends; in ``parking`` is put
    what the new view could not apply; ``swapped`` is part of the transaction that puts it in place.
    """

    hold: Callable[[Connection], int]
    parking: Parking | None = None
    swapped: Callable[[Connection], None] = lambda _: None


class Rebuild(Generic[T]):
    """The rebuild of one view. Not thread-safe; two of one view exclude each other by their positions.

    ``read(position, limit)`` gives what follows a position. A recipient's view says with ``served`` where it
    stands; a view of the Ambito has its position beside its tables.
    """

    def __init__(
        self,
        database_url: str,
        view: View[T],
        read: Callable[[int, int], Sequence[T]],
        order: Order[T],
        served: Served | None = None,
    ) -> None:
        self._runner = Runner(database_url, view, read, order, schema=BESIDE)
        self._view, self._served = view, served or Served(self._hold)

    def run(self, told: Callable[[int, int], None], *, anew: bool = False) -> Rebuilt:
        """Fill, compare, swap. ``told`` is given the position and where the served view stands.

        ``anew`` forgets what an interrupted rebuild had made. Raises NotKept.
        """
        try:
            if anew:
                self._forget()
            while True:
                end = self._position_served()
                while self._runner.position < end:
                    self._step(end)
                    told(self._runner.position, end)
                rebuilt = self._swap(end)
                if rebuilt is not None:
                    return rebuilt
        finally:
            self.close()

    def close(self) -> None:
        self._runner.close()

    @property
    def position(self) -> int:
        """Where an interrupted rebuild goes on; 0 for a new one."""
        self._runner.connected()
        return self._runner.position

    def _step(self, end: int) -> None:
        """One batch, never beyond the view that serves: they are to meet at one position."""
        before = self._runner.position
        self._runner.step(min(BATCH, end - before))
        if self._runner.position == before:
            raise NotKept("what the served view was made from does not come any more")

    def _forget(self) -> None:
        connection = self._runner.connected()
        with connection.transaction():
            forget(connection, self._view)
        self._runner.close()

    def _position_served(self) -> int:
        connection = self._runner.connected()
        with connection.transaction():
            return self._served.hold(connection)

    def _hold(self, connection: Connection) -> int:
        query = f"select position from {VIEWS}.progress where view = %s and version = %s for update"
        try:
            row = connection.execute(query.encode(), [self._view.name, self._view.version]).fetchone()
        except psycopg.errors.UndefinedTable:
            row = None
        if row is None:
            raise NotKept(f"{self._view.name} at version {self._view.version} was never kept here")
        return int(row[0])

    def _swap(self, end: int) -> Rebuilt | None:
        """Put the new tables in place; None where the other view is far ahead, or its readers do not end."""
        connection = self._runner.connected()
        try:
            with connection.transaction():
                connection.execute("select set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
                position = self._served.hold(connection)
                if position > end + BATCH:
                    return None
                while self._runner.position < position:
                    self._step(position)
                return self._put_in_place(connection, position)
        except psycopg.errors.LockNotAvailable:
            return None

    def _put_in_place(self, connection: Connection, position: int) -> Rebuilt:
        view = self._view
        differing: dict[str | None, list[int]] = {}
        for table in view.tables:
            for case_id, gone, new in _differences(connection, table):
                counts = differing.setdefault(case_id, [0, 0])
                counts[0], counts[1] = counts[0] + gone, counts[1] + new
        parked = self._move_parked(connection)
        for table in view.tables:
            _replace(connection, table)
        forget(connection, view)
        self._served.swapped(connection)
        found = [Difference(case_id, *counts) for case_id, counts in differing.items()]
        return Rebuilt(view.name, view.version, position, parked, found)

    def _move_parked(self, connection: Connection) -> int:
        """What the new view could not apply waits where the old one's pointers do."""
        beside = of_view(self._view.name, self._view.version)
        pointers = [pointer.parked for pointer in beside.pointers(connection)]
        if self._served.parking is None:
            connection.execute(f"set local search_path = {VIEWS}".encode())
            beside.anew(connection)
            beside.park(connection, pointers)
            connection.execute(f"set local search_path = {BESIDE}".encode())
        else:
            known = {pointer.parked.number for pointer in self._served.parking.pointers(connection)}
            self._served.parking.park(connection, [p for p in pointers if p.number not in known])
        return len(pointers)


def forget(connection: Connection, view: View[T]) -> None:
    """Take away what a rebuild of a view has made, within the caller's transaction."""
    for table in view.tables:
        connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(BESIDE, table)))
    row = connection.execute("select to_regclass(%s)", [f"{BESIDE}.progress"]).fetchone()
    if row is not None and row[0] is not None:
        for table in ("progress", "parked", "dropped"):
            connection.execute(
                f"delete from {BESIDE}.{table} where view = %s and version = %s".encode(),
                [view.name, view.version],
            )


def _differences(connection: Connection, table: str) -> list[tuple[str | None, int, int]]:
    names = {"old": sql.Identifier(VIEWS, table), "new": sql.Identifier(BESIDE, table)}
    return connection.execute(sql.SQL(DIFFERENCES).format(**names)).fetchall()


def _replace(connection: Connection, table: str) -> None:
    """Put a table in the place of the one that serves, with the grants and indexes this one was given."""
    old, new = sql.Identifier(VIEWS, table), sql.Identifier(BESIDE, table)
    for (definition,) in connection.execute(INDEXES, [VIEWS, table, BESIDE]).fetchall():
        connection.execute(definition.replace(f" ON {VIEWS}.", f" ON {BESIDE}.", 1).encode())
    row = connection.execute(
        sql.SQL(GRANTS).format(new=sql.SQL(f"{BESIDE}.{table}")), [f"{VIEWS}.{table}"]
    ).fetchone()
    if row is not None and row[0] is not None:
        connection.execute(str(row[0]).encode())
    connection.execute(sql.SQL("drop table {}").format(old))
    connection.execute(sql.SQL("alter table {} set schema {}").format(new, sql.Identifier(VIEWS)))
