"""The REST application."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute

from api import (
    accesses,
    acts,
    cases,
    checks,
    contracts,
    could_see,
    deadlines,
    decisions,
    delivery,
    extracts,
    inbox,
    indicators,
    log,
    measures,
    operations,
    searches,
    timeline,
    worklists,
)
from api.answers import add_handlers
from api.bare import bare
from api.conditional import Conditional
from api.described.queries import QUERIES
from api.described.routes import check_all_described, publish
from api.documents import routes as documents
from api.dossiers import routes as dossiers
from api.gate import add_gate
from api.openapi import TITLE, VERSION, documented
from api.paths import BASE
from api.policy import check_all_covered
from api.security.answers import Answered
from api.services import Services
from domain.catalogue import ACTS

ROOMS = (
    acts,
    cases,
    timeline,
    searches,
    accesses,
    could_see,
    checks,
    deadlines,
    worklists,
    inbox,
    decisions,
    indicators,
    measures,
    dossiers,
    extracts,
    documents,
    delivery,
    contracts,
    log,
    operations,
)


def create_app(services: Services) -> FastAPI:
    """The API over these services. Raises TypeError for a route that no policy speaks of."""
    app = _routed()
    app.state.services = services
    check_all_covered(app.routes)
    check_all_described(app.routes, QUERIES.keys() | ACTS.keys())
    publish(app, BASE, lambda: documented(app, services.public_url))
    add_handlers(app)
    app.add_middleware(Conditional)
    if services.wire is not None:
        app.add_middleware(Answered)
    add_gate(app, services.bounds, services.clock, BASE)
    return app


def describe(public_url: str) -> dict[str, Any]:
    """The OpenAPI document in 3.1, of an API that runs nowhere."""
    return documented(_routed(), public_url)


def _routed() -> FastAPI:
    app = bare(TITLE, VERSION)
    app.router.routes.extend(_routes())
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Made once in a process, for FastAPI takes long over them: a route knows nothing of who serves it."""
    app = bare(TITLE, VERSION)
    for room in ROOMS:
        room.add_routes(app)
    return tuple(app.routes)
