"""From exceptions to answers: each of the domain's and of the framework's becomes a problem."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from api.caller import Invisible, operation_of
from api.etags import of_version
from api.noted import note_refusal
from api.problems import RETRY_AFTER, STATUS, Problem, Wrong, bad_value, because, document, unknown
from api.security.fetched import NotFetched
from api.tokens import NotAuthenticated
from domain.ledger.store import KeyReused, Stale, Unknown
from domain.refused import Refused

Answers = dict[type[Exception], Callable[[Request, Any], Response]]


def add_handlers(app: FastAPI) -> None:
    """Plain functions: Starlette runs them in its threads, where they may note a refusal."""
    of_the_log: Answers = {
        Refused: _refused,
        Invisible: _invisible,
        Unknown: lambda *_: document(unknown()),
        Stale: _stale,
        KeyReused: lambda *_: document(Problem(422, "KEY_REUSED")),
    }
    for kind, handler in (ANSWERS | of_the_log).items():
        app.add_exception_handler(kind, handler)


def _refused(request: Request, refused: Refused) -> Response:
    _note(request, refused.rule, _case_of(request))
    status = STATUS.get(refused.rule, 409)
    return document(Problem(status, refused.rule, refused.because))


def _invisible(request: Request, invisible: Invisible) -> Response:
    _note(request, "UNKNOWN", invisible.case_id)
    return document(unknown())


def _note(request: Request, rule: str, case_id: UUID | None) -> None:
    """One line in the access log: who, what, which rule. Nothing in the case, nothing of what was sent."""
    services, who = request.app.state.services, request.state.who
    note_refusal(services, who, operation_of(request), rule, case_id)


def _case_of(request: Request) -> UUID | None:
    try:
        return UUID(str(request.path_params.get("case_id")))
    except ValueError:
        return None


def _stale(_: Request, stale: Stale) -> Response:
    return document(Problem(412, "STALE", headers={"ETag": of_version(stale.version)}))


def _not_authenticated(request: Request, why: NotAuthenticated) -> Response:
    """One answer for all: only our own log has the name of the check that failed."""
    request.state.failed = getattr(why, "check", None)
    return document(Problem(401, "NOT_AUTHENTICATED", headers={"WWW-Authenticate": CHALLENGES}))


CHALLENGES = (
    'Bearer realm="ambito", error="invalid_token", '
    'DPoP realm="ambito", error="invalid_token", algs="RS256 ES256"'
)


def _not_valid(_: Request, error: RequestValidationError) -> Response:
    """A path that is no id leads nowhere; a parameter with a wrong value is named, the value not repeated."""
    places = [each["loc"] for each in error.errors()]
    if any(place[0] == "path" for place in places):
        return document(unknown())
    return document(
        bad_value(
            *(Wrong(str(each["loc"][1]), because(each)) for each in error.errors() if len(each["loc"]) > 1)
        )
    )


def _of_the_router(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:
        return document(unknown())
    if error.status_code == 405:
        return document(Problem(405, "METHOD_NOT_ALLOWED", headers={"Allow": _methods(request)}))
    return document(Problem(error.status_code, "MALFORMED_REQUEST"))


def _methods(request: Request) -> str:
    """Those of every route of this path: the framework tells of the first alone (RFC 9110 section 15.5.6)."""
    here = [route for route in request.app.routes if isinstance(route, Route)]
    found = [route.methods or set() for route in here if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted(set[str]().union(*found)))


def _keys_away(*_: Any) -> Response:
    """Nobody can say now whose signature this is: neither that it holds nor that it does not."""
    return document(Problem(503, "UNAVAILABLE", headers={"Retry-After": RETRY_AFTER}))


ANSWERS: Answers = {
    NotFetched: _keys_away,
    Problem: lambda _, problem: document(problem),
    NotAuthenticated: _not_authenticated,
    RequestValidationError: _not_valid,
    HTTPException: _of_the_router,
}
"""What any interface answers, also one that stands before no log."""
