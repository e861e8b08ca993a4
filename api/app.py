"""The REST application."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from api import (
    accesses,
    acts,
    cases,
    checks,
    contracts,
    deadlines,
    decisions,
    delivery,
    extracts,
    indicators,
    log,
    measures,
    operations,
    worklists,
)
from api.answers import add_handlers
from api.documents import routes as documents
from api.dossiers import routes as dossiers
from api.gate import Gate
from api.openapi import TITLE, VERSION, documented
from api.paths import BASE
from api.policy import check_all_covered
from api.services import Services

# FastAPI's own telemetry would write the texts of exceptions.
NO_TELEMETRY = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
)


def create_app(services: Services) -> FastAPI:
    """The API over these services. Raises TypeError for a route that no policy speaks of."""
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        openapi_url=f"{BASE}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.state.services = services
    app.openapi = lambda: documented(app)  # type: ignore[method-assign]
    for room in (
        acts,
        cases,
        accesses,
        checks,
        deadlines,
        worklists,
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
    ):
        room.add_routes(app)
    check_all_covered(app.routes)
    add_handlers(app)
    app.add_middleware(Gate, clock=services.clock)
    return app
