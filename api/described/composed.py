"""An OpenAPI document out of the routes of an app and of what is said of them in Italian."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from api.described.errors import ALWAYS, ERRORS, OF_A_BODY, OF_EVERY, headers_of, refer, responses
from api.described.examples import BODIES
from api.described.headers import HEADERS, MEANT, PARAMETERS
from api.described.queries import Said
from api.described.tidy import not_null, tidy

Schema = dict[str, Any]

REF = "#/components/schemas/{model}"

ABOUT_ALL: Schema = {
    "contact": {
        "name": "Ambito Territoriale Sociale, ufficio di piano",
        "url": "https://ambito.example/contatti",
        "email": "ufficio-di-piano@ambito.example",
    },
    "termsOfService": "https://ambito.example/condizioni",
    "license": {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/it/"},
}
"""What ``info`` says of any app; a deployment has its own addresses."""

SECURITY_SCHEMES: dict[str, Schema] = {
    "VoucherPdnd": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Il voucher della PDND (ID_AUTH_REST_01) o, in sviluppo, un token dell'Ambito, "
        "verificato secondo RFC8725. Con il voucher: `Digest` e `Agid-JWT-Signature` dove c'è un corpo "
        "(INTEGRITY_REST_02), `Agid-JWT-TrackingEvidence` per ciò che riguarda i fascicoli (AUDIT_REST_02), "
        "`DPoP` se il voucher è legato a una chiave. Le risposte sono firmate allo stesso modo.",
    },
    "FiduciaDiretta": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Per gli enti fuori dalla PDND: un JWT firmato con il certificato registrato presso "
        "l'Ambito (ID_AUTH_REST_02), verificato secondo RFC8725, con `Digest` e `Agid-JWT-Signature` "
        "(INTEGRITY_REST_01) e `Agid-JWT-TrackingEvidence` (AUDIT_REST_01) dello stesso certificato.",
    },
}


@dataclass(frozen=True, slots=True)
class Interface:
    """What a document says of an app as a whole, and of each operation that is no act.

    ``id`` never changes. ``tags`` have the Italian name and what it means, by the tag of the routes;
    ``types`` are further schemas, ``examples`` answers. ``base`` is a path that is said once, in the server.
    """

    id: UUID
    summary: str
    about: str
    base: str
    public_url: str
    tags: Mapping[str, tuple[str, str]]
    said: Mapping[str, Said]
    types: Collection[Any]
    examples: Mapping[str, Any]
    public: Collection[str]
    probes: Collection[str]


def composed(app: FastAPI, interface: Interface) -> Schema:
    """The document, in OpenAPI 3.1."""
    answers, schemas = _schemas(interface)
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=interface.about,
        routes=app.routes,
        servers=[_server(interface, interface.base)],
        tags=[{"name": name, "description": meaning} for name, meaning in interface.tags.values()],
    )
    document["info"] |= ABOUT_ALL | {"x-summary": interface.summary, "x-api-id": str(interface.id)}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method, interface, answers)
            if not path.startswith(interface.base):
                operation["servers"] = [_server(interface, "")]
    document["paths"] = {
        path.removeprefix(interface.base): operations for path, operations in document["paths"].items()
    }
    answered = _used("responses", responses(), document["paths"])
    document["components"] = {
        "schemas": schemas,
        "responses": answered,
        "headers": _used("headers", HEADERS, [document["paths"], answered]),
        "parameters": _used("parameters", PARAMETERS, document["paths"]),
        "securitySchemes": SECURITY_SCHEMES,
    }
    made: Schema = tidy(document)
    return made


def _used(kind: str, named: Schema, where: Any) -> Schema:
    """The components of a kind that a part of the document refers to."""
    text = orjson.dumps(where).decode()
    return {name: each for name, each in named.items() if f'"#/components/{kind}/{name}"' in text}


def body_of(model: str) -> Schema:
    """What a route says of its body, by the name of a schema."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REF.format(model=model)}}},
        }
    }


