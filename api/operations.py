"""Whether the register is well: for people, for a supervisor, for a load balancer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import FastAPI

from api.bare import well, whether
from api.caller import Caller
from api.json import Json
from api.paths import BASE
from api.services import Given
from domain.rules.calendar import legal_day
from domain.seats import is_reserved
from projections.health import RecipientHealth, health

HOUR = 3600.0


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
    return whether(services.pool, b"select 1")


def show_livez() -> Json:
    """The process is alive."""
    return well()


def show_readyz(services: Given) -> Json:
    """The process can serve: its database answers."""
    return whether(services.pool, b"select 1")


def show_health(_who: Caller, services: Given) -> Json:
    """How well the register keeps up: its log, each recipient, each view, the terms. Counts and ages only.

    Ages are in seconds, of the first thing that waits. ``relayed`` is null where nothing was ever handed to
    Kafka, ``terms`` where no view of them was made yet. Of a health or an anti-violence service there are
    ages alone, by the hour: a count that moves with an act of one's own would tell that it has the case.
    """
    with services.all_rows.connection() as connection:
        found = health(connection, tuple(services.enrolled().since), legal_day(services.clock()))
    shown: dict[str, Any] = asdict(found)
    shown["recipients"] = [_told(recipient) for recipient in found.recipients]
    return Json(shown)


def _told(health: RecipientHealth) -> dict[str, Any]:
    told = asdict(health) | {"lag": health.lag, "unrelayed": health.unrelayed}
    if is_reserved(health.recipient):
        told |= dict.fromkeys(("disclosed", "relayed", "applied", "lag", "unrelayed"))
        told |= {name: told[name] // HOUR * HOUR for name in ("lag_seconds", "unrelayed_seconds")}
    return told
