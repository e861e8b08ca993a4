"""Keeps views level with what they are made from: rows and position move in one transaction.

A lost connection or a lost race is tried again and parks nothing. What fails otherwise is tried case by case,
and only the case that fails alone is parked, with all that comes later for it: a pointer, never a copy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar
from uuid import UUID

import psycopg
import structlog

from domain.ledger.again import says_nothing_of_items
from domain.ledger.parked import BEHIND, Parked
from domain.ledger.store import Unreadable
from projections.metrics import RETRIES
from projections.parked import of_view
from projections.view import VIEWS, Connection, Order, View, enter

T = TypeVar("T")

BATCH = 2_000
"""Items applied in one transaction, where so many wait: a case that moved often is folded once for all."""

IDLE = 0.05
"""Seconds between two looks at a log that is nearly level: facts of one case that come together are one."""

PAUSES = (0.1, 0.5, 1, 2, 5)
"""Seconds to wait after the first, second … failure in a row; then always the last."""

POSITIONS = """
create table if not exists progress (
    view       text        not null,
    version    integer     not null,
    position   bigint      not null default 0,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (view, version)
);
create table if not exists parked (
    view      text        not null,
    version   integer     not null,
    position  bigint      not null,
    case_id   uuid        not null,
    error     text        not null,
    sqlstate  text,
    parked_at timestamptz not null default clock_timestamp(),
    primary key (view, version, position)
);
create index if not exists parked_by_case on parked (case_id);
create table if not exists dropped (
    number     bigint generated always as identity primary key,
    view       text        not null,
    version    integer     not null,
    position   bigint      not null,
    case_id    uuid        not null,
    error      text        not null,
    sqlstate   text,
    parked_at  timestamptz not null,
    because    text        not null,
    dropped_at timestamptz not null default clock_timestamp(),
    anew_at    timestamptz           -- when the view was made anew, what was dropped included
);
"""
"""Beside the tables of the views, in the same schema."""

log = structlog.get_logger()


class Gone(RuntimeError):
    """The tables of a view were taken away, by a rebuild that ended or was begun anew."""


def apply(
    connection: Connection,
    views: Sequence[View[T]],
    batch: Iterable[T],
    order: Order[T],
    waiting: AbstractSet[UUID],
) -> list[Parked]:
    """Apply a batch within the caller's transaction; what is to be parked of it.

    ``waiting`` are the cases that are parked already. Raises one of AGAIN.
    """
    parked: list[Parked] = []
    fresh: list[T] = []
    waits = set(waiting)
    for item in batch:
        if not any(view.wants(item) for view in views):
            continue
        number, case_id = order.place(item)
        if case_id in waits and order.waits(item):
            parked.append(Parked(number, case_id, BEHIND))
        elif (rule := order.barred(item)) is not None:
            parked.append(Parked(number, case_id, rule))
            waits.add(case_id)
        else:
            fresh.append(item)
    try:
        _apply_whole(connection, views, fresh)
        return parked
    except Exception as error:
        if says_nothing_of_items(error):
            raise
    return parked + _apply_case_by_case(connection, views, fresh, order)


def _apply_case_by_case(
    connection: Connection, views: Sequence[View[T]], batch: Sequence[T], order: Order[T]
) -> list[Parked]:
    parked: list[Parked] = []
    cases: dict[UUID, list[T]] = {}
    for item in batch:
        cases.setdefault(order.place(item)[1], []).append(item)
    for items in cases.values():
        for together in (items, [item for item in items if not order.waits(item)]):
            failed = _failed(connection, views, together)
            if failed is None:
                break
            # What does not wait is parked only where it fails by itself.
            stays = [item for item in together if order.waits(item) or together is not items]
            parked += [Parked.by(failed, *order.place(item)) for item in stays]
    return parked


def _failed(connection: Connection, views: Sequence[View[T]], batch: Sequence[T]) -> Exception | None:
    try:
        _apply_whole(connection, views, batch)
    except Exception as error:
        if says_nothing_of_items(error):
            raise
        return error
    return None


def _apply_whole(connection: Connection, views: Sequence[View[T]], batch: Sequence[T]) -> None:
    if not batch:
        return
    with connection.transaction():
        for view in views:
            view.apply(connection, [item for item in batch if view.wants(item)])


class Runner(Generic[T]):
    """One view, kept level with one order, in a schema that holds its position too. Not thread-safe.

    ``database_url`` is that of the views' role; ``read(position, limit)`` gives what follows a position, or
    raises Unreadable. Two runners of one view may run: the slower one finds the position moved and starts
    again from there.
    """

    def __init__(
        self,
        database_url: str,
        view: View[T],
        read: Callable[[int, int], Sequence[T]],
        order: Order[T],
        schema: str = VIEWS,
    ) -> None:
        self._url, self.view, self._read, self._order = database_url, view, read, order
        self._schema, self._parking = schema, of_view(view.name, view.version)
        self._connection: Connection | None = None
        self._position = 0

    @property
    def position(self) -> int:
        """Up to where everything was applied or parked, as far as this runner knows."""
        return self._position

    def step(self, limit: int = BATCH) -> int:
        """Apply the next batch; the number of its items, 0 where nothing is new.

        After an error (a lost connection, say) it may be called again, and starts from what was committed.
        """
        try:
            connection = self.connected()
            try:
                batch = self._read(self._position, limit)
            except Unreadable as unreadable:
                return int(self._set_aside(connection, unreadable))
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

    def connected(self) -> Connection:
        """A connection that has entered the schema; the tables are there."""
        if self._connection is None:
            connection = psycopg.connect(self._url, autocommit=True, application_name="ambito-views")
            self._connection = connection
            enter(connection, self._schema)
            with connection.transaction():
                connection.execute("select pg_advisory_xact_lock(hashtext('ambito.views'))")
                connection.execute(POSITIONS)
                self.view.create(connection)
                connection.execute(
                    "insert into progress (view, version) values (%s, %s) on conflict do nothing",
                    [self.view.name, self.view.version],
                )
            with connection.transaction():
                self._position = self.hold(connection)
        return self._connection

    def hold(self, connection: Connection) -> int:
        """The position, which nobody moves before the transaction ends."""
        row = connection.execute(
            "select position from progress where view = %s and version = %s for update",
            [self.view.name, self.view.version],
        ).fetchone()
        if row is None:
            raise Gone(f"{self.view.name} is not kept here any more")
        return int(row[0])

    def _apply(self, connection: Connection, batch: Sequence[T]) -> bool:
        with connection.transaction():
            if not self._still_here(connection):
                return False
            cases = {self._order.place(item)[1] for item in batch}
            waiting = self._parking.waiting(connection, cases)
            parked = apply(connection, [self.view], batch, self._order, waiting)
            position = self._order.place(batch[-1])[0]
            self._move(connection, position, parked)
        self._moved(position, parked)
        return True

    def _set_aside(self, connection: Connection, unreadable: Unreadable) -> bool:
        """Park one thing that cannot even be read."""
        parked = [Parked.by(unreadable.error, unreadable.position, unreadable.case_id)]
        with connection.transaction():
            if not self._still_here(connection):
                return False
            self._move(connection, unreadable.position, parked)
        self._moved(unreadable.position, parked)
        return True

    def _still_here(self, connection: Connection) -> bool:
        position = self.hold(connection)
        moved, self._position = position != self._position, position
        return not moved

    def _move(self, connection: Connection, position: int, parked: Sequence[Parked]) -> None:
        self._parking.park(connection, parked)
        connection.execute(
            "update progress set position = %s, updated_at = clock_timestamp()"
            " where view = %s and version = %s",
            [position, self.view.name, self.view.version],
        )

    def _moved(self, position: int, parked: Sequence[Parked]) -> None:
        self._position = position
        if parked:
            log.warning("parked", view=self.view.name, position=position, cases=_cases(parked))


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
