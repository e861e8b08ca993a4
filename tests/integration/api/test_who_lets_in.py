"""A case goes to whoever takes it on; then to a social worker who takes over, or to who is let in."""

from __future__ import annotations

import pytest

from tests.integration.api.life import assignment, new_life, referral, told
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration


def test_a_new_case_is_taken_on_by_whoever_assigns_herself(register: Register) -> None:
    worker = register.office("servizio-sociale")
    case_id = told(register.office("servizio-sociale", person="other").post("/cases", referral()))["case_id"]
    told(worker.post(f"/cases/{case_id}/assignments", assignment(worker)))
    assert worker.get(f"/cases/{case_id}").status_code == 200


@pytest.mark.parametrize("role", ["CLERK", "SOCIAL_OPERATOR", "operator", "machine"])
def test_nobody_else_lets_herself_into_a_case_that_is_a_colleague_s(register: Register, role: str) -> None:
    life = new_life(register).begin()
    colleague = register.office("servizio-sociale", role, person="other")
    answer = life.act("assignments", assignment(colleague), colleague)
    assert (answer.status_code, answer.json()["rule"]) == (404, "UNKNOWN")
    told(life.act("assignments", assignment(colleague)))
    assert role == "machine" or colleague.get(f"/cases/{life.case_id}").status_code == 200


def test_a_social_worker_takes_over_and_it_stands_in_the_case(register: Register) -> None:
    life = new_life(register).begin()
    colleague = register.office("servizio-sociale", person="other")
    told(life.act("assignments", assignment(colleague), colleague))
    assert colleague.get(f"/cases/{life.case_id}").status_code == 200
    assert str(colleague.subject) in life.worker.get(f"/cases/{life.case_id}").text


def test_who_does_not_have_a_taken_case_lets_nobody_else_into_it(register: Register) -> None:
    life = new_life(register).begin()
    worker = register.office("servizio-sociale", person="other")
    clerk = register.office("servizio-sociale", "CLERK", person="clerk")
    others = [assignment(clerk, role="CLERK"), assignment(clerk), assignment(worker, role="CLERK")]
    for said in others:
        answer = life.act("assignments", said, worker)
        assert (answer.status_code, answer.json()["rule"]) == (403, "ROLE_NOT_ALLOWED")
    assert clerk.get(f"/cases/{life.case_id}").status_code == 404
    told(life.act("assignments", assignment(worker), worker))
    told(life.act("assignments", others[0], worker))
    assert clerk.get(f"/cases/{life.case_id}").status_code == 200


def test_a_case_that_is_nobody_s_is_given_to_a_colleague_by_whoever_knows_it(register: Register) -> None:
    worker = register.office("servizio-sociale")
    clerk = register.office("servizio-sociale", "CLERK", person="clerk")
    case_id = told(worker.post("/cases", referral()))["case_id"]
    told(worker.post(f"/cases/{case_id}/assignments", assignment(clerk, role="CLERK")))
    assert clerk.get(f"/cases/{case_id}").status_code == 200


def test_a_case_that_is_nobody_s_any_more_is_taken_on_again(register: Register) -> None:
    life = new_life(register).begin()
    (assigned,) = life.register.services.log.case(life.case_id).assignments
    ended = {"assignment_id": str(assigned), "until": "2026-06-30", "reason": "REPLACED"}
    told(life.act("unassignments", ended))
    colleague = register.office("servizio-sociale", "CLERK", person="other")
    told(life.act("assignments", assignment(colleague), colleague))
