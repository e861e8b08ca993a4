"""The application of one office."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from api.answers import ANSWERS
from api.bare import bare
from api.conditional import Conditional
from api.described.routes import check_all_described, publish
from api.gate import add_gate
from api.office import cases, lists, operations
from api.office.described import said
from api.office.openapi import TITLE, VERSION, documented
from api.office.paths import BASE
from api.office.policy import of_office
from api.office.services import OfficeServices
from api.policy import check_all_covered
from projections.offices.desk import Office


def create_office_app(services: OfficeServices) -> FastAPI:
    """The interface over these services. Raises TypeError for a route that no policy speaks of."""
    recipient, office = services.recipient, services.office
    app = _routed(office)
    app.state.services = services
    check_all_covered(app.routes, of_office(services.recipient))
    check_all_described(app.routes, said(office.lists))
    publish(app, BASE, lambda: documented(app, recipient, office, services.public_url))
    for kind, answer in ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.add_middleware(Conditional)
    add_gate(app, services.bounds, services.clock, BASE)
    return app


def describe(recipient: str, office: Office, public_url: str) -> dict[str, Any]:
    """The OpenAPI document in 3.1, of an interface that runs nowhere."""
    return documented(_routed(office), recipient, office, public_url)


def _routed(office: Office) -> FastAPI:
    app = bare(TITLE, VERSION)
    lists.add_routes(app, office.lists)
    cases.add_routes(app)
    operations.add_routes(app)
    return app
