"""Whose case is this: a search by codice fiscale, which stands in the body alone, never in a URL or a log.

Nobody learns whether a case exists that she may not see. The blind index is asked for the cases of the
reader only, so that a codice fiscale of nobody and one of somebody else's case take the same work and get
the same answer; what was found is then looked up in the facts that she may read. That takes longer, and would
tell that a codice fiscale stands in a case of hers which she was not told: so all are answered alike.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict, ValidationError

from api.body import Body, Object
from api.caller import Caller, Invisible
from api.described.composed import body_of
from api.gate import answer_alike
from api.json import Json
from api.noted import note_search
from api.parameters import at_position
from api.paths import BASE
from api.problems import bad_value, wrongs
from api.reached import Look, reached
from api.readers import see, shown_to_reader
from api.services import Given, Services
from api.shapes import CodiceFiscale
from api.statements import found
from api.who import Who
from domain.contract import stored_as
from domain.ledger.people import digest, has, tax_codes_in
from domain.refused import Refused
from projections.cases import Cases


class CaseSearch(BaseModel):
    """Chi cercare, per codice fiscale."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    tax_code: CodiceFiscale


OF_MINE = """
select member_id, stream_id as case_id
  from ledger.people
 where digest = %(digest)s
   and exists (select from views.cases_v3 mine
                where mine.case_id = stream_id and mine.operators @> array[%(person)s::uuid])
 order by stream_id, member_id
"""

DISCLOSED = """
select member_id, stream_id as case_id
  from ledger.people
 where digest = %(digest)s
   and exists (select from ledger.disclosed shown
                where shown.stream_id = people.stream_id and shown.recipient = %(recipient)s)
 order by stream_id, member_id
"""

Position = Annotated[Look, Depends(reached(Cases))]
Alike = Annotated[None, Depends(answer_alike)]


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/case-searches",
        search_cases,
        methods=["POST"],
        operation_id="search_cases",
        tags=["cases"],
        response_model=None,
        openapi_extra=body_of("CaseSearch"),
    )


def search_cases(who: Caller, _: Alike, services: Given, body: Body, look: Position) -> Json:
    """The cases that you may see in which a member has a codice fiscale, now or before a correction.

    An empty list says no more than that: none of yours. No Idempotency-Key is needed, since nothing is
    recorded but that you searched.
    """
    at = look()
    tax_code = _tax_code(body)
    items = [
        {"case_id": str(case_id), "member_id": str(member_id)}
        for member_id, case_id in _candidates(services, who, tax_code)
        if _sees(services, who, case_id) and _is_told(services, who, case_id, member_id, tax_code)
    ]
    note_search(services, who, {UUID(item["case_id"]) for item in items})
    return Json({"items": items, "next_cursor": None}, headers=at_position(at))


def _tax_code(body: Object) -> str:
    try:
        return CaseSearch.model_validate(body).tax_code
    except ValidationError as error:
        raise bad_value(*wrongs(found(error))) from None


def _candidates(services: Services, who: Who, tax_code: str) -> list[tuple[UUID, UUID]]:
    """Members and cases that the index has for a codice fiscale, among those of the reader."""
    asked: dict[str, Any] = {"digest": digest(tax_code, services.log.keys), "person": who.person}
    query = OF_MINE if who.kind == "servizio-sociale" else DISCLOSED
    if query is DISCLOSED:
        asked["recipient"] = who.reads_as(services.recipients)
    with services.all_rows.connection() as connection:
        return connection.execute(query, asked).fetchall()


def _sees(services: Services, who: Who, case_id: UUID) -> bool:
    try:
        see(services, "search_cases", who, case_id)
    except (Invisible, Refused):
        return False
    return True


def _is_told(services: Services, who: Who, case_id: UUID, member_id: UUID, tax_code: str) -> bool:
    """Whether the reader may know of this member's codice fiscale: by the facts, as far as she reads them."""
    if who.kind == "servizio-sociale":
        return has(member_id, tax_code, services.reading.facts(case_id))
    return any(
        (member_id, tax_code) in tax_codes_in(stored_as(fact["type"])[0].type, fact["data"])
        for fact in shown_to_reader(services, who, case_id)
    )
