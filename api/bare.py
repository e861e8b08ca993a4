"""What both applications are made of, that of the Ambito and that of an office, before they have a route."""

from __future__ import annotations

import psycopg
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from psycopg_pool import PoolTimeout

from api.json import Json
from api.problems import RETRY_AFTER
from domain.ledger.recorder import Pool

# FastAPI's own telemetry would write the texts of exceptions.
NO_TELEMETRY = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
)

PATIENCE = 2.0
"""Seconds to wait for a connection: a supervisor asks every few."""


def bare(title: str, version: str, base: str) -> FastAPI:
    """An application without a route."""
    return FastAPI(
        title=title,
        version=version,
        openapi_url=f"{base}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )


def well() -> Json:
    return Json({"status": 200, "title": "OK", "detail": "the service answers"})


def whether(pool: Pool, question: bytes) -> Json:
    """Well where a database answers a question within PATIENCE; else a problem with the way out."""
    try:
        with pool.connection(timeout=PATIENCE) as connection:
            connection.execute(question)
    except (psycopg.Error, PoolTimeout):
        body = {"status": 503, "title": "Service Unavailable", "detail": "the database does not answer"}
        return Json(body, 503, {"Retry-After": RETRY_AFTER}, media_type="application/problem+json")
    return well()
