"""The blind index: which case holds a codice fiscale, without holding the codice fiscale.

What is kept is an HMAC under a key of the key file, so a copy of the database alone cannot be searched, not
even by trying every codice fiscale there is. A row is written just before the act that brings it is appended:
the person can be found once the append returns, and a row whose act was lost is seen through by who looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.contract import Json, contract_of, encode, leaves
from domain.fact import Fact
from domain.ledger.recorder import Pool
from domain.ledger.seal import Keys

INDEX_KEY = "index/tax-code"
"""One key for all of them: who destroys it makes the index anew."""

CARRY = (e.HouseholdCompositionRecorded, e.SchoolVerificationRequested, e.EventCorrected)
"""The facts that can bring a codice fiscale; a test compares them with the catalogue."""


def name(stream_id: UUID, events: Iterable[Any], pool: Pool, keys: Keys) -> int:
    """Note whose codice fiscale these events of a case bring; how many. Who was erased is not noted again."""
    found = [pair for event in events if isinstance(event, CARRY) for pair in tax_codes(event)]
    if not found:
        return 0
    with pool.connection() as connection:
        connection.execute(
            "select ledger.name_people(%s, %s::bytea[], %s::uuid[])",
            [stream_id, [digest(code, keys) for _, code in found], [member_id for member_id, _ in found]],
            prepare=True,
        )
    return len(found)


def holding(tax_code: str, pool: Pool, keys: Keys) -> list[tuple[UUID, UUID]]:
    """Which member of which case may have a codice fiscale: to be seen through with :func:`has`."""
    query = "select member_id, stream_id from ledger.people where digest = %s order by stream_id, member_id"
    with pool.connection() as connection:
        return connection.execute(query, [digest(tax_code, keys)]).fetchall()


def has(member_id: UUID, tax_code: str, facts: Iterable[Fact[Any]]) -> bool:
    """Whether these facts give a member a codice fiscale, now or before a correction."""
    wanted = (member_id, _plain(tax_code))
    return any(
        wanted == (who, _plain(code))
        for fact in facts
        if isinstance(fact.event, CARRY)
        for who, code in tax_codes(fact.event)
    )


def tax_codes(event: Any) -> list[tuple[UUID, str]]:
    """Every codice fiscale that an event tells, with the member whose it is; none that was erased."""
    return tax_codes_in(contract_of(event).type, encode(event))


def tax_codes_in(kind: type, data: Mapping[str, Json]) -> list[tuple[UUID, str]]:
    """The same of an encoded event, or of what a reader is shown of it."""
    found = leaves(kind, data)
    return [
        (UUID(leaf.subject), leaf.value)
        for leaf in found
        if leaf.path.endswith(".tax_code") and leaf.subject and isinstance(leaf.value, str)
    ]


def digest(tax_code: str, keys: Keys) -> bytes:
    """The HMAC of a codice fiscale, however it was typed."""
    return keys.ensure([INDEX_KEY])[INDEX_KEY].salt(_plain(tax_code).encode())


def _plain(tax_code: str) -> str:
    return "".join(tax_code.split()).upper()