def _schemas(interface: Interface) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """The schema of each operation's answer, and all schemas by name."""
    answers = {name: said.answer for name, said in interface.said.items() if said.answer is not None}
    inputs = [(name, "validation", TypeAdapter(kind)) for name, kind in answers.items()]
    inputs += [(f"#{n}", "validation", TypeAdapter(kind)) for n, kind in enumerate(interface.types)]
    made, found = TypeAdapter.json_schemas(inputs, ref_template=REF)  # type: ignore[arg-type]
    return {name: made[name, "validation"] for name in answers}, found["$defs"]


def _server(interface: Interface, base: str) -> Schema:
    """Every path is under the base but those that say otherwise."""
    return {"url": interface.public_url + base, "description": interface.summary}


def _complete(operation: Schema, method: str, of: Interface, answers: Mapping[str, Schema]) -> None:
    name = operation["operationId"]
    said = of.said.get(name)  # an act says it itself, from its contract
    if said:
        operation |= {"summary": said.summary, "description": said.description}
    if name in BODIES:
        operation["requestBody"]["content"]["application/json"]["example"] = BODIES[name]
    operation["tags"] = [of.tags[tag][0] for tag in operation["tags"]]
    operation["security"] = [{}] if name in of.public else [{scheme: []} for scheme in SECURITY_SCHEMES]
    operation["parameters"] = list(_parameters(operation.get("parameters", ()), method, name in of.probes))
    if not operation["parameters"]:
        del operation["parameters"]
    if said and said.answer is not None:
        _answer(operation, str(said.status), answers[name], of.examples.get(name))
    _succeed(operation, method, name in of.probes)
    _refuse(operation, name in of.public, name in of.probes)


def _parameters(parameters: Any, method: str, probe: bool) -> Any:
    """With their meaning. ``Accept`` is no parameter in OpenAPI: the media types of the answers say it."""
    for each in parameters:
        name = each.get("name")
        if name in (None, "accept", "If-None-Match"):
            if name is None:
                yield each
            continue
        described = {"description": MEANT[name]} if name in MEANT else {}
        yield each | described | {"schema": not_null(each["schema"])}
    if method == "get" and not probe:
        yield {"$ref": "#/components/parameters/If-None-Match"}


def _answer(operation: Schema, status: str, schema: Schema, example: Any) -> None:
    answer = operation["responses"].setdefault(status, {"description": ""})
    answer["description"] = schema.get("description") or operation["summary"]
    media = {"schema": schema} | ({"example": example} if example else {})
    answer["content"] = answer.get("content", {}) | {"application/json": media}


def _succeed(operation: Schema, method: str, probe: bool) -> None:
    """The headers of what succeeds, and the answer to who has it already."""
    if probe:
        return
    waits = any(each.get("name") == "wait_for" for each in operation.get("parameters", ()))
    for status, answer in operation["responses"].items():
        if status < "4":
            tag = ("ETag",) if method == "get" and status == "200" else ()
            leads = ("Location",) if status in ("202", "303") else ()
            answer["headers"] = answer.get("headers", {}) | headers_of(
                *ALWAYS, *tag, *leads, *(("Log-Position",) if waits else ())
            )
    if method == "get" and "200" in operation["responses"]:
        held = {"description": "Chi chiede lo ha già.", "headers": headers_of(*ALWAYS, "ETag")}
        operation["responses"]["304"] = held


def _refuse(operation: Schema, public: bool, probe: bool) -> None:
    named = {status for status in operation["responses"] if status in ERRORS}
    if probe:
        statuses = {"503"}
    else:
        statuses = {*named, *(OF_EVERY if not public else ("429", "500", "503"))}
        own = operation.get("parameters", ())
        statuses |= {"404"} if any(each.get("in") == "path" for each in own) else set()
        statuses |= {"422"} if any(each.get("in") in ("path", "query") for each in own) else set()
        statuses |= {*OF_A_BODY} if "requestBody" in operation else set()
    kept = {status: each for status, each in operation["responses"].items() if status not in ERRORS}
    refused = {status: refer(status) for status in sorted(statuses)}
    operation["responses"] = kept | refused | {"default": refer("default")}
