"""What is said once is believed once: the ids of statements, kept while these could come again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from api.security.claims import LEEWAY, instant
from api.security.jws import NotBelieved, Statement
from domain.ledger.recorder import Pool


@dataclass(frozen=True, slots=True)
class Once:
    """The id of a statement, of whose it is, and until when it would be believed (seconds since 1970)."""

    key: bytes
    until: float


def once(kind: str, of: str, it: Statement, until: float | None = None) -> Once:
    """A statement of a kind by somebody; one that names its end is kept until then."""
    key = hashlib.sha256("\n".join((kind, of, it.claims["jti"])).encode()).digest()
    return Once(key, (instant(it, "exp") if until is None else until) + LEEWAY)


class Uses:
    """The ids that were used, in PostgreSQL, where all processes look."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def take(self, statements: Sequence[Once], now: float) -> None:
        """Use all of them, or raise NotBelieved where one was used before."""
        if not statements:
            return
        keys, until = [each.key for each in statements], [_utc(each.until) for each in statements]
        with self._pool.connection() as connection:
            row = connection.execute(
                "select ledger.use_once(%s::bytea[], %s::timestamptz[], %s)",
                (keys, until, _utc(now)),
                prepare=True,
            ).fetchone()
        if row is None or row[0] is not True:
            raise NotBelieved("jti: used before")


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
