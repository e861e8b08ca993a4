"""The headers and parameters that operations share, each described once in Italian."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _text(longest: int, **more: Any) -> Schema:
    return {"type": "string", "maxLength": longest} | more


def _count(most: int) -> Schema:
    return {"type": "integer", "format": "int32", "minimum": 0, "maximum": most}


SECONDS = 86_400

HEADERS: dict[str, Schema] = {
    "X-RateLimit-Limit": {
        "description": "Richieste ammesse, per fruitore e finalità, nella finestra.",
        "schema": _count(2**31 - 1),
    },
    "X-RateLimit-Remaining": {"description": "Richieste che restano.", "schema": _count(2**31 - 1)},
    "X-RateLimit-Reset": {
        "description": "Secondi fino a che la finestra torna intera.",
        "schema": _count(SECONDS),
    },
    "Retry-After": {"description": "Secondi dopo i quali ritentare.", "schema": _count(SECONDS)},
    "Cache-Control": {
        "description": "`no-store`: ciò che si legge qui non si conserva in memorie intermedie.",
        "schema": _text(100, pattern="^[a-z0-9=, -]+$"),
    },
    "ETag": {
        "description": "La versione di ciò che si è letto, per `If-None-Match` e, se forte, `If-Match`.",
        "schema": _text(100, pattern='^(W/)?"[^"]*"$'),
    },
    "Log-Position": {
        "description": "Fin dove è giunto il registro in ciò che si legge: nessun fatto fino a lì manca.",
        "schema": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 2**63 - 1},
    },
    "Location": {
        "description": "Dove si trova ciò che la richiesta ha creato, o da dove proseguire.",
        "schema": _text(400, format="uri-reference"),
    },
    "WWW-Authenticate": {
        "description": "Come autenticarsi.",
        "schema": _text(200, pattern="^[ -~]+$"),
    },
}

PARAMETERS: dict[str, Schema] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "L'identificativo dell'atto, nuovo per ogni atto: ripetuto, la risposta è quella "
        "della prima volta e nulla è registrato due volte, anche se `If-Match` nel frattempo è superato.",
        "schema": {"type": "string", "format": "uuid", "maxLength": 36},
        "example": "0192f3a4-7c1e-7d3b-9a55-3f1e2d4c5b6a",
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "L'`ETag` del fascicolo come lo si è letto: se nel frattempo è cambiato, 412.",
        "schema": _text(64, pattern='^"[0-9]{1,9}"$'),
        "example": '"7"',
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "L'`ETag` di ciò che si ha già: se è ancora quello, 304 senza corpo.",
        "schema": _text(16_000, pattern=r"^[^\r\n]*$"),
        "example": 'W/"3b1f0c"',
    },
    "Known-On": {
        "name": "Known-On",
        "in": "header",
        "required": False,
        "description": "Il giorno in cui chi registra ha saputo del fatto; oggi, se manca.",
        "schema": {"type": "string", "format": "date", "maxLength": 10},
        "example": "2026-03-02",
    },
}
"""The headers of a request, by the name of their component."""

MEANT: dict[str, str] = {
    "case_id": "Il fascicolo.",
    "patto_id": "Il patto.",
    "version": "La versione del patto.",
    "measure_id": "Il provvedimento.",
    "dossier_id": "Il fascicolo del provvedimento, come la richiesta lo ha indicato.",
    "protocol_id": "Il protocollo d'intesa.",
    "session_id": "La seduta dell'équipe.",
    "recipient": "Il codice di un destinatario.",
    "worklist": "Il nome della lista.",
    "act": "L'atto per cui è la lettera.",
    "file": "Il nome del file dello schema.",
    "cursor": "Il `next_cursor` della pagina precedente.",
    "limit": "Quante righe al più.",
    "after": "Il `seq` dopo il quale proseguire.",
    "from": "Da quando, compreso.",
    "to": "Fino a quando, compreso.",
    "position": "La posizione del fatto nel registro.",
    "size": "La dimensione del registro.",
    "as_known_at": "L'istante a cui si guarda: ciò che era registrato allora.",
    "as_corrected_on": "Il giorno di cui si chiede: ciò che oggi se ne ritiene.",
    "wait_for": "La posizione con cui un atto ha risposto: la lista è data quando vi è giunta.",
    "case_manager": "Il case manager.",
    "on": "Il giorno; oggi, se manca.",
    "phase": "La fase del fascicolo.",
    "residence_comune": "Il codice ISTAT del Comune di residenza.",
    "operator": "L'operatore a cui è assegnato.",
    "desk": "L'ufficio sul cui tavolo è il termine.",
    "duty_bearer": "A chi tocca: ai servizi, al componente, al nucleo.",
    "term_id": "Il termine, come nel protocollo.",
    "due_before": "In scadenza prima di questo giorno.",
    "due_after": "In scadenza dopo questo giorno.",
    "state": "Lo stato, come sta oggi.",
    "signed_on": "Il giorno della firma; oggi, se manca.",
    "member_id": "Il componente del nucleo.",
    "item_id": "Ciò di cui si tratta.",
    "open": "Se è ancora sul tavolo.",
    "agency": "Il codice dell'ente.",
    "person": "La persona, come il suo ente la identifica.",
    "purpose": "La finalità.",
    "kind": "La specie di decisione, o di ciò che attende.",
    "measure": "La misura.",
    "rule_set": "L'insieme di regole.",
    "outcome": "L'esito del ricalcolo.",
    "conflict": "Se un altro insieme di regole dice altrimenti.",
    "overdue": "Un passaggio non fatto, o fatto in ritardo.",
    "format": "La forma della risposta; se manca decide `Accept`.",
}
"""What a parameter of a query means, by its name: it is the same in every operation."""
