"""Whether every key that is gone was destroyed by an erasure on record, and none of those came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import Any
from uuid import UUID

import orjson
import psycopg

from domain.case.rulings.erasure import left_nobody
from domain.ledger.erased import ERASURE, key_of_household, key_of_person
from domain.ledger.keys import Key
from domain.ledger.mapper import LedgerEvent, LedgerMapper

ON_RECORD = f"select stream_id, sealed from ledger.events where type like '{ERASURE}.v%'"

CASE = """
select stream_id, version, type, state, event_id, sealed, position
  from ledger.events where stream_id = %s order by version
"""


def unexplained(destroyed: Set[str], register: Set[str], explained: Set[str]) -> Iterator[str]:
    """What is wrong with the erasures, one sentence for each key."""
    for key_id in sorted(register - explained):
        yield f"the register says that {key_id} was erased, and no fact of the log does"
    for key_id in sorted(destroyed - explained - register):
        yield f"{key_id} was destroyed, and no fact of the log tells of an erasure"


def came_back(register: Set[str], keys: Any) -> Iterator[str]:
    """Keys that the register has as erased, and that are in the key file."""
    for key_id in sorted(keys.states(register).present):
        yield f"{key_id} was erased, and is there again: the key file is of another day"


def registered(connection: psycopg.Connection[Any]) -> frozenset[str]:
    """The keys in the register of erasures."""
    return frozenset(key_id for (key_id,) in connection.execute("select key_id from ledger.erasures"))


def on_record(connection: psycopg.Connection[Any], asked: Set[str]) -> frozenset[str]:
    """The keys that the erasures in the log destroy; of households, only those that are asked for."""
    found: set[str] = set()
    for stream_id, sealed in connection.execute(ON_RECORD.encode()).fetchall():
        try:
            member_id = UUID(orjson.loads(sealed)["member_id"])
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # not to be read: a finding of its own
        found.add(key_of_person(member_id))
        household = key_of_household(stream_id)
        if household in asked and _nobody_left(connection, stream_id):
            found.add(household)
    return frozenset(found)


class _NoKeys:
    """All that is personal reads as erased: who is in a household is not."""

    def held(self, key_ids: Iterable[str]) -> dict[str, Key]:
        return {}

    ensure = held

    def erasures(self) -> int:
        return 0


def _nobody_left(connection: psycopg.Connection[Any], stream_id: UUID) -> bool:
    """Whether an erasure was that of the last member of a closed case, which may be open again since."""
    rows = connection.execute(CASE, [stream_id]).fetchall()
    try:
        return left_nobody(LedgerMapper(_NoKeys()).facts([LedgerEvent(*row) for row in rows]))
    except Exception:
        # A case that cannot be folded was changed, and each change is a finding of its own.
        return True
