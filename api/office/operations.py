"""Whether the interface of the office is well: for a supervisor and for a load balancer. No token."""

from __future__ import annotations

import psycopg
from fastapi import FastAPI
from psycopg_pool import PoolTimeout

from api.json import Json
from api.office.paths import BASE
from api.office.services import Given, OfficeServices
from api.operations import PATIENCE
from api.problems import RETRY_AFTER


def add_routes(app: FastAPI) -> None:
    for path, endpoint, summary in (
        ("status", show_status, "Stato del servizio"),
        ("livez", show_livez, "Il processo è vivo"),
        ("readyz", show_readyz, "Il servizio può rispondere"),
    ):
        app.add_api_route(
            f"{BASE}/{path}",
            endpoint,
            methods=["GET"],
            operation_id=endpoint.__name__,
            summary=summary,
            tags=["operations"],
            response_model=None,
        )


def show_status(services: Given) -> Json:
    """Whether the office answers, as the national rules want it told."""
    return _well() if _answers(services) else _unwell()


def show_livez() -> Json:
    """The process is alive."""
    return _well()


def show_readyz(services: Given) -> Json:
    """The process can serve: its database answers, and its subscriber has made the views."""
    return _well() if _answers(services) else _unwell()


def _well() -> Json:
    return Json({"status": 200, "title": "OK", "detail": "the office answers"})


def _unwell() -> Json:
    body = {
        "status": 503,
        "title": "Service Unavailable",
        "detail": "the database or its views do not answer",
    }
    return Json(body, 503, {"Retry-After": RETRY_AFTER}, media_type="application/problem+json")


def _answers(services: OfficeServices) -> bool:
    try:
        with services.pool.connection(timeout=PATIENCE) as connection:
            connection.execute("select from views.desk_v1 limit 1")
    except (psycopg.Error, PoolTimeout):
        return False
    return True
