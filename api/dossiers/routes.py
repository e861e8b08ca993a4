"""Where the dossier of a measure is asked for, and got: as JSON, as a page, as a paper, as a bundle.

The request answers 202 with the address of the status, which leads on to the dossier. It is made anew from
the log each time that it is got: the same address gives the same dossier, unless what came since hides more.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Header, Path
from starlette.responses import Response

from api.body import Body, Object
from api.caller import Caller
from api.documents.document import Unprintable
from api.dossiers.forms import BUNDLE, as_bundle, as_json, as_page, as_paper
from api.dossiers.key import Key, key
from api.dossiers.page import POLICY
from api.json import Json
from api.noted import note_access
from api.parameters import as_instant
from api.paths import BASE
from api.problems import RETRY_AFTER, Problem, Wrong, bad_value, unknown
from api.readers import case_of_measure
from api.services import Given, Services
from api.who import Who
from domain.bundle.gather import NotSignedYet
from domain.contract import instant
from domain.dossier import Dossier, dossier, redaction
from domain.ledger.dossiers import latest, moments, record_of
from domain.refused import Refused

PATH = f"{BASE}/measures/{{measure_id}}/dossiers"


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        PATH,
        request_dossier,
        methods=["POST"],
        operation_id="request_dossier",
        tags=["measures"],
        status_code=202,
        response_model=None,
        openapi_extra={"requestBody": REQUEST},
    )
    app.add_api_route(
        PATH + "/{dossier_id}/status",
        show_dossier_status,
        methods=["GET"],
        operation_id="show_dossier_status",
        tags=["measures"],
        status_code=303,
        response_model=None,
    )
    app.add_api_route(
        PATH + "/{dossier_id}",
        show_dossier,
        methods=["GET"],
        operation_id="show_dossier",
        tags=["measures"],
        response_model=None,
        responses={
            200: {"description": "", "content": _CONTENT},
            406: {"description": ""},
            409: {"description": ""},
        },
    )


REQUEST = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["for"],
                "additionalProperties": False,
                "properties": {
                    "for": {
                        "type": "string",
                        "maxLength": 110,
                        "pattern": "^(judge|member:[0-9a-f-]{36}|signatory:[a-z][a-z0-9-]{0,99})$",
                        "description": "Un giudice, un componente o un firmatario.",
                        "example": "judge",
                    },
                    "as_of": {
                        "type": "string",
                        "format": "date-time",
                        "description": "Come i fatti erano noti a questo istante; ora, se manca.",
                    },
                },
            }
        }
    },
}
_FILE = {"schema": {"type": "string", "format": "binary"}}
_OBJECT = {"schema": {"type": "object", "maxProperties": 100, "additionalProperties": {}}}
_CONTENT = {"text/html": _FILE, "application/pdf": _FILE, BUNDLE: _OBJECT}

Named = Annotated[str, Path(max_length=130, pattern=r"^[0-9]{1,16}\.[a-z][a-z0-9.-]*$")]


def request_dossier(measure_id: UUID, who: Caller, services: Given, body: Body) -> Response:
    """Ask for the dossier of a measure, for a judge, a member or a signatory, as known at an instant.

    An instant before the case or the measure, or one that has not come, is refused here: no dossier is
    partly made.
    """
    asked = _asked(body, services)
    _made(services, who, "request_dossier", measure_id, asked)
    location = f"{BASE}/measures/{measure_id}/dossiers/{asked}"
    said = {"dossier_id": str(asked), "status": "accepted", "as_of": instant(asked.as_of)}
    return Json(said, 202, {"Location": f"{location}/status"})


def show_dossier_status(measure_id: UUID, dossier_id: Named, who: Caller, services: Given) -> Response:
    """Whether a dossier is made: it always is, and the answer leads to it."""
    case_of_measure(services, "show_dossier_status", who, measure_id)
    asked = key(dossier_id)
    if asked is None:
        raise unknown()
    headers = {"Location": f"{BASE}/measures/{measure_id}/dossiers/{asked}"}
    return Json({"status": "done"}, 303, headers)


def show_dossier(
    measure_id: UUID,
    dossier_id: Named,
    who: Caller,
    services: Given,
    accept: Annotated[str, Header()] = "*/*",
) -> Response:
    """The dossier, in the form that you accept: JSON, HTML, PDF, or the bundle that ``ambito verify`` checks.

    That it was read is noted in the access log of the case, after the instant that it speaks of.
    """
    asked, form = key(dossier_id), _form(accept)
    if asked is None:
        raise unknown()
    made = _made(services, who, "show_dossier", measure_id, asked)
    answer = FORMS[form](made, services)
    note_access(services, who, made.case_id, [moment.event_id for moment in made.timeline], asked.as_of)
    return answer


# --- what is asked for -------------------------------------------------------------------------------------


def _asked(body: Object, services: Services) -> Key:
    if body.keys() - {"for", "as_of"}:
        raise bad_value(Wrong("", "has fields that are not of this request: for, as_of"))
    whom, at = body.get("for"), body.get("as_of")
    if not isinstance(whom, str) or not isinstance(at, str | None):
        raise bad_value(Wrong("/for", "must be judge, member:<id> or signatory:<code>"))
    try:
        reader = redaction(whom)
        return Key(as_instant("/as_of", at) or latest(services.pool, reader), reader)
    except Refused:
        raise bad_value(Wrong("/for", "must be judge, member:<id> or signatory:<code>")) from None


def _made(services: Services, who: Who, operation: str, measure_id: UUID, asked: Key) -> Dossier:
    case_id = case_of_measure(services, operation, who, measure_id)
    _has_come(services, asked.as_of)
    record = record_of(services.reading, services.pool, services.law, case_id, measure_id, asked.as_of)
    return dossier(record, measure_id, asked.as_of, asked.redaction)


def _has_come(services: Services, as_of: datetime) -> None:
    """Nobody knows what will be on record: by the clock of the log, which dates the facts."""
    if as_of > moments(services.pool)[1]:
        raise Refused("BAD_VALUE", "as_of: that instant has not come yet")


# --- forms -------------------------------------------------------------------------------------------------


def _json(made: Dossier, _: Services) -> Response:
    return Response(as_json(made), media_type="application/json")


def _page(made: Dossier, _: Services) -> Response:
    return Response(as_page(made), headers={"Content-Security-Policy": POLICY}, media_type="text/html")


def _paper(made: Dossier, _: Services) -> Response:
    try:
        return _file(as_paper(made), f"dossier-{made.measure_id}.pdf", "application/pdf")
    except Unprintable as why:
        raise Problem(409, "UNPRINTABLE", errors=[Wrong(why.where, why.because)]) from None


def _bundle(made: Dossier, services: Services) -> Response:
    try:
        raw = as_bundle(made, services.reading, services.all_rows, services.ambito, services.signer())
    except NotSignedYet:
        raise Problem(409, "NOT_SIGNED_YET", headers={"Retry-After": RETRY_AFTER}) from None
    return _file(raw, f"dossier-{made.measure_id}.json", BUNDLE)


def _file(raw: bytes, name: str, media_type: str) -> Response:
    digest = base64.b64encode(hashlib.sha256(raw).digest()).decode()
    headers = {
        "Repr-Digest": f"sha-256=:{digest}:",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(raw, headers=headers, media_type=media_type)


FORMS = {"application/json": _json, "text/html": _page, "application/pdf": _paper, BUNDLE: _bundle}


def _form(accept: str) -> str:
    """The first form that is accepted, in the order of the header; a browser names the page first."""
    ranges = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    for each in ranges:
        if each in FORMS:
            return each
        if each in ("*/*", "application/*"):
            return "application/json"
        if each == "text/*":
            return "text/html"
    raise Problem(406, "NOT_ACCEPTABLE")
