"""The policy: every route has one, and the table says the same as its one function."""

from __future__ import annotations

from itertools import product
from uuid import uuid4

import pytest
from fastapi import APIRouter, FastAPI

from api import policy
from api.app import create_app
from api.policy import FOR_THE_AGENCY, POLICY, Decision, Tie, allowed, check_all_covered
from api.who import MACHINE, ROLES, Who
from domain.catalogue import ACTS
from domain.fact import KINDS
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration

TIES = [Tie(*given) for given in product((True, False), repeat=3)]


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


def test_acts_are_for_their_recorders() -> None:
    for contract, kind in product(ACTS.values(), KINDS):
        decision = allowed(contract.act, Who(kind, "CLERK", "ACCESS", uuid4()))
        assert (decision is Decision.ALLOWED) == (kind in contract.recorders)


@pytest.mark.parametrize("operation", POLICY)
def test_nobody_sees_what_is_not_theirs(operation: str) -> None:
    for kind, role, tie in product(KINDS, sorted(ROLES), TIES):
        who = Who(kind, role, "ACCESS", uuid4())
        decision = allowed(operation, who, tie)
        if allowed(operation, who) is Decision.FORBIDDEN:
            # Whatever the case: a refusal tells nothing of it.
            assert decision is Decision.FORBIDDEN
        elif not tie.exists:
            assert decision is Decision.INVISIBLE
        else:
            assert decision is expected(operation, kind, tie)


def expected(operation: str, kind: str, tie: Tie) -> Decision:
    """The same, said in another way."""
    opens = operation in ("refer_case", "assign_operator")
    sees = {"servizio-sociale": tie.assigned or opens, "ats": True, "inps": True, "system": True}
    if not sees.get(kind, tie.disclosed):
        return Decision.INVISIBLE
    reads = operation in policy.POLICY.keys() - {contract.act for contract in ACTS.values()}
    free = reads or opens or tie.assigned or kind in ("inps", "system", "comune")
    return Decision.ALLOWED if free else Decision.UNASSIGNED


def test_the_feed_is_for_who_acts_for_the_agency_and_inps_reads_no_case() -> None:
    for role in ROLES:
        who = Who("cpi", role, "ACCESS", uuid4())
        assert (allowed("read_feed", who) is Decision.ALLOWED) == (role in FOR_THE_AGENCY)
    for operation in ("list_cases", "show_case", "list_events", "reconstruct_measure"):
        assert allowed(operation, Who("inps", MACHINE, "CONTROLS", uuid4())) is Decision.FORBIDDEN
