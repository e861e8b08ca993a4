"""A recipient's own database, for who works on it beside its subscriber: what is parked, a rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from consumers import overwriting
from consumers.source import FeedSource
from domain.contract import Json
from domain.ledger.parked import Pointer
from domain.message import Message
from projections.parked import INBOX
from projections.rebuild import Rebuild, Served
from projections.retry import retry
from projections.view import Connection, View, enter, of_message


class OtherEpoch(RuntimeError):
    """The log was restored, and the subscriber has not read it anew yet."""


class NotInTheFeed(RuntimeError):
    """The feed has not, or not any more, what the database points to."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How often a rule left something out; ``last_number`` is an offset of the topic, or a seq."""

    rule: str
    times: int
    last_number: int
    last_at: datetime


class Inbox:
    """Every change holds the position, so that the subscriber waits for it. Not thread-safe."""

    def __init__(
        self, database_url: str, recipient: str, feed: FeedSource, views: Sequence[View[Message]]
    ) -> None:
        self.name = recipient
        self._url, self._feed, self._views = database_url, feed, views
        self._connection: Connection | None = None

    def pointers(self, case_id: UUID | None = None) -> list[Pointer]:
        """All that waits, or what waits of one case."""
        return INBOX.pointers(self._connected(), case_id)

    def left_out(self) -> list[LeftOut]:
        """What was left out on the way, by rule."""
        rows = (
            self._connected()
            .execute("select rule, times, last_number, last_at from inbox.left_out order by rule")
            .fetchall()
        )
        return [LeftOut(*row) for row in rows]

    def value(self, seq: int) -> Json:
        """What the feed says now under a seq."""
        return self._fetch(seq, self._epoch(self._connected())).to_json()

    def retry(self, case_id: UUID) -> int:
        """Apply what waits of a case once more; how much of it went in. Raises OtherEpoch, NotInTheFeed."""
        connection = self._connected()
        with connection.transaction():
            _hold(connection)
            epoch = self._epoch(connection)
            applied = retry(
                connection, self._views, case_id, INBOX, lambda seq: self._fetch(seq, epoch), of_message
            )
            if any(message.kind == "erasure" for message in applied):
                overwriting.ask(connection)
        return len(applied)

    def drop(self, case_id: UUID, because: str) -> int:
        """Give up what waits of a case, on record; how many pointers. The Ambito goes on being told so."""
        connection = self._connected()
        with connection.transaction():
            _hold(connection)
            return INBOX.drop(connection, case_id, because)

    def rebuild(self, view: View[Message]) -> Rebuild[Message]:
        """From the feed at 0: a topic forgets, and holds what was erased since."""
        served = Served(_hold, INBOX, overwriting.ask)
        return Rebuild(self._url, view, self._read, of_message, served)

    def close(self) -> None:
        self._feed.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self, seq: int, limit: int) -> Sequence[Message]:
        page = self._feed.page(seq, limit)
        if page.log_epoch != self._epoch(self._connected()):
            raise OtherEpoch("the log was restored: once the subscriber has read it anew, begin again")
        self._check_ours(page.messages)
        return page.messages

    def _fetch(self, seq: int, epoch: UUID | None) -> Message:
        page = self._feed.page(seq - 1, 1)
        if page.log_epoch != epoch:
            raise OtherEpoch("the log was restored: the subscriber reads it anew, what is parked included")
        self._check_ours(page.messages)
        with suppress(ValueError):
            (message,) = page.messages
            if message.seq == seq:
                return message
        raise NotInTheFeed(f"the feed has no message {seq}")

    def _check_ours(self, messages: Sequence[Message]) -> None:
        if any(message.recipient != self.name for message in messages):
            raise NotInTheFeed("the feed is another recipient's")

    def _epoch(self, connection: Connection) -> UUID | None:
        row = connection.execute("select log_epoch from inbox.progress").fetchone()
        return row[0] if row else None

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = psycopg.connect(self._url, autocommit=True, application_name="ambito-inbox")
            enter(self._connection)
        return self._connection


def _hold(connection: Connection) -> int:
    row = connection.execute("select seq from inbox.progress for update").fetchone()
    assert row is not None
    return int(row[0])
