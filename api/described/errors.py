"""The refusals that an operation can meet, as the documents show them: one response for each status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.problems import article, title, type_of

Schema = dict[str, Any]

RATE = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
ALWAYS = (*RATE, "Cache-Control")
"""The headers of every answer but those of the probes, which nobody counts."""


@dataclass(frozen=True, slots=True)
class Error:
    """A status, the name of its component, what it means, a rule that leads to it, and further headers."""

    name: str
    meaning: str
    rule: str
    headers: tuple[str, ...] = ()


ERRORS: dict[str, Error] = {
    "400": Error("BadRequest", "La richiesta non si può leggere.", "MALFORMED_REQUEST"),
    "401": Error(
        "Unauthorized", "Serve un token valido.", "NOT_AUTHENTICATED", headers=("WWW-Authenticate",)
    ),
    "403": Error("Forbidden", "L'ente o il ruolo non può farlo.", "ROLE_NOT_ALLOWED"),
    "404": Error("NotFound", "Qui non c'è nulla che chi chiede possa vedere.", "UNKNOWN"),
    "406": Error("NotAcceptable", "Nessuna delle forme accettate è disponibile.", "NOT_ACCEPTABLE"),
    "408": Error("RequestTimeout", "Il corpo non è arrivato in tempo.", "TOO_SLOW"),
    "409": Error(
        "Conflict", "Una regola di legge, del protocollo o del registro ora lo vieta.", "NO_LEGAL_BASIS"
    ),
    "412": Error(
        "PreconditionFailed", "Il fascicolo è cambiato da quando è stato letto.", "STALE", ("ETag",)
    ),
    "413": Error("ContentTooLarge", "Il corpo supera 1 MiB.", "TOO_LARGE"),
    "415": Error("UnsupportedMediaType", "Il corpo non è application/json in UTF-8.", "MEDIA_TYPE"),
    "422": Error("Unprocessable", "Un valore non è tra quelli del suo campo.", "BAD_VALUE"),
    "429": Error("TooManyRequests", "Troppe richieste: attendere.", "TOO_MANY_REQUESTS", ("Retry-After",)),
    "500": Error("Failed", "Il registro non è riuscito a rispondere.", "FAILED"),
    "503": Error("Unavailable", "Il registro ora non può rispondere.", "UNAVAILABLE", ("Retry-After",)),
}

OF_EVERY = ("401", "403", "429", "500", "503")
OF_A_BODY = ("400", "408", "413", "415", "422")
OF_AN_ACT = ("404", "409", "412")


def responses() -> dict[str, Schema]:
    """The components: a response for each status, and the one of whatever else goes wrong."""
    made = {error.name: _response(status, error) for status, error in ERRORS.items()}
    return made | {"Failure": _problem("Ogni altro errore.", ALWAYS, None)}


def _response(status: str, error: Error) -> Schema:
    example: Schema = {
        "type": type_of(error.rule),
        "title": title(error.rule),
        "status": int(status),
        "detail": title(error.rule),
        "rule": error.rule,
    }
    if source := article(error.rule):
        example["article"] = source
    if status in ("400", "422"):
        example["errors"] = [{"where": "/referred_on", "because": "Field required"}]
    return _problem(error.meaning, (*ALWAYS, *error.headers), example)


def _problem(meaning: str, headers: tuple[str, ...], example: Schema | None) -> Schema:
    media: Schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        "description": meaning,
        "headers": headers_of(*headers),
        "content": {"application/problem+json": media | ({"example": example} if example else {})},
    }


def headers_of(*names: str) -> dict[str, Schema]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def refer(status: str) -> Schema:
    """The response of a status; of one that is not in the table, that of any failure."""
    name = ERRORS[status].name if status in ERRORS else "Failure"
    return {"$ref": f"#/components/responses/{name}"}
