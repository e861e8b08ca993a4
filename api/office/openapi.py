"""The OpenAPI document of an office, made from its lists; it does not name the benefit."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from api.office.policy import PUBLIC
from api.office.schemas import REF, schemas_of
from api.openapi import ERRORS, composed
from projections.offices.desk import Office

TITLE = "Interfaccia dell'ufficio"
VERSION = "1.0.0"

TAGS = {
    "desk": "Che cosa attende l'ufficio, lista per lista.",
    "cases": "Ciò che l'ufficio sa di un fascicolo, e le persone che vi compaiono.",
    "operations": "Stato del servizio.",
}

OF_QUERIES, OF_BODIES = ("401", "403", "404", "422", "503"), ("400", "413", "415")


def documented(app: FastAPI, office: Office) -> dict[str, Any]:
    """The document of an office, made once."""
    about = "La base dati di questo ufficio, e nient'altro."
    return app.openapi_schema or composed(app, about, TAGS, schemas_of(office.lists), _complete)


def _complete(operation: dict[str, Any]) -> None:
    public = operation["operationId"] in PUBLIC
    operation["security"] = [{}] if public else [{"token": []}]
    problem = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    codes = ("503",) if public else OF_QUERIES + (OF_BODIES if "requestBody" in operation else ())
    for code in sorted(codes):
        operation["responses"][code] = {"description": ERRORS[code], "content": problem}
    operation["responses"]["default"] = {"description": "Any other failure.", "content": problem}
