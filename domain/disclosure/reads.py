"""Who may know that a case file was read, and by whom: the access log as each office is shown it.

The servizio sociale is shown every read of its case, the Ambito of every case, any other office its own. That
an anti-violence service reads a file tells that somebody in it is protected: it is shown to that service and
to the case manager, to nobody else. A health service the Ambito knows by a word for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.access.events import CaseFileAccessed
from domain.disclosure.masks.mask import HEALTH_SERVICE
from domain.fact import Fact, kind
from domain.seats import of_anti_violence, of_health, reads_as


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks for the access log of a case, which she may see."""

    agency: str
    unit: str | None = None
    case_manager: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A read of a case file, as a reader may know it. ``accessor`` is None where it would tell too much."""

    event_id: UUID
    agency: str
    accessor: UUID | None
    purpose: str
    as_of: datetime
    accessed_at: datetime


def reads(facts: Iterable[Fact[Any]], reader: Reader) -> Iterator[Read]:
    """The reads among facts of an access log that somebody may know of, in the order of these."""
    for fact in facts:
        if fact.kind is CaseFileAccessed and (read := _told(fact, reader)):
            yield read


def _told(fact: Fact[CaseFileAccessed], reader: Reader) -> Read | None:
    event, asks = fact.event, kind(reader.agency)
    own = event.agency == reads_as(reader.agency, reader.unit)
    if of_anti_violence(event.agency) and not (own or reader.case_manager):
        return None
    if not own and asks not in ("servizio-sociale", "ats"):
        return None
    hidden = asks == "ats" and not own and of_health(event.agency)
    return Read(
        fact.event_id,
        HEALTH_SERVICE if hidden else event.agency,
        None if hidden else event.accessor,
        event.purpose,
        event.as_of,
        event.accessed_at,
    )
