"""By a trust, every route wants the person who asks, but for those that name none; and every body signed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute
from structlog.testing import capture_logs

from api.policy import POLICY, PUBLIC
from api.security.tracking import WITHOUT_PERSON
from tests.integration.api.office import BASE
from tests.integration.api.test_every_read import NO_FILE
from tests.integration.security.trusted import Call, Trusting

pytestmark = pytest.mark.integration


def routes(trust: Trusting) -> list[APIRoute]:
    app: Any = trust.register.client.app
    found = [each for each in app.routes if isinstance(each, APIRoute)]
    return [each for each in found if each.operation_id not in PUBLIC]


def call(trust: Trusting, route: APIRoute) -> Call:
    path = route.path.removeprefix(BASE)
    for name in route.param_convertors:
        path = path.replace(f"{{{name}}}", str(uuid4()))
    (method,) = route.methods
    return trust.call(method, path, {} if method == "POST" else None)


def failed(request: Call) -> str | None:
    with capture_logs() as lines:
        request.send()
    return next((line.get("failed") for line in lines if line["event"] == "request"), None)


def test_every_route_wants_to_know_who_asks(trust: Trusting) -> None:
    for route in routes(trust):
        request = call(trust, route)
        request.tracking = None
        wanted = None if route.operation_id in WITHOUT_PERSON else "tracking: form"
        assert failed(request) == wanted, route.operation_id


def test_every_body_is_signed(trust: Trusting) -> None:
    found = [route for route in routes(trust) if "POST" in route.methods]
    assert len(found) > 50
    for route in found:
        request = call(trust, route)
        request.integrity = None
        assert failed(request) == "integrity: form", route.operation_id


def test_no_route_without_a_person_shows_a_file() -> None:
    """Each of them is on the list of the routes that show no case file, with its reason."""
    assert NO_FILE.keys() & POLICY.keys() >= WITHOUT_PERSON
