"""For whom a dossier is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from domain.refused import Refused


@dataclass(frozen=True, slots=True)
class Judge:
    """Whoever decides on the measure: all of the procedure; no third party's data, nothing on health."""

    def __str__(self) -> str:
        return "judge"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the household who asks (L. 241/1990 art. 22): her own, and of the minors under her."""

    member_id: UUID

    def __str__(self) -> str:
        return f"member:{self.member_id}"


@dataclass(frozen=True, slots=True)
class Signatory:
    """A body of the protocol, or a unit of it: what it was sent, no more."""

    recipient: str

    def __str__(self) -> str:
        return f"signatory:{self.recipient}"


Redaction = Judge | Member | Signatory

_RECIPIENT = re.compile(r"[a-z][a-z0-9-]{0,99}")


def redaction(text: str) -> Redaction:
    """``judge``, ``member:<id>`` or ``signatory:<code>``. Raises Refused (BAD_VALUE) for anything else."""
    kind, _, who = text.partition(":")
    if text == "judge":
        return Judge()
    if kind == "signatory" and _RECIPIENT.fullmatch(who):
        return Signatory(who)
    if kind == "member":
        try:
            return Member(UUID(who))
        except ValueError:
            pass
    raise Refused("BAD_VALUE", "for: judge, member:<id> or signatory:<code>")
