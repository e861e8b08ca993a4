"""Whether the register is well: for people, for a supervisor, for a load balancer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import psycopg
from fastapi import FastAPI
from psycopg_pool import PoolTimeout

from api.caller import Caller
from api.json import Json
from api.paths import BASE
from api.problems import RETRY_AFTER
from api.services import Given, Services
from domain.rules.calendar import legal_day
from projections.health import health

PATIENCE = 2.0
"""Seconds to wait for a connection: a supervisor asks every few."""


def add_routes(app: FastAPI) -> None:
    for path, endpoint in (
        ("status", show_status),
        ("livez", show_livez),
        ("readyz", show_readyz),
        ("operations/health", show_health),
    ):
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


def show_health(_who: Caller, services: Given) -> Json:
    """How well the register keeps up: its log, each recipient, each view, the terms. Counts and ages only.

    Ages are in seconds, of the first thing that waits. ``relayed`` is null where nothing was ever handed to
    Kafka, ``terms`` where no view of them was made yet.
    """
    with services.pool.connection() as connection:
        found = health(connection, tuple(services.enrolled().since), legal_day(services.clock()))
    shown: dict[str, Any] = asdict(found)
    for each, recipient in zip(shown["recipients"], found.recipients, strict=True):
        each |= {"lag": recipient.lag, "unrelayed": recipient.unrelayed}
    return Json(shown)


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
