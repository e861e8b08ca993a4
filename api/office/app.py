"""The application of one office."""

from __future__ import annotations

from fastapi import FastAPI

from api.answers import ANSWERS
from api.bare import bare
from api.gate import Gate
from api.office import cases, lists, operations
from api.office.openapi import TITLE, VERSION, documented
from api.office.paths import BASE
from api.office.policy import of_office
from api.office.services import OfficeServices
from api.policy import check_all_covered


def create_office_app(services: OfficeServices) -> FastAPI:
    """The interface over these services. Raises TypeError for a route that no policy speaks of."""
    app = bare(TITLE, VERSION, BASE)
    app.state.services = services
    app.openapi = lambda: documented(app, services.office)  # type: ignore[method-assign]
    lists.add_routes(app, services.office.lists)
    cases.add_routes(app)
    operations.add_routes(app)
    check_all_covered(app.routes, of_office(services.recipient))
    for kind, answer in ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.add_middleware(Gate, clock=services.clock)
    return app
