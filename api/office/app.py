"""The application of one office."""

from __future__ import annotations

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


def create_office_app(services: OfficeServices) -> FastAPI:
    """The interface over these services. Raises TypeError for a route that no policy speaks of."""
    app = bare(TITLE, VERSION)
    app.state.services = services
    lists.add_routes(app, services.office.lists)
    cases.add_routes(app)
    operations.add_routes(app)
    check_all_covered(app.routes, of_office(services.recipient))
    check_all_described(app.routes, said(services.office.lists))
    publish(app, BASE, lambda: documented(app, services))
    for kind, answer in ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.add_middleware(Conditional)
    add_gate(app, services.bounds, services.clock, BASE)
    return app
