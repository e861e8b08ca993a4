"""The OpenAPI document, made from the code: shapes of the acts, their headers, a problem for every error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.policy import PUBLIC
from api.shapes import shape_of
from domain.catalogue import ACTS
from domain.contract import Contract

TITLE = "Registro dell'Ambito: coordinamento dell'Assegno di Inclusione"
VERSION = "1.0.0"
REF = "#/components/schemas/{model}"

PROBLEM = {
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457): the rule, its article, and where; never a value.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "rule"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer", "format": "int32"},
        "detail": {"type": "string"},
        "rule": {"type": "string"},
        "article": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "because"],
                "properties": {"where": {"type": "string"}, "because": {"type": "string"}},
            },
        },
    },
}

RECORDED = {
    "title": "Recorded",
    "description": "What an act led to. No event ids where it said what was on record already; no version for"
    " who is not shown the whole case.",
    "type": "object",
    "required": ["position", "recorded_at", "event_ids", "replayed"],
    "properties": {
        "case_id": {"type": "string", "format": "uuid"},
        "protocol_id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer", "format": "int32"},
        "position": {"type": "integer", "format": "int64"},
        "recorded_at": {"type": "string", "format": "date-time"},
        "event_ids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
        "replayed": {"type": "boolean"},
    },
}

ERRORS = {
    "400": "The request cannot be read.",
    "401": "A valid token is needed.",
    "403": "Your agency or role may not do this.",
    "404": "There is nothing here that you may see.",
    "409": "A rule of the law, the protocol or the register forbids it now.",
    "412": "The case has moved on since you read it.",
    "413": "The body is larger than 1 MiB.",
    "415": "The body is not application/json.",
    "422": "A value is not one that its field can have, or the key came with another request.",
    "503": "The register cannot answer now.",
}
_OF_QUERIES = ("401", "403", "404", "422", "503")


def act_documented(contract: Contract) -> dict[str, Any]:
    """What the document says of an act, beside its path."""
    recorded = {"application/json": {"schema": {"$ref": REF.format(model="Recorded")}}}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": REF.format(model=shape_of(contract).__name__)}}
            },
        },
        "parameters": [
            _header(
                "Idempotency-Key",
                "uuid",
                "The id of the command: a retry with it is answered from the log.",
                True,
            ),
            _header("If-Match", None, "The ETag of the case as you saw it."),
            _header("X-Known-On", "date", "When you learnt of the fact; today, where it is left out."),
        ],
        "responses": {
            "200": {"description": "Nothing new: it was on record already.", "content": recorded},
            "201": {"description": "Recorded.", "content": recorded},
        },
    }


def _header(name: str, format_: str | None, description: str, required: bool = False) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": 64} | ({"format": format_} if format_ else {})
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


def documented(app: FastAPI) -> dict[str, Any]:
    """The document of the register, made once."""
    about = "Acts on a case, questions about it, and the feed of facts for each agency."
    return app.openapi_schema or composed(app, about, _TAGS, _schemas(), _complete)


def composed(
    app: FastAPI,
    about: str,
    tags: Mapping[str, str],
    schemas: dict[str, Any],
    complete: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """The document of an app out of its routes, each operation completed; it is kept in the app."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=about,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in tags.items()],
    )
    document["components"] = {
        "schemas": {**schemas, "Problem": PROBLEM},
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }
    for path in document["paths"].values():
        for operation in path.values():
            complete(operation)
    app.openapi_schema = document
    return document


_TAGS = {
    "acts": "Facts put on record: one POST each.",
    "protocol": "The protocol d'intesa, the agreements and the PUC under it.",
    "table": "The Tavolo di coordinamento.",
    "access": "Who read a case file, who asked to see it, and what was answered.",
    "cases": "What a case is, and was known to be.",
    "deadlines": "Terms, by the office whose desk they lie on.",
    "worklists": "What waits for somebody.",
    "documents": "Papers to print and sign: the patto, letters, notices.",
    "indicators": "Figures of the Tavolo, of the Ambito as a whole.",
    "measures": "How a measure came about, and which decisions to look at.",
    "delivery": "The facts of a recipient, and what it says it received.",
    "contracts": "What a recipient programs against: the schemas of its messages, and its topics.",
    "evidence": "What proves that the log only grew: signed states of it, and proofs.",
    "operations": "Whether the register is well.",
}


def _schemas() -> dict[str, Any]:
    models = [(shape_of(contract), "validation") for contract in ACTS.values()]
    _, found = models_json_schema(models, ref_template=REF)  # type: ignore[arg-type]
    return {**found["$defs"], "Recorded": RECORDED}


def _complete(operation: dict[str, Any]) -> None:
    public = operation["operationId"] in PUBLIC
    operation["security"] = [{}] if public else [{"token": []}]
    problem = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    own = [code for code in operation["responses"] if code in ERRORS]
    codes = [*own, "503"] if public else list(ERRORS) if "requestBody" in operation else list(_OF_QUERIES)
    for code in codes:
        operation["responses"][code] = {"description": ERRORS[code], "content": problem}
    operation["responses"]["default"] = {"description": "Any other failure.", "content": problem}
