"""Tables of views written anew, once values in them were masked or dropped: an UPDATE leaves their bytes."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psycopg

from domain.message import Message
from projections.view import Connection, View

LOOK_EVERY = 1.0
"""Seconds between two looks at whether tables are to be written anew: another process may have asked."""


def ask(connection: Connection) -> None:
    """Have the subscriber write the tables anew, once the caller's transaction is committed."""
    connection.execute("update inbox.overwriting set due = true")


class Overwriting:
    """Does what was asked for. Not by a plain VACUUM, which frees the space and leaves the bytes."""

    def __init__(self, views: Sequence[View[Message]]) -> None:
        self._views = views
        self._look_after = 0.0

    def look_now(self) -> None:
        """Something was just asked for."""
        self._look_after = 0.0

    def step(self, connection: Connection) -> None:
        """A reader that holds a table is not waited for long: the next step tries again."""
        if time.monotonic() < self._look_after:
            return
        row = connection.execute("select due from inbox.overwriting").fetchone()
        if row is not None and row[0]:
            try:
                connection.execute("set lock_timeout = '2s'")
                for view in self._views:
                    for table in view.tables:
                        connection.execute(f"vacuum (full) {table}".encode())
            except psycopg.errors.LockNotAvailable:
                return
            finally:
                connection.execute("reset lock_timeout")
            connection.execute("update inbox.overwriting set due = false")
        self._look_after = time.monotonic() + LOOK_EVERY
