"""The access log: a line for every file that somebody reads, and for every act that a rule refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from api.services import Services
from api.who import Who
from domain.access.events import CaseFileAccessed, CommandRefused
from domain.fact import Recorder
from domain.ledger.context import Context
from domain.ledger.recorder import Command
from domain.ledger.store import Log
from domain.rules.calendar import legal_day
from domain.seats import reads_as

NOTE_LIST = "select ledger.note_list_read(%s, %s, %s, %s, %s, %s::uuid[])"

REGISTER = Recorder("system", "register")


def nowhere(who: Who) -> UUID:
    """In place of a case, for a refused act that named none, and a search that found none.

    Each client has its own, and waits for no other.
    """
    return uuid5(NAMESPACE_URL, f"urn:ambito:no-case:{who.client}")


def note_access(
    services: Services, who: Who, case_id: UUID, shown: Iterable[UUID], as_of: datetime | None = None
) -> None:
    """Somebody read a case file: who, for which agency and purpose, and which facts (GDPR art. 5(2))."""
    services.pace.read(who, case_id, services.clock())
    note_read(services.log, services.clock(), who, case_id, shown, as_of)


def note_read(
    log: Log, now: datetime, who: Who, case_id: UUID, shown: Iterable[UUID], as_of: datetime | None = None
) -> None:
    """The same, for who has the log alone."""
    noted = CaseFileAccessed(
        accessor=who.subject,
        agency=reads_as(who.agency, who.unit),
        purpose=who.purpose,
        subject_case_id=case_id,
        as_of=as_of or now,
        events_shown=tuple(shown),
        accessed_at=now,
    )
    _note(log, now, case_id, noted)


def note_list(services: Services, who: Who, operation: str, items: Iterable[Mapping[str, Any]]) -> None:
    """Somebody was shown a page of a list: which one, and the cases of its rows.

    No file was opened, so the access logs of the cases have no line of it: a desk opens its day with lists.
    """
    cases = {UUID(item["case_id"]) for item in items if item.get("case_id")}
    said = (services.clock(), reads_as(who.agency, who.unit), who.subject, who.purpose, operation)
    with services.all_rows.connection() as connection:
        connection.execute(NOTE_LIST, [*said, sorted(cases)], prepare=True)


def note_search(services: Services, who: Who, found: Iterable[UUID]) -> None:
    """Somebody looked for a person: a line in every case found, or one in none. Never for whom."""
    for case_id in sorted(found) or [nowhere(who)]:
        note_access(services, who, case_id, ())


def note_refusal(services: Services, who: Who, command: str, rule: str, case_id: UUID | None) -> None:
    """A rule refused an act: who asked, which act, which rule. Never what it said."""
    refused = CommandRefused(actor=who.subject, command=command, rule=rule, refused_at=services.clock())
    _note(services.log, services.clock(), case_id or nowhere(who), refused)


def _note(log: Log, now: datetime, case_id: UUID, noted: Any) -> None:
    context = Context(
        by=REGISTER,
        known_on=legal_day(now),
        purpose="ACCESS",
        command=Command("register", uuid4(), b""),
        correlation_id=uuid4(),
    )
    log.access_logs.note(case_id, noted, context)
