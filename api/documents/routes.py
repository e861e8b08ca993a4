"""Where papers are asked for: the patto of a draft, the letter of an act that is not recorded yet.

Nothing is recorded here but that the file was read. The digest of what is answered stands in ``Repr-Digest``
(RFC 9530); what the fact will say of its papers in ``Document-Hash``, of a convocation in ``Text-Hash``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Path, Query
from starlette.responses import Response

from api.body import Body
from api.caller import Caller
from api.documents import statement
from api.documents.convocation import convocation, text_hash
from api.documents.document import Document, Unprintable, hash_of
from api.documents.notices import Notice, formal_reminder, proceeding_notice, reason_request
from api.documents.patto import papers
from api.naming import check_named
from api.noted import note_access
from api.parameters import Version
from api.paths import BASE
from api.problems import Problem, Wrong, bad_value, unknown
from api.readers import see
from api.services import Given
from domain.case.events import PattoDrafted
from domain.case.state import Case, fold
from domain.catalogue import ACTS
from domain.fact import Fact
from domain.refused import Refused

PDF = "application/pdf"


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/cases/{{case_id}}/pattos/{{patto_id}}/versions/{{version}}/document",
        print_patto,
        methods=["GET"],
        operation_id="print_patto",
        tags=["documents"],
        response_model=None,
        response_class=Response,
        responses=_answers("Document-Hash", "Ciò che la firma dirà in document_hash."),
    )
    app.add_api_route(
        f"{BASE}/cases/{{case_id}}/letters/{{act}}",
        print_letter,
        methods=["POST"],
        operation_id="print_letter",
        tags=["documents"],
        response_model=None,
        response_class=Response,
        responses=_answers("Text-Hash", "Ciò che l'atto dirà della lettera; di un avviso, Document-Hash."),
        openapi_extra={"requestBody": _bodies()},
    )


def print_patto(
    case_id: UUID,
    patto_id: UUID,
    version: Version,
    who: Caller,
    services: Given,
    member_id: UUID | None = None,
) -> Response:
    """The common part of a patto to sign, or with ``member_id`` the annex that only this member reads.

    A version that was signed is printed as it was known when the signature was recorded.
    """
    see(services, "print_patto", who, case_id)
    case = _as_signed(services.reading.facts(case_id), patto_id, version)
    if (patto_id, version) not in case.drafts:
        raise unknown()
    try:
        printed = papers(case, patto_id, version)
    except Unprintable as why:
        raise Problem(409, "UNPRINTABLE", errors=[Wrong(why.where, why.because)]) from None
    if member_id not in printed:
        raise Refused("UNKNOWN_MEMBER", "the person was not in the household of this draft")
    paper = printed[member_id]
    headers = _headers(paper) | {"Document-Hash": hash_of(list(printed.values()))}
    drafted = [fact.event_id for fact in case.all(PattoDrafted) if fact.event.patto_id == patto_id]
    note_access(services, who, case_id, drafted)
    return Response(paper.pdf, headers=headers, media_type=PDF)


def print_letter(
    case_id: UUID,
    act: Annotated[str, Path(max_length=60, pattern="^[a-z_]+$")],
    who: Caller,
    services: Given,
    body: Body,
    member_id: Annotated[
        UUID | None, Query(description="Per chi è, dove l'atto ne nomina più di uno.")
    ] = None,
) -> Response:
    """The letter to send, from the statement of the act that will be recorded once it is sent."""
    see(services, "print_letter", who, case_id)
    if act not in LETTERS or act not in ACTS:
        raise unknown()
    states = statement.read(ACTS[act], body)
    case = services.reading.case(case_id)
    check_named(case, who, states)
    try:
        paper, recorded = LETTERS[act](case, states, member_id)
    except Unprintable as why:
        raise bad_value(Wrong(why.where, why.because)) from None
    note_access(services, who, case_id, ())
    return Response(paper.pdf, headers=_headers(paper) | recorded, media_type=PDF)


# --- which letter ------------------------------------------------------------------------------------------

Printed = tuple[Document, dict[str, str]]
"""A letter, and the header that holds what the act will say of it."""


def _convocation(case: Case, states: Any, member_id: UUID | None) -> Printed:
    whose = member_id or _only(states.member_ids)
    return convocation(case, states, whose), {"Text-Hash": text_hash(case, states)}


def _reason_request(case: Case, states: Any, member_id: UUID | None) -> Printed:
    paper = reason_request(
        case,
        infraction_ref=states.infraction_ref,
        member_id=_same(states.member_id, member_id),
        asked_on=states.asked_on,
        respond_by=states.respond_by,
    )
    return paper, _hashed(paper)


def _proceeding_notice(case: Case, states: Any, member_id: UUID | None) -> Printed:
    notice = Notice(
        proposal_id=states.proposal_id,
        report_id=states.report_id,
        sent_on=states.sent_on,
        office_and_person=states.office_and_person,
        deadline_for_briefs=states.deadline_for_briefs,
    )
    whose = member_id or _only(tuple(case.members_on(states.sent_on)))
    paper = proceeding_notice(case, notice, whose)
    return paper, _hashed(paper)


def _hashed(paper: Document) -> dict[str, str]:
    return {"Document-Hash": paper.sha256}


def _formal_reminder(case: Case, states: Any, member_id: UUID | None) -> Printed:
    paper = formal_reminder(
        case,
        infraction_ref=states.infraction_ref,
        member_id=_same(states.member_id, member_id),
        issued_by=states.issued_by,
        issued_on=states.issued_on,
        comply_by=states.comply_by,
    )
    return paper, _hashed(paper)


LETTERS: Mapping[str, Callable[[Case, Any, UUID | None], Printed]] = {
    "convoke_household": _convocation,
    "request_reason": _reason_request,
    "send_proceeding_notice": _proceeding_notice,
    "issue_reminder": _formal_reminder,
}
"""By the act that the letter is for."""


def _only(members: tuple[UUID, ...]) -> UUID:
    if len(members) != 1:
        raise bad_value(Wrong("member_id", "names whom the letter is for: each member has one"))
    return members[0]


def _same(stated: UUID, asked: UUID | None) -> UUID:
    if asked not in (None, stated):
        raise bad_value(Wrong("member_id", "is not the member of the statement"))
    return stated


# --- answers -----------------------------------------------------------------------------------------------


def _as_signed(facts: list[Fact[Any]], patto_id: UUID, version: int) -> Case:
    """The case, or what it was just before this version of a patto was signed."""
    case = fold(facts)
    signed = [s.event_id for s in case.pattos if (s.patto_id, s.version) == (patto_id, version)]
    if not signed:
        return case
    until = case.facts[signed[0]].version
    return fold([fact for fact in facts if fact.version < until])


def _headers(paper: Document) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(paper.pdf).digest()).decode()
    return {
        "ETag": f'"{paper.sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Content-Disposition": f'attachment; filename="{paper.name}"',
        "Cache-Control": "no-store",
    }


def _answers(header: str, meaning: str) -> dict[int | str, dict[str, Any]]:
    told = {
        "Repr-Digest": "Lo SHA-256 della carta (RFC 9530).",
        "Content-Disposition": "Il nome del file.",
        header: meaning,
    }
    text = {"schema": {"type": "string", "maxLength": 200, "pattern": "^[ -~]+$"}}
    return {
        200: {
            "description": "La carta.",
            "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
            "headers": {name: {"description": said} | text for name, said in told.items()},
        },
        409: {"description": ""},
    }


def _bodies() -> dict[str, Any]:
    shapes = [statement.schema(ACTS[act]) for act in LETTERS if act in ACTS]
    return {"required": True, "content": {"application/json": {"schema": {"oneOf": shapes}}}}
