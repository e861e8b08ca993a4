"""Every refusal as a problem document (RFC 9457): the rule, its article where there is one, never a value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout
from pydantic_core import ErrorDetails

from api.json import Json
from domain.ledger.recorder import NoConnection
from domain.refused import RULES

TYPES = "https://ambito.example/problems/"

OF_THE_API = {
    "MALFORMED_REQUEST": "the request cannot be read",
    "NOT_AUTHENTICATED": "a valid token is needed",
    "UNKNOWN": "there is nothing here that you may see",
    "NOTHING_THEN": "at that instant, or of that day, nothing of it was on record",
    "METHOD_NOT_ALLOWED": "this resource does not have this method",
    "STALE": "the case has moved on since you read it",
    "TOO_LARGE": "the body is larger than 1 MiB",
    "MEDIA_TYPE": "the body must be application/json in UTF-8",
    "NOT_SIGNED_YET": "no checkpoint of the log covers these facts yet",
    "UNPRINTABLE": "the paper would show somebody what is another's, or has a letter that the fonts lack",
    "NOT_ACCEPTABLE": "this resource has none of the forms that you accept",
    "KEY_REUSED": "this Idempotency-Key came with another request",
    "NOT_ENROLLED": "no key of this recipient is on record",
    "BAD_SIGNATURE": "the signature is not that of the recipient",
    "OTHER_EPOCH": "the log was restored: its epoch is another one",
    "NO_SUCH_SIZE": "no checkpoint vouches for a log of this size",
    "TOO_SLOW": "the body did not come in time",
    "HEADERS_TOO_LARGE": "the headers are larger than 16 KiB",
    "TOO_MANY_REQUESTS": "this client has asked for all that it may ask for now",
    "BUSY": "the register has as many requests in hand as it answers in time",
    "OUT_OF_TIME": "the answer was not made in time; the same Idempotency-Key tells what became of an act",
    "STOPPING": "this process is about to stop",
    "BEHIND": "what the list is read from has not reached that position yet",
    "NOT_BUILT": "what the list is read from is not built yet",
    "UNAVAILABLE": "the register cannot answer now",
    "FAILED": "the register failed to answer",
}
"""Rules of the API itself, beside those of the domain."""

STATUS = {"ROLE_NOT_ALLOWED": 403, "PURPOSE_NOT_ALLOWED": 403, "NOT_ASSIGNED": 403, "BAD_VALUE": 422}
"""Every other rule of the domain speaks of the state of a case: 409."""

RETRY_AFTER = "5"
"""Seconds: PostgreSQL restarts in less."""

_SOURCE = re.compile(r"\(.*?\b((?:DL|DM|L\.|D\.Lgs\.|GDPR|protocol)\s.*)\)$")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, and where: a JSON pointer into the body, or the name of a header or parameter."""

    where: str
    because: str


class Problem(Exception):
    """A request that the API itself refuses."""

    def __init__(
        self,
        status: int,
        rule: str,
        detail: str = "",
        errors: Sequence[Wrong] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(rule)
        self.status, self.rule, self.detail = status, rule, detail
        self.errors, self.headers = tuple(errors), headers


def document(problem: Problem) -> Json:
    """The answer."""
    body: dict[str, Any] = {
        "type": type_of(problem.rule),
        "title": title(problem.rule),
        "status": problem.status,
        "detail": problem.detail or title(problem.rule),
        "rule": problem.rule,
    }
    if source := article(problem.rule):
        body["article"] = source
    if problem.errors:
        body["errors"] = [{"where": wrong.where, "because": wrong.because} for wrong in problem.errors]
    return Json(body, problem.status, dict(problem.headers or {}), media_type="application/problem+json")


def type_of(rule: str) -> str:
    """The URI of a rule, which never changes; ``docs/problems.md`` tells of each."""
    return TYPES + rule.lower().replace("_", "-")


def title(rule: str) -> str:
    return RULES.get(rule) or OF_THE_API.get(rule) or rule.replace("_", " ").lower()


def article(rule: str) -> str | None:
    """The article that a rule of the domain names."""
    found = _SOURCE.search(RULES.get(rule, ""))
    return found[1] if found else None


def bad_value(*errors: Wrong) -> Problem:
    return Problem(422, "BAD_VALUE", errors=errors)


def malformed(where: str, because: str) -> Problem:
    return Problem(400, "MALFORMED_REQUEST", errors=[Wrong(where, because)])


def unknown() -> Problem:
    """What does not exist and what may not be seen get the same answer."""
    return Problem(404, "UNKNOWN")


AWAY = (NoConnection, PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError)


def unavailable(error: BaseException) -> Problem | None:
    """The problem of an error that means: the database is away. None for any other error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AWAY):
            return Problem(503, "UNAVAILABLE", headers={"Retry-After": RETRY_AFTER})
        cause = cause.__cause__
    return None


def wrongs(found: Sequence[ErrorDetails], inside: str = "") -> list[Wrong]:
    """What pydantic found, without the values that it found it in."""
    return [Wrong(inside + "".join(f"/{_name(part)}" for part in e["loc"]), because(e)) for e in found]


def because(error: ErrorDetails) -> str:
    """What is wrong, in words: those of pydantic, but for those that quote a character of the value."""
    return "is not a UUID" if error["type"].startswith("uuid") else error["msg"]


_FIELD = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")


def _name(part: int | str) -> str:
    """A field's name; a name that could not be one of ours might be a value in the wrong place."""
    return str(part) if isinstance(part, int) or _FIELD.match(part) else "…"


_PARAMETER = re.compile(r"[a-z_]{1,40}\Z")


def parameter(name: str) -> str:
    """A parameter's name; never one with a digit or a capital: it might be a codice fiscale."""
    return name if _PARAMETER.match(name) else "…"
