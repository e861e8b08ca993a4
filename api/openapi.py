"""The OpenAPI document of the register, made from the code: its acts, and what is said of its queries."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from api.described.acts import Problem, Recorded
from api.described.composed import REF, Interface, composed
from api.described.errors import ALWAYS, OF_AN_ACT, headers_of, refer
from api.described.examples import ANSWERS
from api.described.queries import QUERIES
from api.paths import BASE
from api.policy import PUBLIC
from api.searches import CaseSearch
from api.shapes import shape_of
from domain.catalogue import ACTS
from domain.contract import Contract

TITLE = "Registro dell'Ambito: coordinamento dell'Assegno di Inclusione"
VERSION = "1.0.0"
ID = UUID("6f2c1c54-0c0e-4b0e-9d39-0a4d7f3f5c11")

PROBES = frozenset({"show_status", "show_livez", "show_readyz"})
"""What a supervisor and a balancer ask all the time: neither counted nor cached."""

ABOUT = """\
Il registro dei fascicoli di un Ambito Territoriale Sociale per l'Assegno di Inclusione.

Ogni **atto** registra un fatto: una POST con la sua `Idempotency-Key`; ripetuta, risponde come la prima
volta. Le **interrogazioni** mostrano a ciascun ente ciò che può sapere e nulla di più: ciò che non è suo, per
lui non c'è (404). Ogni rifiuto nomina la sua regola e, dove c'è, l'articolo (RFC 9457)."""

TAGS: dict[str, tuple[str, str]] = {
    "acts": ("Atti", "I fatti di un fascicolo: una POST ciascuno."),
    "protocol": ("Protocollo", "Il protocollo d'intesa, gli accordi e i PUC."),
    "table": ("Tavolo", "Il Tavolo di coordinamento."),
    "access": ("Accessi", "Chi ha letto un fascicolo, chi ha chiesto di vederlo, che cosa gli fu risposto."),
    "cases": ("Fascicoli", "Che cosa è un fascicolo, e che cosa se ne sapeva."),
    "deadlines": ("Termini", "I termini, per l'ufficio sul cui tavolo sono."),
    "worklists": ("Liste di lavoro", "Che cosa attende qualcuno."),
    "documents": ("Documenti", "Le carte da stampare e firmare: il patto, le lettere, gli avvisi."),
    "indicators": ("Indicatori", "Le cifre del Tavolo, dell'Ambito intero."),
    "measures": ("Provvedimenti", "Come si è giunti a un provvedimento, e quali decisioni guardare."),
    "delivery": ("Consegna", "I fatti comunicati a un destinatario, e ciò che dice di averne ricevuto."),
    "contracts": ("Contratti", "Ciò su cui un destinatario programma: gli schemi dei messaggi e i canali."),
    "evidence": ("Prove", "Ciò che prova che il registro è solo cresciuto."),
    "operations": ("Servizio", "Se il registro sta bene."),
}
"""The Italian name of each tag, and what it means."""


def documented(app: FastAPI, public_url: str) -> dict[str, Any]:
    """The document of an app in OpenAPI 3.1."""
    return composed(
        app,
        Interface(
            id=ID,
            summary="Atti, interrogazioni e consegna dei fatti di un fascicolo ADI",
            about=ABOUT,
            base=BASE,
            public_url=public_url,
            tags=TAGS,
            said=QUERIES,
            types=[*(shape_of(contract) for contract in ACTS.values()), CaseSearch, Recorded, Problem],
            examples=ANSWERS,
            public=PUBLIC,
            probes=PROBES,
        ),
    )


def act_documented(contract: Contract) -> dict[str, Any]:
    """What the document says of an act, beside its path."""
    body: dict[str, Any] = {"schema": {"$ref": REF.format(model=shape_of(contract).__name__)}}
    recorded: dict[str, Any] = {"schema": {"$ref": REF.format(model="Recorded")}}
    if "refer_case" in ANSWERS:
        recorded["example"] = ANSWERS["refer_case"]
    answer = {"content": {"application/json": recorded}}
    new = headers_of(*ALWAYS, "ETag", *(("Location",) if contract.aggregate in ("case", "access") else ()))
    return {
        "requestBody": {"required": True, "content": {"application/json": body}},
        "parameters": [
            {"$ref": f"#/components/parameters/{name}"}
            for name in ("Idempotency-Key", "If-Match", "Known-On")
        ],
        "responses": {
            "200": {"description": "Nulla di nuovo: risultava già.", "headers": new} | answer,
            "201": {"description": "Registrato.", "headers": new} | answer,
        }
        | {status: refer(status) for status in OF_AN_ACT},
    }


# --- acts in Italian ---------------------------------------------------------------------------------------

_OFFICES = {
    "system": "il registro stesso",
    "servizio-sociale": "il servizio sociale",
    "ats": "l'Ambito",
    "comune": "il Comune",
    "cpi": "il centro per l'impiego",
    "accreditato": "il soggetto accreditato",
    "ust": "l'ufficio scolastico",
    "asl": "l'azienda sanitaria",
    "mmg": "il medico di base",
    "ets": "l'ente del terzo settore",
    "puc": "il titolare del PUC",
    "sil": "il servizio di inserimento lavorativo",
    "inps": "INPS",
}

_SOURCES = (
    (r"\barts\.", "artt."),
    (r"\bprotocol\b", "protocollo d'intesa"),
    (r"\bpremise\b", "premessa"),
    (r"\bparties\b", "parti"),
    (r"\band\b", "e"),
    (r"\bfirst period\b", "primo periodo"),
    (r"\brenewal rules from 2026\b", "regole sul rinnovo dal 2026"),
    (r"\bINPS practice\b", "prassi INPS"),
    (r"\bGePI practice\b", "prassi GePI"),
    (r"\bguidelines\b", "linee guida"),
    (r"\(comuni check residence\)", "(verifica anagrafica dei Comuni)"),
    (r" ?\(the Ambito convokes users\)", " (convoca l'Ambito)"),
    (r" ?\(effect on receipt of limiting acts\)", " (efficacia dal ricevimento)"),
    (r"\(composition defined e communicated\)", "(composizione definita e comunicata)"),
    (r"\(ministry's instrument\)", "(strumento ministeriale)"),
    (r"\(monitoring, revision\)", "(monitoraggio, revisione)"),
    (r"\bdecree of 13 May 2025\b", "decreto 13 maggio 2025"),
    (r"\bas amended by\b", "come modificato da"),
    (r"\(10 days\)", "(dieci giorni)"),
    (r"\bno basis in\b", "nessuna base in"),
    (r"\bmanual of retention\b", "manuale di conservazione"),
    (r"\bsection 6\b", "i termini del dominio, sezione 6"),
)
"""The docstring of a fact cites its sources for engineers and lawyers alike; here they are in Italian."""


def in_italian(contract: Contract) -> str:
    """What an act puts on record, by which source, and who may."""
    first = " ".join((contract.type.__doc__ or "").split("\n\n")[0].split())
    title, _, source = first.partition(". ")
    for found, italian in _SOURCES:
        source = re.sub(found, italian, source)
    who = ", ".join(_OFFICES[kind] for kind in _OFFICES if kind in contract.recorders)
    return f"Registra: {title}.\n\nFonte: {source.rstrip('.')}.\n\nLo registra: {who}."
