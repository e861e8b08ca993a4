"""Who could see a case, and act on it, on a day: replayed from the facts, and told to who runs it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from api.could_see import CouldSee, Sent, who_could_see
from domain.rules.calendar import legal_day
from tests.integration.api.life import Life, assignment, new_life, sign
from tests.integration.api.office import Office, Register
from tests.integration.api.prepared import SHOW_A_FACT

pytestmark = pytest.mark.integration


def could(life: Life, by: Office, **asked: Any) -> list[dict[str, Any]]:
    answer = by.get(f"/cases/{life.case_id}/readers", **asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def persons(found: list[dict[str, Any]]) -> set[str]:
    return {each["person_id"] for each in found if each["ground"] == "ASSIGNMENT"}


def test_who_could_read_and_act_is_told_with_its_ground(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    register.disclose()
    found = could(life, life.worker)
    by_agency = {each["agency"]: each for each in found}
    mine = by_agency["servizio-sociale"]
    assert (mine["ground"], mine["reads"], mine["acts"]) == ("ASSIGNMENT", True, True)
    assert (mine["person_id"], mine["purpose"]) == (str(life.worker.subject), "TAKING_CHARGE")
    assert mine["event_id"] == life.said["assignments"]["event_ids"][0] and "until" not in mine
    cpi = by_agency["cpi"]
    assert (cpi["ground"], cpi["reads"], cpi["acts"]) == ("DISCLOSURE", True, False)
    assert (by_agency["ats"]["reads"], by_agency["ats"]["acts"]) == (True, False)
    assert (by_agency["inps"]["reads"], by_agency["inps"]["acts"]) == (False, True)
    assert "ust" not in by_agency


def test_who_was_assigned_on_a_day_is_told_also_where_that_is_over(register: Register) -> None:
    life = new_life(register).begin()
    colleague = register.office("servizio-sociale", person="second")
    named = assignment(colleague)
    life.tell("assignments", named)
    ended = {"assignment_id": named["assignment_id"], "until": "2026-06-30", "reason": "REPLACED"}
    life.tell("unassignments", ended)
    facts = register.services.log.facts(life.case_id)
    today = legal_day(facts[-1].recorded_at)  # type: ignore[arg-type]
    both = {life.worker.subject, colleague.subject}

    def on(day: date) -> set[UUID | None]:
        return {each.person_id for each in who_could_see(facts, [], day) if each.ground == "ASSIGNMENT"}

    assert on(today) == both  # at some instant of the day she could
    assert on(today + timedelta(days=1)) == {life.worker.subject}
    assert who_could_see(facts, [], today - timedelta(days=1)) == []
    assert who_could_see([], [], today) == []
    (gone,) = [e for e in could(life, life.worker) if e.get("person_id") == str(colleague.subject)]
    assert gone["since"] <= gone["until"]


def test_an_assignment_that_was_voided_stood_until_then(register: Register) -> None:
    life = new_life(register).begin()
    colleague = register.office("servizio-sociale", person="wrong")
    event = life.tell("assignments", assignment(colleague))["event_ids"][0]
    life.tell("corrections", {"corrects_event_id": event, "reason": "errore", "new_value": {}, "voids": True})
    facts = register.services.log.facts(life.case_id)
    ends = legal_day(facts[-1].recorded_at)  # type: ignore[arg-type]
    (stood,) = [each for each in who_could_see(facts, [], ends) if each.person_id == colleague.subject]
    assert stood.until == facts[-1].recorded_at


def test_a_seat_could_read_from_what_it_was_first_sent_to_what_was_last_withdrawn(register: Register) -> None:
    life = new_life(register).begin()
    (first, *_) = register.services.log.facts(life.case_id)
    assert first.recorded_at is not None
    at, day = first.recorded_at, legal_day(first.recorded_at)
    one, two = uuid4(), uuid4()
    sent = [
        Sent("cpi", one, "fact", at),
        Sent("cpi", two, "fact", at + timedelta(days=1)),
        Sent("cpi", one, "withdrawn", at + timedelta(days=2)),
        Sent("cpi", two, "withdrawn", at + timedelta(days=3)),
        Sent("cpi", two, "backfill", at + timedelta(days=9)),
    ]

    def seats(on: date) -> list[CouldSee]:
        return [each for each in who_could_see([first], sent, on) if each.ground == "DISCLOSURE"]

    told = [len(seats(day + timedelta(days=n))) for n in (-1, 0, 1, 3, 4, 8, 9, 30)]
    assert told == [0, 1, 1, 1, 0, 0, 1, 1]
    assert seats(day)[0].reads and not seats(day)[0].acts


def test_an_anti_violence_service_is_named_to_the_case_manager_alone(register: Register) -> None:
    life = new_life(register).begin()
    colleague = register.office("servizio-sociale", person="second")
    life.tell("assignments", assignment(colleague))
    named = {"person_id": str(life.worker.subject), "agency": "servizio-sociale", "role": "SOCIAL_WORKER"}
    life.tell("case-managers", named | {"from_on": "2025-03-05"})
    with psycopg.connect(register.database.owner_url) as owner:
        payload = b'{"agency": "servizio-sociale", "data": {}}'
        owner.execute(SHOW_A_FACT, [payload, ["ets-cav"], life.case_id])
    for by, may in ((life.worker, True), (colleague, False)):
        told = could(life, by)
        assert persons(told) == {str(life.worker.subject), str(colleague.subject)}
        assert any("cav" in each["agency"] for each in told) is may


def test_it_is_told_to_who_is_assigned_and_of_no_day_that_is_to_come(register: Register) -> None:
    life = new_life(register).begin()
    path = f"/cases/{life.case_id}/readers"
    assert register.office("servizio-sociale", person="another").get(path).status_code == 404
    assert register.office("ats").get(path).status_code == 403
    assert life.worker.get(path, on="2999-01-01").status_code == 422
    assert could(life, life.worker, on="2020-01-01") == []
