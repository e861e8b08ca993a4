"""The evidence of who asks (AUDIT_REST_01 and _02): the person behind the client, and from where."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.security.claims import OfClient, of_the_client, text
from api.security.jws import Checks, Statement

WITHOUT_PERSON = frozenset(
    {
        "list_checkpoints",
        "show_latest_checkpoint",
        "prove_inclusion",
        "prove_consistency",
        "list_log_keys",
        "show_asyncapi",
        "list_indicators",
        "list_recipients",
        "show_health",
        "read_feed",
        "acknowledge",
    }
)
"""Operations that no person need stand behind. They touch no case; but for the feed, which is an agency's
machine that fetches what ``disclosed`` has on record as shown to it."""


@dataclass(frozen=True, slots=True)
class OfPerson(OfClient):
    """The purpose too, and what the voucher says of this evidence: ``{"alg": …, "value": …}``."""

    purpose_id: str
    bound: Any


_DNONCE = re.compile(r"[0-9]{13}\Z", re.ASCII)
"""Some producers send it as a number."""

TRACKING: Checks[OfPerson] = {
    **of_the_client(),
    "purposeId": lambda it, of: it.claims["purposeId"] == of.purpose_id,
    "userID": lambda it, _: bool(person(it)),
    "userLocation": lambda it, _: text(it, "userLocation"),
    "LoA": lambda it, _: text(it, "LoA", 64),
}
"""AUDIT_REST_01, which is all for who comes by direct trust."""

BOUND: Checks[OfPerson] = {
    "dnonce": lambda it, _: bool(_DNONCE.match(str(it.claims["dnonce"]))),
    "digest": lambda it, of: of.bound == {"alg": "SHA256", "value": _hex(it)},
}
"""AUDIT_REST_02 on top: PDND signed the hash of this evidence into the voucher."""


def person(it: Statement) -> UUID:
    """Opaque, in the domain of the agency. A codice fiscale is none: it raises ValueError."""
    return UUID(it.claims["userID"])


def _hex(it: Statement) -> str:
    return hashlib.sha256(it.compact.encode()).hexdigest()
