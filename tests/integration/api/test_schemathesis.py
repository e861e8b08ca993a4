"""Requests that schemathesis makes from the document, to the real API over a real PostgreSQL.

In the normal run one for every second query and every sixth act in each mode, under AMBITO_TORTURE=1 five
hundred for each operation and each mode, by somebody else each time: who may ask, who may not, a machine,
nobody. All its checks hold of every answer.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup

from api.bounds import Bounds
from api.json import Json
from domain.catalogue import ACTS
from tests.databases import Ledger
from tests.integration.api.life import new_life
from tests.integration.api.office import BASE, Office, Register, register_on
from tests.integration.api.routes import caller, operations
from tests.integration.api.test_acts import served
from tests.integration.test_stopping import free_port

pytestmark = [pytest.mark.integration, pytest.mark.torture]

TORTURE = os.environ.get("AMBITO_TORTURE") == "1"
EXAMPLES, STORIES = (500, 500) if TORTURE else (1, 3)

FINE = ["2xx", "3xx", 401, 403, 404, 406, 409, 412, 422, 503]
"""What a request may be answered that is as its schema says: that cannot say which codice fiscale there is,
in which years days are, which key came before, which position a list has reached."""

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
"""What is as its schema says, and what is not; in the normal run an operation is asked in one of the two."""

SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not TORTURE,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.fixture(scope="module")
def register(shared_ledger: Ledger) -> Iterator[Register]:
    with (
        register_on(shared_ledger) as made,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("api.gate.UNKNOWN_AFTER", 0.0)  # most of what is made up is not there
        patch.setattr("api.gate.ALIKE_AFTER", 0.0)
        patch.setattr("api.reached.PATIENCE", 0.05)  # and no view runs that could be waited for
        new_life(made).begin()
        made.project()
        yield made


@pytest.fixture(scope="module")
def schema(register: Register) -> Iterator[Any]:
    """The document as the API serves it, which is there too where the document says that it is."""
    config = schemathesis.Config.from_dict(
        {
            "checks": {
                "positive_data_acceptance": {"expected-statuses": FINE},
                "negative_data_rejection": {"expected-statuses": [*range(400, 432), 503]},
                "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", 503]},
            }
        }
    )
    url = f"http://127.0.0.1:{free_port()}"
    register.services = replace(register.services, bounds=Bounds(rate=10**9), public_url=url)
    with served(register, int(url.rpartition(":")[2])):
        yield schemathesis.openapi.from_url(f"{url}{BASE}/openapi.json", config=config)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_what_is_made_from_the_document_is_answered_as_it_says(
    register: Register, schema: Any, mode: GenerationMode
) -> None:
    tried = hold(register, schema, mode)
    print(f"schemathesis: {tried} requests, {mode.value}")
    assert tried > 25


def test_what_follows_from_earlier_answers_is_answered_as_the_document_says(
    register: Register, schema: Any
) -> None:
    worker = register.office("servizio-sociale")
    asked: Counter[str] = Counter()

    class Life(schema.as_state_machine()):  # type: ignore[misc]
        """As the document leads from one operation to the next: what an act answers, a query is asked for."""

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            asked[_name(case.operation)] += 1
            return {"headers": {"Authorization": f"Bearer {worker.token}"}}

    Life.run(settings=settings(SETTINGS, max_examples=STORIES, stateful_step_count=6))
    print(f"schemathesis: {asked.total()} requests to {len(asked)} operations in {STORIES} stories")
    assert len(asked) > 3


def test_a_control_with_an_answer_that_is_not_as_documented_is_caught(
    register: Register, schema: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.cases.page", lambda *_: Json({"items": [{"case_id": 7}], "next_cursor": None}))
    with pytest.raises(FailureGroup, match="violates schema"):
        hold(register, schema, GenerationMode.POSITIVE, "list_cases")


def test_a_control_with_a_route_that_fails_is_caught(
    register: Register, schema: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.cases.see", lambda *_: 1 // 0)
    with pytest.raises(FailureGroup, match="Server error"):
        hold(register, schema, GenerationMode.POSITIVE, "show_case")


def hold(register: Register, schema: Any, mode: GenerationMode, only: str | None = None) -> int:
    """Hold the answers to what is made for each operation against the document; tells how many requests."""
    session, tried = requests.Session(), 0
    others = [register.office("cpi", "machine"), register.office("ats", "SOCIAL_OPERATOR"), None]
    ours = {each.name: each for each in operations(register)}
    for number, found in enumerate(schema.get_all_operations()):
        operation = found.ok()
        name = _name(operation)
        if name == only or (only is None and (TORTURE or _is_sampled(number, name, mode))):
            tried += _try(operation, mode, [caller(register, ours[name]), *others], session)
    return tried


def _is_sampled(number: int, name: str, mode: GenerationMode) -> bool:
    return mode is MODES[number % 2] and (number % 3 == 0 or name not in ACTS)


def _name(operation: Any) -> str:
    return str(operation.definition.raw["operationId"])


def _try(operation: Any, mode: GenerationMode, callers: list[Office | None], session: Any) -> int:
    tried = 0

    @SETTINGS
    @given(case=operation.as_strategy(generation_mode=mode), by=st.sampled_from(callers))
    def each(case: Case, by: Office | None) -> None:
        nonlocal tried
        tried += 1
        headers = {"Authorization": f"Bearer {by.token}"} if by else {}
        case.call_and_validate(session=session, headers=headers)

    try:
        each()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing is sent that could be wrong
    return tried
