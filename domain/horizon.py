"""What a recipient knew of a case: what it had been shown by an instant, and what of that it had received."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.message import Message, last_words


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact as a recipient was shown it: when, and when it said that it had received it, if it did."""

    message: Message
    shown_at: datetime
    received_at: datetime | None


def horizon(seen: Iterable[Seen]) -> list[Seen]:
    """What stands of all that was shown, by version."""
    shown = {each.message.seq: each for each in seen}
    return [shown[message.seq] for message in last_words(each.message for each in shown.values())]
