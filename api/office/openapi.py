"""The OpenAPI document of an office, made from its lists; it does not name the benefit."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from fastapi import FastAPI

from api.described.acts import Problem
from api.described.composed import Interface, composed
from api.described.examples import OFFICE_ANSWERS
from api.office.described import Search, said
from api.office.paths import BASE
from api.office.policy import PUBLIC
from projections.offices.desk import Office

TITLE = "Interfaccia dell'ufficio"
VERSION = "1.0.0"
ID = UUID("0b9f3c0e-54d3-4d55-9f6e-8a5c2a1d7e42")

TAGS: dict[str, tuple[str, str]] = {
    "desk": ("Liste", "Che cosa attende l'ufficio, lista per lista."),
    "cases": ("Fascicoli", "Ciò che l'ufficio sa di un fascicolo, e le persone che vi compaiono."),
    "operations": ("Servizio", "Se il servizio sta bene."),
}


def documented(app: FastAPI, recipient: str, office: Office, public_url: str) -> dict[str, Any]:
    """The document of an office in OpenAPI 3.1."""
    return composed(
        app,
        Interface(
            id=uuid5(ID, recipient),
            summary="Le liste e i fascicoli di un ufficio",
            about="La base dati di questo ufficio, e nient'altro.",
            base=BASE,
            public_url=public_url,
            tags=TAGS,
            said=said(office.lists),
            types=[Search, Problem],
            examples=OFFICE_ANSWERS,
            public=PUBLIC,
            probes=PUBLIC,
        ),
    )
