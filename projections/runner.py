"""Keeps views level with what they are made from: rows and position move in one transaction.

A lost connection or a lost race is tried again and parks nothing. What fails otherwise is tried case by case,
and only the case that fails alone is parked, with all that comes later for it: a pointer, never a copy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

import psycopg
import structlog

from projections.metrics import RETRIES
from projections.view import Connection, Place, View

T = TypeVar("T")

BATCH = 2_000
"""Items applied in one transaction, where so many wait: a case that moved often is folded once for all."""

IDLE = 0.05
"""Seconds between two looks at a log that is nearly level: facts of one case that come together are one."""

PAUSES = (0.1, 0.5, 1, 2, 5)
"""Seconds to wait after the first, second … failure in a row; then always the last."""

AGAIN = (
    psycopg.OperationalError,  # connections, timeouts, deadlocks, serialisation, a full disk
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
)
"""Errors that say nothing of the items: every case would fail alone, and all would be parked."""

BEHIND = "Behind"
"""In place of an error: the item is sound, but an earlier one of its case is parked."""

POSITIONS = """
create table if not exists views.progress (
    view       text        not null,
    version    integer     not null,
    position   bigint      not null default 0,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (view, version)
);
create table if not exists views.parked (
    view      text        not null,
    version   integer     not null,
    position  bigint      not null,
    case_id   uuid        not null,
    error     text        not null,
    sqlstate  text,
    parked_at timestamptz not null default clock_timestamp(),
    primary key (view, version, position)
);
create index if not exists parked_by_case on views.parked (case_id);
"""

AS_OWNER = """
select set_config('role', pg_get_userbyid(nspowner), false) from pg_namespace where nspname = 'views'
"""
"""Tables belong to the role of the views, not to this login: only then may the API read them."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parked:
    """A pointer to what could not be applied, and the class of the error; its text may quote values."""

    number: int
    case_id: UUID
    error: str
    sqlstate: str | None


def apply(
    connection: Connection,
    views: Sequence[View[T]],
    batch: Iterable[T],
    place: Place[T],
    waiting: AbstractSet[UUID],
) -> list[Parked]:
    """Apply a batch within the caller's transaction; what is to be parked of it.

    ``waiting`` are the cases that are parked already. Raises one of AGAIN.
    """
    wanted = [item for item in batch if any(view.wants(item) for view in views)]
    parked = [Parked(*place(item), BEHIND, None) for item in wanted if place(item)[1] in waiting]
    fresh = [item for item in wanted if place(item)[1] not in waiting]
    try:
        _apply_whole(connection, views, fresh)
        return parked
    except Exception as error:
        if _says_nothing_of_items(error):
            raise
        return parked + _apply_case_by_case(connection, views, fresh, place)


def _says_nothing_of_items(error: Exception) -> bool:
    # A value too large for an index is the item's own fault, though psycopg files it with the connections.
    return isinstance(error, AGAIN) and not isinstance(error, psycopg.errors.ProgramLimitExceeded)


def _apply_case_by_case(
    connection: Connection, views: Sequence[View[T]], batch: Sequence[T], place: Place[T]
) -> list[Parked]:
    parked: list[Parked] = []
    cases: dict[UUID, list[T]] = {}
    for item in batch:
        cases.setdefault(place(item)[1], []).append(item)
    for items in cases.values():
        try:
            _apply_whole(connection, views, items)
        except Exception as error:
            if _says_nothing_of_items(error):
                raise
            sqlstate = getattr(error, "sqlstate", None)
            parked += [Parked(*place(item), type(error).__name__, sqlstate) for item in items]
    return parked


def _apply_whole(connection: Connection, views: Sequence[View[T]], batch: Sequence[T]) -> None:
    if not batch:
        return
    with connection.transaction():
        for view in views:
            view.apply(connection, [item for item in batch if view.wants(item)])


class Runner(Generic[T]):
    """One view of the Ambito, kept level with the log. Not thread-safe.

    ``database_url`` is that of the views' role; ``read(position, limit)`` gives what follows a position.
    Two runners of one view may run: the slower one finds the position moved and starts again from there.
    """

    def __init__(
        self,
        database_url: str,
        view: View[T],
        read: Callable[[int, int], Sequence[T]],
        place: Place[T],
    ) -> None:
        self._url, self.view, self._read, self._place = database_url, view, read, place
        self._connection: Connection | None = None
        self._position = 0

    def step(self) -> int:
        """Apply the next batch; the number of its items, 0 where nothing is new.

        After an error (a lost connection, say) it may be called again, and starts from what was committed.
        """
        try:
            connection = self._connected()
            batch = self._read(self._position, BATCH)
            if batch and self._apply(connection, batch):
                return len(batch)
        except BaseException:
            self.close()
            raise
        return 0

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _apply(self, connection: Connection, batch: Sequence[T]) -> bool:
        key = [self.view.name, self.view.version]
        with connection.transaction():
            row = connection.execute(
                "select position from views.progress where view = %s and version = %s for update", key
            ).fetchone()
            assert row is not None
            if row[0] != self._position:
                self._position = row[0]
                return False
            cases = [self._place(item)[1] for item in batch]
            waiting = connection.execute(
                "select distinct case_id from views.parked"
                " where view = %s and version = %s and case_id = any(%s)",
                [*key, cases],
            ).fetchall()
            parked = apply(connection, [self.view], batch, self._place, {case_id for (case_id,) in waiting})
            connection.cursor().executemany(
                "insert into views.parked (view, version, position, case_id, error, sqlstate)"
                " values (%s, %s, %s, %s, %s, %s)",
                [[*key, p.number, p.case_id, p.error, p.sqlstate] for p in parked],
            )
            position = self._place(batch[-1])[0]
            connection.execute(
                "update views.progress set position = %s, updated_at = clock_timestamp()"
                " where view = %s and version = %s",
                [position, *key],
            )
        self._position = position
        if parked:
            log.warning("parked", view=self.view.name, position=position, cases=_cases(parked))
        return True

    def _connected(self) -> Connection:
        if self._connection is None:
            connection = psycopg.connect(self._url, autocommit=True, application_name="ambito-views")
            self._connection = connection
            key = [self.view.name, self.view.version]
            connection.execute(AS_OWNER)
            with connection.transaction():
                connection.execute("select pg_advisory_xact_lock(hashtext('ambito.views'))")
                connection.execute(POSITIONS)
                self.view.create(connection)
                connection.execute(
                    "insert into views.progress (view, version) values (%s, %s) on conflict do nothing", key
                )
                row = connection.execute(
                    "select position from views.progress where view = %s and version = %s", key
                ).fetchone()
            assert row is not None
            self._position = row[0]
        return self._connection


def run(runners: Sequence[Runner[T]], stop: threading.Event) -> None:
    """Keep views level until ``stop`` is set; what is being applied then is finished first."""
    failures = 0
    while not stop.is_set():
        try:
            moved = sum(runner.step() for runner in runners)
            failures = 0
        except Exception as error:
            # Its text may quote values.
            RETRIES.labels("views").inc()
            log.warning("views wait", error=type(error).__name__, sqlstate=getattr(error, "sqlstate", None))
            stop.wait(pause(failures))
            failures += 1
            continue
        if moved < BATCH:
            stop.wait(IDLE)


def pause(failures: int) -> float:
    """Seconds to wait after so many earlier failures in a row."""
    return PAUSES[min(failures, len(PAUSES) - 1)]


def _cases(parked: Sequence[Parked]) -> list[str]:
    return sorted({str(p.case_id) for p in parked})
