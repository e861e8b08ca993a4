"""Whether the register is well: for people, for a supervisor, for a load balancer. No token."""

from __future__ import annotations

import psycopg
from fastapi import FastAPI
from psycopg_pool import PoolTimeout

from api.json import Json
from api.paths import BASE
from api.problems import RETRY_AFTER
from api.services import Given, Services

PATIENCE = 2.0
"""Seconds to wait for a connection: a supervisor asks every few."""


def add_routes(app: FastAPI) -> None:
    for path, endpoint in (("status", show_status), ("livez", show_livez), ("readyz", show_readyz)):
        app.add_api_route(
            f"{BASE}/{path}",
            endpoint,
            methods=["GET"],
            operation_id=endpoint.__name__,
            tags=["operations"],
            response_model=None,
        )


def show_status(services: Given) -> Json:
    """Whether the register answers, as the national rules want it told."""
    return _well() if _answers(services) else _unwell()


def show_livez() -> Json:
    """The process is alive."""
    return _well()


def show_readyz(services: Given) -> Json:
    """The process can serve: its database answers."""
    return _well() if _answers(services) else _unwell()


def _well() -> Json:
    return Json({"status": 200, "title": "OK", "detail": "the register answers"})


def _unwell() -> Json:
    body = {"status": 503, "title": "Service Unavailable", "detail": "the database does not answer"}
    return Json(body, 503, {"Retry-After": RETRY_AFTER}, media_type="application/problem+json")


def _answers(services: Services) -> bool:
    try:
        with services.pool.connection(timeout=PATIENCE) as connection:
            connection.execute("select 1")
    except (psycopg.Error, PoolTimeout):
        return False
    return True
