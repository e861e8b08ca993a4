"""What a view is: rows made from things in one order, by a function that takes many of them at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from domain.ledger.mapper import Entry
from domain.message import Message

Connection = psycopg.Connection[TupleRow]

T = TypeVar("T")
Item = TypeVar("Item", contravariant=True)

Place = Callable[[T], tuple[int, UUID]]
"""Where something stands: its number in the one order, and the case it belongs to."""


class View(Protocol[Item]):
    """A read model in the schema ``views``, made from messages or from entries of the log.

    The version is part of the names of its tables: a new one fills its own, beside those of the old one.
    """

    name: str
    version: int
    tables: tuple[str, ...]
    """All tables of the view, with their schema."""

    def create(self, connection: Connection) -> None:
        """Make the tables that are not there."""

    def wants(self, item: Item) -> bool:
        """Whether the view looks at this one at all."""

    def apply(self, connection: Connection, batch: Sequence[Item]) -> None:
        """Bring the rows up to date with a batch, in its order, within the caller's transaction.

        Any error undoes the whole batch; it may come again, whole or in parts.
        """


def of_message(message: Message) -> tuple[int, UUID]:
    return message.seq, message.case_id


def of_entry(entry: Entry) -> tuple[int, UUID]:
    return entry.fact.position, entry.fact.case_id


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
