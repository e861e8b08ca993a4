"""What a dossier is asked for, as the last part of its address: the instant and the reader.

A dossier follows from them and the log: nothing of it is kept, and its address says all that it is made of.
Ids of members are opaque.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.dossier import Redaction, redaction
from domain.refused import Refused

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_KEY = re.compile(r"([0-9]{1,16})\.(judge|member\.[0-9a-f-]{36}|signatory\.[a-z][a-z0-9-]{0,99})")


@dataclass(frozen=True, slots=True)
class Key:
    """Which dossier of a measure."""

    as_of: datetime
    redaction: Redaction

    def __str__(self) -> str:
        return f"{(self.as_of - EPOCH) // MICROSECOND}.{str(self.redaction).replace(':', '.')}"


def key(text: str) -> Key | None:
    """The inverse of ``str``; None for what is no key."""
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    try:
        return Key(EPOCH + int(found[1]) * MICROSECOND, redaction(found[2].replace(".", ":", 1)))
    except (Refused, OverflowError):
        return None
