"""Who is who: whether a seat is the recipient, and which services even a name would give away."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from domain.fact import KINDS, Fact, kind, seat

ANTI_VIOLENCE = frozenset({"cav", "antiviolenza", "violenza", "rifugio"})
"""Words of a code or function that make it an anti-violence service: ``ets-cav``."""

HEALTH_SERVICES = frozenset(
    {"asl", "serd", "sert", "dipendenze", "csm", "cps", "dsm", "npi", "npia", "tsmree", "consultorio"}
)
"""Words of a code or function that make it a health service, whatever agency it was put down to."""


def is_seat(recipient: str, agency: object, unit: object = None) -> bool:
    """Whether an agency (and unit) is the recipient.

    Units of a health or an anti-violence service share with nobody, those of a CPI with the CPI.
    """
    if not isinstance(agency, str) or not isinstance(unit, str | None):
        return False
    return seat(agency, unit) == recipient or (
        agency == recipient and kind(agency) != "asl" and not of_anti_violence(agency, unit)
    )


def reads_as(agency: str, unit: str | None) -> str:
    """The code of who reads a file: the agency, or the unit of a health or an anti-violence service."""
    return seat(agency, unit) if of_health(agency, unit) or of_anti_violence(agency, unit) else agency


def recorded_by(fact: Fact[Any], recipient: str) -> bool:
    return is_seat(recipient, fact.recorder.agency, fact.recorder.unit)


def of_anti_violence(*said: object) -> bool:
    """Whether an agency, a unit or a function is of an anti-violence service."""
    return _says(ANTI_VIOLENCE, said)


def of_health(agency: object, *said: object) -> bool:
    """Whether an agency, a unit or a function is of a health service; a code of no known kind may well be."""
    return _says(HEALTH_SERVICES, (agency, *said)) or kind(str(agency)) not in KINDS


def is_reserved(recipient: str) -> bool:
    """Whether a count of what a recipient is shown would tell whose household has it: by watching it move.

    A health or an anti-violence service; all others stand in what the Ambito reads of a case.
    """
    return of_health(recipient) or of_anti_violence(recipient)


def _says(words: frozenset[str], texts: Iterable[object]) -> bool:
    """Whether a text has one of the words; one that was erased might."""
    return any(
        text is not None
        and (not isinstance(text, str) or bool(words & set(_WORD.findall(text.casefold().replace(".", "")))))
        for text in texts
    )


_WORD = re.compile(r"[^\W\d_]+")
