"""Requests are counted by the client that a trust believes, whoever it says that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from api.bounds import Bounds
from api.limits import Limits
from tests.integration.security.trusted import OF_OTHER_OUTSIDE, Call, Trusting
from tests.pdnd import MACHINES, OTHER_OUTSIDE

pytestmark = pytest.mark.integration


def pdnd(trust: Trusting) -> Call:
    return trust.call(path="/log/keys")


def outside(trust: Trusting) -> Call:
    return trust.outside(path="/log/keys")


def of_a_new_person(call: Call) -> Call:
    assert call.tracking
    call.tracking.claims["userID"] = str(uuid4())
    return call


def bound_to(trust: Trusting, rate: int) -> None:
    trust.register.client.app.state.limits = Limits(Bounds(rate=rate, window=3600))  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _as_before(trust: Trusting) -> Iterator[None]:
    state = trust.register.client.app.state  # type: ignore[attr-defined]
    limits = state.limits
    yield
    state.limits = limits


@pytest.mark.parametrize("by", [pdnd, outside])
def test_a_client_that_names_a_new_person_each_time_has_no_more_requests(
    trust: Trusting, by: Callable[[Trusting], Call]
) -> None:
    bound_to(trust, 2)
    answers = [of_a_new_person(by(trust)).send() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]


def test_another_client_and_another_purpose_have_their_own(trust: Trusting) -> None:
    bound_to(trust, 1)
    machine = pdnd(trust)
    assert machine.tracking
    machine.token.claims["purposeId"] = machine.tracking.claims["purposeId"] = MACHINES
    other = trust.outside(path="/log/keys").by_certificate(OTHER_OUTSIDE, OF_OTHER_OUTSIDE, "other")
    assert [call.send().status_code for call in (pdnd(trust), machine, outside(trust), other)] == [200] * 4


@pytest.mark.parametrize("by", [pdnd, outside])
def test_the_line_of_the_log_names_the_client_and_never_the_person(
    trust: Trusting, by: Callable[[Trusting], Call]
) -> None:
    call = by(trust)
    assert call.tracking
    with capture_logs() as lines:
        assert call.send().status_code == 200
    assert call.token.claims["purposeId"] in lines[-1]["consumer"]
    assert lines[-1]["address"] and call.tracking.claims["userID"] not in str(lines)
