"""What a case is, and what it was known to be: to its servizio sociale in full, to others as disclosed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Header, Query
from starlette.responses import Response

from api.caller import Caller, Invisible
from api.etags import matches, of_content, of_version
from api.in_full import case_in_full, fact_in_full
from api.json import Json
from api.lists import AMBITO, SHOWN, Filters
from api.noted import note_access
from api.parameters import Cursor, Instant, Limit, as_instant, page
from api.paths import BASE
from api.problems import Wrong, bad_value
from api.readers import see, shown_to_reader
from api.services import Given, Services
from api.who import Who
from domain.case.state import fold
from domain.contract import Json as JsonValue
from domain.fact import Fact
from domain.reconstruct import as_known


def add_routes(app: FastAPI) -> None:
    for path, endpoint in (
        ("/cases", list_cases),
        ("/cases/{case_id}", show_case),
        ("/cases/{case_id}/events", list_events),
    ):
        app.add_api_route(
            BASE + path,
            endpoint,
            methods=["GET"],
            operation_id=endpoint.__name__,
            tags=["cases"],
            response_model=None,
        )


def show_case(
    case_id: UUID,
    who: Caller,
    services: Given,
    as_known_at: Instant = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match")] = None,
) -> Response:
    """The case as it is, or as it was known to be at an instant."""
    at = as_instant("as_known_at", as_known_at)
    see(services, "show_case", who, case_id)
    body, etag = _in_full(services, case_id, at) if _reads_all(who) else _cut(services, who, case_id, at)
    if matches(if_none_match, etag):
        return Response(status_code=304, headers={"ETag": etag})
    note_access(services, who, case_id, _shown(body), at)
    return Json(body, headers={"ETag": etag})


def list_events(
    case_id: UUID, who: Caller, services: Given, cursor: Cursor = None, limit: Limit = 100
) -> Json:
    """The facts of a case in the order in which they were recorded, a page at a time."""
    see(services, "list_events", who, case_id)
    after = int(cursor) if cursor and cursor.isdecimal() else 0
    if _reads_all(who):
        items = [fact_in_full(fact) for fact in services.log.facts(case_id)]
    else:
        items = shown_to_reader(services, who, case_id)
    found = [item for item in items if item["version"] > after]
    note_access(services, who, case_id, [UUID(item["event_id"]) for item in found[:limit]])
    return page(found, limit, lambda item: str(item["version"]))


def list_cases(
    who: Caller,
    services: Given,
    phase: Annotated[str | None, Query(max_length=40, pattern="^[A-Z_]+$")] = None,
    residence_comune: Annotated[str | None, Query(max_length=6, pattern="^[0-9]{6}$")] = None,
    operator: UUID | None = None,
    cursor: UUID | None = None,
    limit: Limit = 100,
) -> Json:
    """The cases that you may see: of the servizio sociale those assigned to you, of the Ambito all of them.

    The filters are for these two; other agencies are given ids and versions alone.
    """
    asked = Filters(phase, residence_comune, operator, cursor, limit + 1)
    if who.kind in ("servizio-sociale", "ats"):
        if who.kind == "ats" and operator is not None:
            # That an operator of an anti-violence service has a case is not the Ambito's to ask.
            raise bad_value(Wrong("operator", "is a filter of the servizio sociale"))
        mine = who.person or UUID(int=0) if who.kind == "servizio-sociale" else None
        found = AMBITO.rows(services.pool, asked, mine=mine)
        if who.kind == "ats":
            # Counted beside the facts that it may read, they would tell that there is one it may not.
            found = [
                {n: v for n, v in row.items() if n not in ("version", "last_recorded_at")} for row in found
            ]
    else:
        asked.refuse_any()
        found = SHOWN.rows(services.pool, asked, recipient=who.reads_as(services.recipients))
    return page(found, limit, lambda item: str(item["case_id"]))


def _reads_all(who: Who) -> bool:
    return who.kind == "servizio-sociale"


def _shown(body: JsonValue) -> list[UUID]:
    """The facts that an answer names: those of a reader's cut, or of the whole case."""
    facts = body.get("facts")
    if facts is not None:
        return [UUID(fact["event_id"]) for fact in facts]
    listed = [each for value in body.values() if isinstance(value, list) for each in value]
    return list(dict.fromkeys(UUID(each["event_id"]) for each in listed if "event_id" in each))


def _in_full(services: Services, case_id: UUID, at: datetime | None) -> tuple[JsonValue, str]:
    facts: list[Fact[Any]] = services.log.facts(case_id)
    known = as_known(facts, at) if at else facts
    if not known:
        raise Invisible(case_id)
    case = fold(known)
    # A correction moves the version of the log, and so of the case, whatever it leaves of the facts.
    version = known[-1].version
    return case_in_full(case_id, case, version), of_version(version)


def _cut(services: Services, who: Who, case_id: UUID, at: datetime | None) -> tuple[JsonValue, str]:
    facts = shown_to_reader(services, who, case_id, at)
    if at and not facts:
        raise Invisible(case_id)
    body = {
        "case_id": str(case_id),
        "version": max((fact["version"] for fact in facts), default=0),
        "facts": facts,
    }
    return body, of_content(body)
