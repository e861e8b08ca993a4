"""Whether the interface of the office is well: for a supervisor and for a load balancer. No token."""

from __future__ import annotations

from fastapi import FastAPI

from api.bare import well, whether
from api.json import Json
from api.office.paths import BASE
from api.office.services import Given

VIEWS = b"select from views.desk_v1 limit 1"
"""What fails until the subscriber has made them."""


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
    """Whether the office answers, as the national rules want it told."""
    return whether(services.pool, VIEWS)


def show_livez() -> Json:
    """The process is alive."""
    return well()


def show_readyz(services: Given) -> Json:
    """The process can serve: its database answers, and its subscriber has made the views."""
    return whether(services.pool, VIEWS)
