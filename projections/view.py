"""What a view is: rows made from things in one order, by a function that takes many of them at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from domain.ledger.mapper import Entry
from domain.message import Message
from projections.barred import barred

Connection = psycopg.Connection[TupleRow]

T = TypeVar("T")
Item = TypeVar("Item", contravariant=True)


@dataclass(frozen=True, slots=True)
class Order(Generic[T]):
    """The one order in which things are taken.

    ``place`` gives the number of a thing in it, and its case. What does not ``wait`` is applied also where
    its case is parked. What is ``barred`` is parked unread, by the rule whose name is given.
    """

    place: Callable[[T], tuple[int, UUID]]
    waits: Callable[[T], bool] = lambda _: True
    barred: Callable[[T], str | None] = lambda _: None


VIEWS, BESIDE = "views", "beside"
"""The schema that is read, and the one in which a rebuild makes the same tables anew."""


class View(Protocol[Item]):
    """A read model, made from messages or from entries of the log.

    Its SQL names its tables without a schema, and so do ``tables``: the connection decides whether they are
    those that serve or those of a rebuild (:func:`enter`). The version is part of the names: a new one fills
    its own tables, beside those of the old one. A row tells its case in a column ``case_id``, where it has
    one: by it a rebuild says what differs.
    """

    name: str
    version: int
    tables: tuple[str, ...]

    def create(self, connection: Connection) -> None:
        """Make the tables that are not there."""

    def wants(self, item: Item) -> bool:
        """Whether the view looks at this one at all."""

    def apply(self, connection: Connection, batch: Sequence[Item]) -> None:
        """Bring the rows up to date with a batch, in its order, within the caller's transaction.

        Any error undoes the whole batch; it may come again, whole or in parts. So may what was applied
        before, with all of its case that followed: in the end the rows are the same.
        """


def enter(connection: Connection, schema: str = VIEWS) -> None:
    """Let the statements of views mean the tables of a schema, and act as the role that owns it.

    Tables belong to that role, not to this login: only then may the API read them.
    """
    row = connection.execute(
        "select set_config('role', pg_get_userbyid(nspowner), false), set_config('search_path', %s, false)"
        "  from pg_namespace where nspname = %s",
        [schema, schema],
    ).fetchone()
    if row is None:
        raise psycopg.errors.InvalidSchemaName(f"there is no schema {schema}: migrate first")


# An erasure waits for no message that is parked: it masks what is there, and may come again.
of_message: Order[Message] = Order(lambda m: (m.seq, m.case_id), lambda m: m.kind != "erasure", barred)
of_entry: Order[Entry] = Order(lambda entry: (entry.fact.position, entry.fact.case_id))


def exists(connection: Connection, view: View[Item]) -> bool:
    """Whether all tables of a view are there."""
    row = connection.execute(
        "select bool_and(to_regclass(name) is not null) from unnest(%s::text[]) as name", [list(view.tables)]
    ).fetchone()
    return row is not None and bool(row[0])


def clear(connection: Connection, view: View[Item]) -> None:
    """Empty a view. Not by TRUNCATE: who reads the view meanwhile goes on reading the old rows."""
    for table in view.tables:
        connection.execute(f"delete from {table}".encode())
