"""The evidence of what was said over the wire: signed requests and our signed answers, by their digests.

Whoever must prove it (PROFILE_NON_REPUDIATION_01) needs the body, which each side keeps as it sees fit, and
what lies here: the digest, the signature over it, and the key with which it verifies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import orjson
from psycopg.rows import class_row

from domain.contract import Json
from domain.ledger.recorder import Pool


@dataclass(frozen=True, slots=True)
class Signed:
    """One way of an exchange, whose id (UUIDv7) tells the order in which they came.

    ``client`` and ``command_id`` are those of the command, where it was one; ``digest`` is that of the body,
    as its header says it; ``signature`` and ``tracking`` are statements (JWS) as they were sent, ``keys`` the
    public ones (JWK) that they verify with; ``status`` is that of an answer. Where the body could be guessed
    from its digest, that and the signatures over it are None.
    """

    exchange: UUID
    direction: str
    at: datetime
    agency: str
    client: str
    operation: str
    command_id: UUID | None
    case_id: UUID | None
    status: int | None
    digest: str | None
    signature: str | None
    tracking: str | None
    keys: list[dict[str, Json]]

    @property
    def row(self) -> str:
        """As the log takes it."""
        return orjson.dumps(asdict(self)).decode()


class Exchanges:
    """What is kept of them. Only appended to."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def keep(self, request: Signed, response: Signed) -> None:
        """Both ways; the request of an act that was carried out lies there already."""
        with self._pool.connection() as connection:
            connection.execute(
                "select ledger.keep_exchange(%s, %s)", (request.row, response.row), prepare=True
            )

    def of_case(self, case_id: UUID) -> Iterator[Signed]:
        """All that was said of a case, in its order; also the act that opened it, whose path names none."""
        query = """
            select e.* from ledger.exchanges e
             where e.case_id = %(case)s
                or (e.client, e.command_id) in (
                    select client, command_id from ledger.commands where stream_id = %(case)s)
             order by e.exchange, e.direction"""
        with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Signed)) as cursor,
        ):
            yield from cursor.execute(query, {"case": case_id})
