"""The record of the letters that convoke an équipe: written from the log, sent by the mailer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from domain.ledger.recorder import Pool

Outcome = Literal["SENT", "FAILED", "GIVEN_UP"]
"""``FAILED`` is tried again; ``SENT`` and ``GIVEN_UP`` are the last word."""

WRITE = """
select ledger.write_mail(%s, %s, %s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::bigint[], %s::uuid[],
                         %s::uuid[], %s::text[], %s::integer[], %s::text[])
"""

COLUMNS = """
select message_id, kind, session_id, stream_id, position, event_id, person_id, seat, sequence, extract_sha256,
       number, state, attempts, error, reply_code, next_try_at, sent_at
  from ledger.mail
"""

DUE = (
    COLUMNS
    + """
 where state in ('PENDING', 'FAILED') and (next_try_at is null or next_try_at <= %s)
 order by number limit 1
"""
)

OVERTAKEN = """
select exists (select from ledger.mail
                where stream_id = %s and session_id = %s and person_id = %s and seat = %s and number > %s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One invitation, or the end of one, before it has a number; ``position`` and ``event_id`` say why."""

    message_id: str
    kind: Literal["REQUEST", "CANCEL"]
    session_id: UUID
    stream_id: UUID
    position: int
    event_id: UUID
    person_id: UUID
    seat: str
    sequence: int
    extract_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail(Letter):
    """A letter in the outbox, with what became of it. ``error`` names a class or a reason, no value."""

    number: int
    state: str
    attempts: int
    error: str | None
    reply_code: int | None
    next_try_at: datetime | None
    sent_at: datetime | None


class Outbox:
    """The rows of ``ledger.mail``. Thread-safe."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def position(self) -> int:
        """Up to which position of the log letters were written."""
        with self._pool.connection() as connection:
            row = connection.execute("select position from ledger.mail_head").fetchone()
        assert row is not None
        return int(row[0])

    def add(self, after: int, up_to: int, letters: Sequence[Letter]) -> None:
        """Write the letters of a batch of the log, and move the position, in one transaction.

        Raises psycopg's SerializationFailure where another mailer was first.
        """
        columns = (
            [letter.message_id for letter in letters],
            [letter.kind for letter in letters],
            [letter.session_id for letter in letters],
            [letter.stream_id for letter in letters],
            [letter.position for letter in letters],
            [letter.event_id for letter in letters],
            [letter.person_id for letter in letters],
            [letter.seat for letter in letters],
            [letter.sequence for letter in letters],
            [letter.extract_sha256 for letter in letters],
        )
        with self._pool.connection() as connection:
            connection.execute(WRITE, (after, up_to, *columns))

    def due(self, now: datetime) -> Mail | None:
        """The first letter that may be sent now."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Mail)) as cursor:
            return cursor.execute(DUE, [now]).fetchone()

    def overtaken(self, mail: Mail) -> bool:
        """Whether a later letter says to the same invitee how the same sitting stands."""
        key = [mail.stream_id, mail.session_id, mail.person_id, mail.seat, mail.number]
        with self._pool.connection() as connection:
            row = connection.execute(OVERTAKEN, key).fetchone()
        assert row is not None
        return bool(row[0])

    def attempt(self, mail: Mail) -> int:
        """Count an attempt that is about to be made; its number."""
        with self._pool.connection() as connection:
            row = connection.execute("select ledger.try_mail(%s)", [mail.message_id]).fetchone()
        assert row is not None
        return int(row[0])

    def note(
        self,
        mail: Mail,
        outcome: Outcome,
        error: str | None = None,
        reply_code: int | None = None,
        next_try_at: datetime | None = None,
    ) -> None:
        """Record what became of a letter."""
        with self._pool.connection() as connection:
            connection.execute(
                "select ledger.note_mail(%s, %s, %s, %s, %s)",
                [mail.message_id, outcome, error, reply_code, next_try_at],
            )

    def all(self) -> list[Mail]:
        """Every letter, in the order in which they were written."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Mail)) as cursor:
            return cursor.execute(COLUMNS + " order by number").fetchall()
