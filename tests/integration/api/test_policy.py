"""The policy: every route has one."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI

from api import policy
from api.app import create_app
from api.policy import POLICY, check_all_covered
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration


def test_a_route_without_a_policy_fails_the_build(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(policy.POLICY, "show_case")
    with pytest.raises(TypeError, match=r"show_case.* has no policy"):
        create_app(register.services)


def test_no_route_gets_in_by_another_door() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    router = APIRouter()
    router.add_api_route("/x", lambda: None, operation_id="show_case")
    app.include_router(router)
    with pytest.raises(TypeError, match="has no policy"):
        check_all_covered(app.routes)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.mount("/files", FastAPI())
    with pytest.raises(TypeError, match="has no policy"):
        check_all_covered(app.routes)


def test_every_operation_has_a_route(register: Register) -> None:
    paths = register.client.app.openapi()["paths"].values()  # type: ignore[attr-defined]
    routed = {operation["operationId"] for path in paths for operation in path.values()}
    assert routed == POLICY.keys() | policy.PUBLIC
