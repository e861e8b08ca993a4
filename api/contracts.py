"""What agencies program against: the JSON Schemas of the messages, the AsyncAPI document of the topics."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Header, Path
from starlette.responses import Response

from api.caller import Caller
from api.etags import matches
from api.json import Json
from api.paths import BASE
from api.problems import unknown
from api.services import Given
from domain.published.frozen import by_file

IMMUTABLE = "public, max-age=31536000, immutable"
"""A frozen schema never changes: who has it need never ask again."""

SCHEMA = {
    "application/schema+json": {
        "schema": {"type": "object", "maxProperties": 100, "additionalProperties": {}}
    }
}


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        "/schemas/{file}",
        show_schema,
        methods=["GET"],
        operation_id="show_schema",
        tags=["contracts"],
        response_model=None,
        response_class=Response,
        responses={200: {"description": "Lo schema (JSON Schema 2020-12).", "content": SCHEMA}},
    )
    app.add_api_route(
        f"{BASE}/asyncapi.json",
        show_asyncapi,
        methods=["GET"],
        operation_id="show_asyncapi",
        tags=["contracts"],
        response_model=None,
    )


def show_schema(
    file: Annotated[str, Path(max_length=200, pattern="^[a-z0-9_.-]+$")],
    if_none_match: Annotated[str | None, Header(alias="If-None-Match")] = None,
) -> Response:
    """The schema that a message names in ``ce_dataschema``: a file that was frozen and never changes."""
    schema = by_file().get(file)
    if schema is None:
        raise unknown()
    headers = {"ETag": f'"{schema.digest}"', "Cache-Control": IMMUTABLE}
    if matches(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(schema.text, headers=headers, media_type="application/schema+json")


def show_asyncapi(_who: Caller, services: Given) -> Json:
    """The topics of the Ambito and their messages, as AsyncAPI 3."""
    return Json(services.asyncapi(services.recipients))
