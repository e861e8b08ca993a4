"""What both applications are made of, that of the Ambito and that of an office, before they have a route."""

from __future__ import annotations

import psycopg
from fastapi import Depends, FastAPI
from fastapi.telemetry import TelemetryConfig
from psycopg_pool import PoolTimeout

from api.acceptable import check_accepted
from api.json import Json
from api.problems import RETRY_AFTER, Problem, document
from api.routing import ByItsEnd
from domain.ledger.recorder import Pool

# FastAPI's own telemetry would write the texts of exceptions.
NO_TELEMETRY = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
)

WAIT = {"Retry-After": RETRY_AFTER}

PATIENCE = 2.0
"""Seconds to wait for a connection: a supervisor asks every few."""


def bare(title: str, version: str) -> FastAPI:
    """An application without a route."""
    app = FastAPI(
        title=title,
        version=version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
        dependencies=[Depends(check_accepted)],
    )
    app.router.route_class = ByItsEnd
    return app


def well() -> Json:
    return Json({"status": 200, "title": "OK", "detail": "the service answers"})


def whether(pool: Pool, question: bytes) -> Json:
    """Well where a database answers a question within PATIENCE; else a problem with the way out."""
    try:
        with pool.connection(timeout=PATIENCE) as connection:
            connection.execute(question)
    except (psycopg.Error, PoolTimeout):
        return document(Problem(503, "UNAVAILABLE", "the database does not answer", headers=WAIT))
    return well()
