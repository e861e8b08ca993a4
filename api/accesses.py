"""Who read a case file, and who asked to see it: the access log of a case, which stands beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice, takewhile
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query
from starlette.responses import Response

from api.caller import Caller
from api.json import Json
from api.noted import note_access
from api.parameters import Day, ManyRows, as_period, page
from api.paths import BASE
from api.problems import Wrong, bad_value
from api.readers import manages, see
from api.services import Given, Services
from api.tables import AS_CSV, Accept, Format, as_csv, table
from api.who import PURPOSES, Who
from domain.access.events import AccessRequestReceived, ThirdPartiesNotified
from domain.access.state import Access
from domain.contract import Json as JsonValue
from domain.contract import encode
from domain.disclosure.reads import Read, Reader, reads
from domain.ledger.access_logs import UnknownLine
from domain.rules.calendar import legal_day

COLUMNS = ("agency", "accessor", "purpose", "as_of", "accessed_at")


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/cases/{{case_id}}/accesses",
        list_accesses,
        methods=["GET"],
        operation_id="list_accesses",
        tags=["access"],
        response_model=None,
        responses={200: AS_CSV},
    )
    app.add_api_route(
        f"{BASE}/cases/{{case_id}}/access-requests",
        list_access_requests,
        methods=["GET"],
        operation_id="list_access_requests",
        tags=["access"],
        response_model=None,
    )


# --- who read it -------------------------------------------------------------------------------------------


def list_accesses(
    case_id: UUID,
    who: Caller,
    services: Given,
    agency: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00-\x1f]+$")] = None,
    person: UUID | None = None,
    purpose: Annotated[str | None, Query(max_length=40, pattern="^[A-Z_]+$")] = None,
    from_day: Annotated[Day, Query(alias="from")] = None,
    to_day: Annotated[Day, Query(alias="to")] = None,
    cursor: UUID | None = None,
    limit: ManyRows = 100,
    format: Format = None,
    accept: Accept = "*/*",
) -> Response:
    """Who read the file of a case, for which office and why, the last one first; JSON or CSV.

    The servizio sociale is told of all who read its case, the Ambito of every case, any other office of
    itself. A read by an anti-violence service is told to the case manager alone; which health service read,
    the Ambito is not told. This answer is itself a read, and stands in the next one.
    """
    if purpose is not None and purpose not in PURPOSES:
        raise bad_value(Wrong("purpose", "is no purpose"))
    first, last = as_period(from_day, to_day)
    see(services, "list_accesses", who, case_id)
    asked = {"agency": agency, "accessor": person, "purpose": purpose}
    of_those = (
        read
        for read in _since(first, _reads(services, who, case_id, cursor))
        if all(value in (None, getattr(read, name)) for name, value in asked.items())
        and _within(legal_day(read.accessed_at), first, last)
    )
    found = list(islice(of_those, limit + 1))
    note_access(services, who, case_id, ())
    items = [_told(read) for read in found]
    if not as_csv(format, accept):
        return page(items, limit, lambda _: str(found[limit - 1].event_id))
    more = str(found[limit - 1].event_id) if len(found) > limit else None
    return table(f"accesses-{case_id}", COLUMNS, items[:limit], more)


def _reads(services: Services, who: Who, case_id: UUID, cursor: UUID | None) -> Iterator[Read]:
    """Those that the reader may know of, the last first.

    A cursor is one of these, since versions tell of others; any other is refused whether it exists or not.
    """
    reader = Reader(who.agency, who.unit, case_manager=_is_manager(services, who, case_id))
    try:
        found = reads(services.reading.access_logs.backwards(case_id, cursor), reader)
    except UnknownLine:
        found = iter(())
    if cursor is not None and ((first := next(found, None)) is None or first.event_id != cursor):
        raise bad_value(Wrong("cursor", "is not the next_cursor of this list"))
    return found


def _is_manager(services: Services, who: Who, case_id: UUID) -> bool:
    """Asked of the servizio sociale alone: an office may have a case of which it was shown no fact yet."""
    return who.kind == "servizio-sociale" and manages(services.reading.case(case_id), who)


def _since(first: date | None, found: Iterator[Read]) -> Iterator[Read]:
    """As far back as a day, and one more: what was read at one moment may stand in another order."""
    if first is None:
        return found
    return takewhile(lambda read: legal_day(read.accessed_at) >= first - timedelta(days=1), found)


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def _told(read: Read) -> dict[str, JsonValue]:
    return {name: encode(getattr(read, name)) for name in COLUMNS}


# --- who asked to see it -----------------------------------------------------------------------------------


def list_access_requests(case_id: UUID, who: Caller, services: Given) -> Json:
    """The requests to see the file, each with its term, the third parties told, their replies, the answer.

    ``state`` is that of the 30 days, as of today: RUNNING, KEPT, KEPT_LATE, or LAPSED, which counts as a
    denial (L. 241/1990 art. 25 c. 4).
    """
    see(services, "list_access_requests", who, case_id)
    access, today = services.reading.access_logs.state(case_id), legal_day(services.clock())
    received = access.requests.values()
    note_access(services, who, case_id, [event_id for event_id, _ in received])
    return Json({"items": [_asked(each, access, today) for _, each in received], "next_cursor": None})


def _asked(request: AccessRequestReceived, access: Access, today: date) -> dict[str, Any]:
    answer = access.answered.get(request.request_id)
    return {
        "request_id": str(request.request_id),
        "requester": encode(request.requester),
        "requester_kind": request.requester_kind,
        "object": request.object,
        "received_on": request.received_on.isoformat(),
        "answer_by": request.answer_by.isoformat(),
        "state": access.state(request.request_id, today),
        "third_parties": [
            party for notice in access.notices_of(request.request_id) for party in _parties(notice, access)
        ],
        "answer": encode(answer) if answer else None,
    }


def _parties(notice: ThirdPartiesNotified, access: Access) -> Iterator[dict[str, Any]]:
    told: object = notice.third_parties
    for line, party in enumerate(told if isinstance(told, tuple) else (), 1):
        reply = access.replies.get((notice.request_id, notice.notified_on, line))
        yield encode(party) | {
            "line": line,
            "notified_on": notice.notified_on.isoformat(),
            "reply_by": notice.reply_by.isoformat(),
            "reply": encode(reply) if reply else None,
        }
