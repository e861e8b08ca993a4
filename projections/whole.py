"""Rows of a case that are made anew from the whole of it, whenever a fact of it comes.

One fact may change what many earlier ones mean: a correction, an annulment, a member who leaves. So no row is
patched; each remembers the version of the case that it was made from, and never goes back to an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.contract import contract_of
from domain.ledger.mapper import Entry
from projections.view import Connection


def of_a_case(item: Entry) -> bool:
    """Whether an entry is a fact of a case, and not of the protocol, the Tavolo or the access log."""
    return contract_of(item.fact.event).aggregate == "case"


def behind(connection: Connection, versions: str, batch: Sequence[Entry]) -> list[UUID]:
    """The cases of a batch that moved on since their rows were made.

    ``versions`` is the table that remembers the version of each ``case_id``.
    """
    reached = {entry.fact.case_id: entry.fact.version for entry in batch}
    query = f"select case_id, version from {versions} where case_id = any(%s)".encode()
    rows = connection.execute(query, [list(reached)], prepare=True).fetchall()
    stands: dict[UUID, int] = dict(rows)
    return [case_id for case_id, version in reached.items() if version > stands.get(case_id, 0)]
