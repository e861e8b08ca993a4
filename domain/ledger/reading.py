"""Reading for somebody: PostgreSQL is told who reads, and shows the rows of that reader alone.

The second wall of the API, under the policy that is its first (``docs/authorisation.md``). A connection of
such a pool is given out only once PostgreSQL was told for whom it reads; where nobody was named it reads
nothing, so a query that forgets to ask who may see gives too little, never too much. Row-level security
stands in the migrations (``0017``) and beside the views (``projections/guard.py``).
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from domain.ledger.recorder import Pool, WarmPool, pool
from domain.ledger.wire import accept

ROLE = "ambito_reader"

SAY = """
select set_config('ambito.reader_kind', %s, false), set_config('ambito.reader_recipient', %s, false),
       set_config('ambito.reader_person', %s, false), set_config('ambito.reader_case', %s, false),
       set_config('ambito.reader_access_log', %s, false)
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the kind of its agency, the recipient whose rows are its own, the person, the case in hand.

    The Ambito and the servizio sociale are no recipients. ``access_log`` is the stream beside the case.
    """

    kind: str
    recipient: str | None = None
    person: UUID | None = None
    case_id: UUID | None = None
    access_log: UUID | None = None

    @property
    def said(self) -> tuple[str, ...]:
        """As PostgreSQL is told; an empty text is nothing."""
        parts = (self.kind, self.recipient, self.person, self.case_id, self.access_log)
        return tuple("" if part is None else str(part) for part in parts)


NOBODY = Reader("")

_reader: ContextVar[Reader] = ContextVar("reader", default=NOBODY)


def read_as(reader: Reader) -> None:
    """From here on this request reads for somebody."""
    _reader.set(reader)


def take_in_hand(case_id: UUID, access_log: UUID) -> None:
    """From here on this request reads one case, if the reader has it: PostgreSQL looks whether it does."""
    _reader.set(replace(_reader.get(), case_id=case_id, access_log=access_log))


def is_in_hand(stream_id: UUID) -> bool:
    """Whether this request reads that stream as the case in hand, or as its access log.

    Of that PostgreSQL shows everything or nothing; of another stream, those facts alone that were sent to the
    reader's recipient.
    """
    return stream_id in (_reader.get().case_id, _reader.get().access_log)


class _ReadingPool(WarmPool):
    """By whichever door a connection is had, the reader was said first: what the last one said is gone."""

    def getconn(self, timeout: float | None = None) -> psycopg.Connection[TupleRow]:
        connection = super().getconn(timeout)
        try:
            connection.execute(SAY, _reader.get().said, prepare=True)
        except BaseException:
            self.putconn(connection)
            raise
        return connection


def reading_pool(url: str, *, size: int = 8, name: str = "ambito-reading") -> Pool:
    """Connections that read as who :func:`read_as` named. ``url`` is that of the application's login."""
    return pool(url, size=size, name=name, kind=_ReadingPool, configure=_become_reader)


def _become_reader(connection: psycopg.Connection[TupleRow]) -> None:
    accept(connection)
    connection.execute(f"set role {ROLE}".encode())
    # How many rows a policy lets through the planner cannot know: it would read whole tables for a page.
    connection.execute("select set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false)")
