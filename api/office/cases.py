"""What the office knows of a case: its file, and who in it bears a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Header
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from api import statements
from api.body import Body
from api.described.composed import body_of
from api.etags import matches, of_content
from api.json import Json
from api.office import described
from api.office.caller import Caller
from api.office.lists import shown
from api.office.paths import BASE
from api.office.services import Given, OfficeServices
from api.parameters import Limit, page
from api.problems import Wrong, bad_value, unknown, wrongs
from domain.contract import BadValue, decode, encode, stored_as
from domain.contract import Json as JsonValue
from projections.offices.people import folded

LIST = """
select case_id, facts, last_recorded_at
  from views.cases_v1
 where (%(cursor)s::uuid is null or case_id > %(cursor)s)
 order by case_id limit %(limit)s
"""

FACTS = """
select event_id, version, type, occurred_on, recorded_at, agency, data
  from views.shown_v1
 where case_id = %(case_id)s and kind <> 'correction' and type like 'adi.case.%%'
 order by version
"""

PEOPLE = "select person from views.people_v1 where case_id = %(case_id)s order by member_id"

LINES = """
select d.id, d.list, d.case_id, d.member_id, d.line,
       d.open and (d.until_on is null or d.until_on > %(today)s) as open,
       jsonb_build_object('member_id', d.member_id) as person
  from views.desk_v1 d
 where d.case_id = %(case_id)s
 order by d.sorts_on, d.id
"""

SEARCHED = """
select case_id, member_id, person
  from views.people_v1
 where (%(tax_code)s::text is null or tax_code = %(tax_code)s)
   and (%(surname)s::text is null or starts_with(surname, %(surname)s))
   and (%(name)s::text is null or starts_with(name, %(name)s))
   and (%(birth_date)s::text is null or person ->> 'birth_date' = %(birth_date)s)
   and (%(after_case)s::uuid is null or (case_id, member_id) > (%(after_case)s, %(after_member)s::uuid))
 order by case_id, member_id
 limit %(limit)s
"""

SHORTEST = 2
"""Letters of a surname: one alone would list the household of half the office."""

MOST = 20
"""Persons in one answer: who finds more has looked for nobody in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Whom to look for: by tax code, or by the beginning of the surname; the rest narrows it."""

    tax_code: str | None = None
    surname: str | None = None
    name: str | None = None
    birth_date: date | None = None
    cursor: str | None = None


_SHAPE = TypeAdapter(described.Search)


def add_routes(app: FastAPI) -> None:
    routes: tuple[tuple[str, str, Any], ...] = (
        ("/cases", "GET", list_cases),
        ("/cases/{case_id}", "GET", show_case),
        ("/searches", "POST", search_people),
    )
    for path, method, endpoint in routes:
        app.add_api_route(
            BASE + path,
            endpoint,
            methods=[method],
            operation_id=endpoint.__name__,
            tags=["cases"],
            response_model=None,
            openapi_extra=body_of("Search") if method == "POST" else None,
        )


def list_cases(_: Caller, services: Given, cursor: UUID | None = None, limit: Limit = 100) -> Json:
    """The cases of which the office was told something, by id."""
    found = services.rows(LIST, {"cursor": cursor, "limit": limit + 1})
    return page(found, limit, lambda item: str(item["case_id"]))


def show_case(
    case_id: UUID,
    _: Caller,
    services: Given,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match", max_length=400)] = None,
) -> Response:
    """All that the office was told of a case, as corrected: its people, its facts, its lines in each list."""
    facts = services.rows(FACTS, {"case_id": case_id})
    if not facts:
        raise unknown()
    body = {
        "case_id": str(case_id),
        "people": [row["person"] for row in services.rows(PEOPLE, {"case_id": case_id})],
        "lists": _lists(services, case_id),
        "facts": [_fact(row) for row in facts],
    }
    etag = of_content(body)
    if matches(if_none_match, etag):
        return Response(status_code=304, headers={"ETag": etag})
    return Json(body, headers={"ETag": etag})


def search_people(_: Caller, services: Given, body: Body) -> Json:
    """The persons that the office knows by this name or tax code. By POST: no name stands in a URL."""
    asked = _search(body)
    after_case, after_member = _place(asked.cursor)
    found = services.rows(
        SEARCHED,
        {
            "tax_code": asked.tax_code and asked.tax_code.strip().upper(),
            "surname": folded(asked.surname),
            "name": folded(asked.name),
            "birth_date": encode(asked.birth_date),
            "after_case": after_case,
            "after_member": after_member,
            "limit": MOST + 1,
        },
    )
    return page(found, MOST, lambda item: f"{item['case_id']}/{item['member_id']}")


def _search(body: dict[str, JsonValue]) -> Search:
    try:
        _SHAPE.validate_python(body)
        asked = decode(Search, body)
    except ValidationError as error:
        raise bad_value(*wrongs(statements.found(error))) from None
    except BadValue as bad:
        raise bad_value(Wrong("/" + bad.where.replace(".", "/"), bad.because)) from None
    if not (asked.tax_code or "").strip() and len(folded(asked.surname) or "") < SHORTEST:
        raise bad_value(Wrong("", f"a tax_code, or at least {SHORTEST} letters of a surname"))
    return asked


def _place(cursor: str | None) -> tuple[UUID | None, UUID | None]:
    if cursor is None:
        return None, None
    try:
        case_id, member_id = (UUID(part) for part in cursor.split("/"))
    except ValueError:
        raise bad_value(Wrong("/cursor", "is none that a page gave")) from None
    return case_id, member_id


def _lists(services: OfficeServices, case_id: UUID) -> dict[str, list[dict[str, JsonValue]]]:
    """The lines of the case, by list."""
    found: dict[str, list[dict[str, JsonValue]]] = {}
    for row in services.rows(LINES, {"case_id": case_id, "today": services.today}):
        found.setdefault(row["list"], []).append(shown(row, services))
    return found


def _fact(row: dict[str, Any]) -> dict[str, JsonValue]:
    """A fact, by the last part of its stored name: what comes before names the benefit."""
    type_ = row.pop("type")
    try:
        title = stored_as(type_)[0].title
    except (KeyError, ValueError):
        title = None  # a fact that this version does not know yet
    return row | {"fact": type_.split(".")[2]} | ({"title": title} if title else {})
