"""One open case per household and benefit, also when a closure is taken back."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.integration.api.life import new_life, referral, told
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration


def test_a_closure_is_not_voided_while_another_case_of_the_household_is_open(register: Register) -> None:
    life = new_life(register)
    household = referral() | {"household_id": str(uuid4())}
    first = told(life.worker.post("/cases", household))["case_id"]
    life.case_id = first
    life.tell("assignments", _mine(life))
    closure = life.tell("closures", {"closed_on": "2025-06-01", "reason": "MOVED"})
    told(life.worker.post("/cases", household))
    void = {
        "corrects_event_id": closure["event_ids"][0],
        "reason": "errore",
        "new_value": {},
        "voids": True,
    }
    answer = life.act("corrections", void)
    assert (answer.status_code, answer.json()["rule"]) == (409, "CASE_ALREADY_OPEN")


def test_a_closure_that_is_voided_holds_the_household_again(register: Register) -> None:
    life = new_life(register)
    household = referral() | {"household_id": str(uuid4())}
    life.case_id = told(life.worker.post("/cases", household))["case_id"]
    life.tell("assignments", _mine(life))
    closure = life.tell("closures", {"closed_on": "2025-06-01", "reason": "MOVED"})
    life.tell(
        "corrections",
        {
            "corrects_event_id": closure["event_ids"][0],
            "reason": "errore",
            "new_value": {},
            "voids": True,
        },
    )
    answer = life.worker.post("/cases", household)
    assert (answer.status_code, answer.json()["rule"]) == (409, "CASE_ALREADY_OPEN")


def _mine(life) -> dict[str, str]:
    return {
        "assignment_id": str(uuid4()),
        "person_id": str(life.worker.subject),
        "agency": "servizio-sociale",
        "role": "SOCIAL_WORKER",
        "purpose": "TAKING_CHARGE",
        "from_on": "2025-03-04",
    }
