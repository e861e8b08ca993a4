"""Whether every key that is gone was destroyed by an erasure on record, and none of those came back."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

import orjson
import psycopg

from domain.ledger.erased import ERASURE, key_of_household, key_of_person

ON_RECORD = f"select stream_id, sealed from ledger.events where type like '{ERASURE}.v%'"


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


def on_record(connection: psycopg.Connection[Any]) -> frozenset[str]:
    """The keys that the erasures in the log may have destroyed: of who was erased, and of the households."""
    found: set[str] = set()
    for stream_id, sealed in connection.execute(ON_RECORD.encode()):
        found.add(key_of_household(stream_id))
        try:
            found.add(key_of_person(orjson.loads(sealed)["member_id"]))
        except (ValueError, KeyError, TypeError):
            continue  # not to be read: a finding of its own
    return frozenset(found)
