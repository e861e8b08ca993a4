"""Which messages a recipient does not apply, by which rule: docs/consuming.md has the whole table."""

from __future__ import annotations

import re
from typing import get_args

from domain.catalogue import CONTRACTS
from domain.message import Kind, Message

UNKNOWN_KIND, UNKNOWN_MAJOR, WRONG_SCHEMA = "UNKNOWN_KIND", "UNKNOWN_MAJOR", "WRONG_SCHEMA"

KINDS = frozenset(get_args(Kind))

STORED = re.compile(r"(?P<name>adi\.[a-z0-9_.]+)\.v(?P<major>[1-9][0-9]*)")


def barred(message: Message) -> str | None:
    """The rule that parks a message; None where it may be applied.

    A type that this version has never heard of is no reason: it is kept as it came, and nobody reads it.
    """
    if message.kind not in KINDS:
        return UNKNOWN_KIND
    stored = STORED.fullmatch(message.type)
    if stored is None or not isinstance(message.data, dict):
        return WRONG_SCHEMA
    known = CONTRACTS.get(stored["name"])
    if known is not None and int(stored["major"]) > known.version:
        return UNKNOWN_MAJOR
    return None
