"""`ambito clock` on a real log: what lapsed is recorded once, however often and however late it runs."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from deploy import clock
from domain.case import clock as pure_clock
from domain.case import events as e
from domain.case.commands import Law
from domain.case.state import Case
from tests.integration.api.life import Life, household, new_life, told
from tests.integration.api.office import Register

TODAY = date(2026, 6, 30)


def tick(register: Register, today: date = TODAY) -> clock.Done:
    log = register.services.log
    return clock.run(log, Law(), today, clock.open_cases(log), lambda done: None)


def waiting(register: Register) -> Life:
    """A household that signed the PAD, was evaluated, and heard no more."""
    life = new_life(register).begin()
    life.tell("households", household(life.member, life.child))
    pad = {"signed_on": "2025-03-05", "signatory_member_id": str(life.member), "siisl_ref": "SIISL-1"}
    life.tell("pads", pad, life.inps)
    life.tell("obligation-evaluations", {"member_id": str(life.member), "evaluated_for": "2025-03-10"})
    return life


def lapsed(register: Register, life: Life) -> list[Any]:
    facts = register.services.log.facts(life.case_id)
    return [fact for fact in facts if isinstance(fact.event, e.TermLapsed)]


def test_a_term_that_lapsed_is_recorded_by_the_clock_with_whose_duty_it_was(register: Register) -> None:
    life = waiting(register)
    tick(register)
    found = {fact.event.term_id: fact for fact in lapsed(register, life)}
    assert (found["D1"].event.duty_bearer, found["D1"].event.due_on) == ("SERVIZI", date(2025, 7, 3))
    assert found["D1"].recorder.kind == "system"


def test_a_second_run_records_nothing(register: Register) -> None:
    waiting(register)
    assert sum(tick(register).recorded.values()) > 0
    again = tick(register)
    assert again.recorded == {} and again.refused == []


def test_two_clocks_at_once_say_each_thing_once(register: Register) -> None:
    life = waiting(register)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: tick(register), range(4)))
    terms = Counter(fact.event.term_id for fact in lapsed(register, life))
    assert set(terms.values()) == {1}


def test_an_outage_of_a_year_is_caught_up(register: Register) -> None:
    daily, late = waiting(register), waiting(register)
    log = register.services.log
    for day in (date(2025, 5, 5), date(2025, 7, 4), TODAY):
        clock.run(log, Law(), day, iter([daily.case_id]), lambda done: None)
    clock.run(log, Law(), TODAY, iter([late.case_id]), lambda done: None)
    told_daily = sorted((f.event.term_id, f.event.due_on) for f in lapsed(register, daily))
    told_late = sorted((f.event.term_id, f.event.due_on) for f in lapsed(register, late))
    assert told_daily == told_late != []


def test_a_threshold_asks_for_a_new_evaluation(register: Register) -> None:
    life = waiting(register)
    tick(register, date(2026, 6, 30))
    facts = register.services.log.facts(life.case_id)
    before = [f.event for f in facts if isinstance(f.event, e.ObligationEvaluated)]
    condition = {
        "member_id": str(life.member),
        "condition_code": "EMPLOYED",
        "value": True,
        "valid_from": "2025-06-01",
        "certified_by": "comunicazione obbligatoria",
    }
    life.tell("conditions", condition)
    tick(register)
    facts = register.services.log.facts(life.case_id)
    after = [f.event for f in facts if isinstance(f.event, e.ObligationEvaluated)]
    assert [(found.evaluated_for, found.result) for found in after[len(before) :]] == [
        (date(2025, 6, 1), "excluded")
    ]


def test_a_request_of_access_left_unanswered_is_a_term_of_the_services(register: Register) -> None:
    life = new_life(register).begin()
    asked = {
        "request_id": str(uuid4()),
        "requester": "Avvocata Inventata",
        "requester_kind": "LAWYER",
        "object": "copia degli atti",
        "received_on": "2026-03-02",
        "answer_by": "2026-04-01",
    }
    told(life.act("access-requests", asked))
    tick(register)
    tick(register)
    (fact,) = lapsed(register, life)
    assert (fact.event.term_id, fact.event.duty_bearer) == ("D13", "SERVIZI")


def test_a_closed_case_is_left_alone(register: Register) -> None:
    life = waiting(register)
    life.tell("closures", {"closed_on": "2025-03-20", "reason": "MOVED"})
    assert tick(register).recorded == {}
    assert lapsed(register, life) == []


def test_a_case_that_cannot_be_computed_does_not_stop_the_others(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = waiting(register), waiting(register)
    due = pure_clock.due

    def fails(case: Case, today: date, law: Law) -> list[Any]:
        if broken.member in case.members:
            raise OverflowError("a secret value")
        return list(due(case, today, law))

    monkeypatch.setattr(pure_clock, "due", fails)
    done = tick(register)
    assert done.failed == [(broken.case_id, "OverflowError")]
    assert lapsed(register, sound) and not lapsed(register, broken)
