"""The cases that somebody looks for, by what she may know of them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api.equipe import new_equipe
from tests.integration.api.life import Life, household, new_life, sign
from tests.integration.api.office import Office, Register
from tests.integration.api.test_desks import ask_school, change, refer_to_serd

pytestmark = pytest.mark.integration


def found(who: Office, **filters: Any) -> set[str]:
    answer = who.get("/cases", **filters)
    assert answer.status_code == 200, answer.text
    return {item["case_id"] for item in answer.json()["items"]}


def refused(who: Office, **filters: Any) -> list[str]:
    answer = who.get("/cases", **filters)
    assert answer.status_code == 422, answer.text
    return [each["where"] for each in answer.json()["errors"]]


def ids(*lives: Life) -> set[str]:
    return {str(life.case_id) for life in lives}


def test_cases_are_found_by_the_agencies_they_are_linked_to(register: Register) -> None:
    sign(register)
    plain, sent = new_life(register).begin(), new_life(register).begin().to_patto().refer_to_cpi()
    ill, asked = new_life(register).begin().to_patto(), new_life(register).begin().to_patto()
    refer_to_serd(ill)
    ask_school(asked, register)
    register.project()
    worker, ats = plain.worker, register.office("ats", "SOCIAL_OPERATOR")
    every = ids(plain, sent, ill, asked)
    for who in (worker, ats):
        assert found(who, agency="cpi") == ids(sent)
        assert found(who, agency="comune-058091") == found(who) == every
        assert found(who, agency="comune-058992") == set()
    assert found(worker, agency="asl") == ids(ill)
    assert found(worker, agency="ust") == ids(asked)
    assert found(worker, agency="asl-serd") == set()  # which service it is stands in no list
    for secret in ("asl", "asl-serd", "ust", "ets-cav", "sil"):
        assert refused(ats, agency=secret) == ["agency"]


def test_cases_are_found_by_their_case_manager(register: Register) -> None:
    other = new_life(register).begin()
    managed = new_equipe(register).life
    manager = {
        "person_id": str(managed.worker.subject),
        "agency": "servizio-sociale",
        "role": "SOCIAL_WORKER",
        "from_on": "2025-04-02",
    }
    managed.tell("case-managers", manager)
    register.project()
    for who in (managed.worker, register.office("ats", "SOCIAL_OPERATOR")):
        assert found(who, case_manager=managed.worker.subject) == ids(managed)
        assert found(who, case_manager=uuid4()) == set()
        (item,) = who.get("/cases", case_manager=managed.worker.subject).json()["items"]
        assert item["case_manager"] == str(managed.worker.subject)
    assert other.case_id != managed.case_id


def test_cases_are_found_by_a_term_that_is_not_kept(register: Register) -> None:
    sign(register)
    early, late = new_life(register).begin().to_patto(), new_life(register).begin().to_patto()
    proposed = new_life(register).begin().to_patto().to_proposal()
    meeting = late.said["appointments"]["event_ids"][0]
    late.tell("gepi-registrations", {"subject_event_id": meeting, "registered_on": "2025-06-02"})
    register.project()
    worker, ats = early.worker, register.office("ats", "SOCIAL_OPERATOR")
    for who in (worker, ats):
        # D14 of the meeting: due on 20 April 2025, and kept, late, in one of them.
        assert found(who, term_id="D14") == ids(early, proposed)
        assert found(who, term_id="D14", due_before="2025-04-21") == ids(early, proposed)
        assert found(who, term_id="D14", due_before="2025-04-20") == set()
        assert found(who, term_id="D1") == set()
        assert found(who, due_before="2025-04-21") == ids(early, proposed)
    assert found(worker, term_id="REASON") == ids(proposed)
    # Of infractions and reasons the Ambito is not told: its answer is the same for every case.
    assert found(ats, term_id="REASON") == found(ats, term_id="D5") == set()


def test_a_term_that_no_fact_can_tell_of_is_none_to_look_for_once_it_is_over(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    register.project()
    assert found(life.worker, term_id="D14") == ids(life)
    change(register, "update views.deadlines_v2 set may_lapse = false where term_id = 'D14'")
    assert found(life.worker, term_id="D14") == set()
    change(register, "update views.deadlines_v2 set due_on = '2026-06-30' where term_id = 'D14'")
    assert found(life.worker, term_id="D14") == ids(life)


def test_a_case_of_which_all_was_withdrawn_is_listed_to_an_office_no_more(register: Register) -> None:
    wrong, right = new_life(register).begin(), new_life(register).begin()
    for life in (wrong, right):
        life.tell("households", household(life.member, life.child))
    register.disclose()
    comune = register.office("comune-058091", "CLERK")
    assert found(comune) == ids(wrong, right)
    (opened, *_) = register.services.log.facts(wrong.case_id)
    elsewhere = {"corrects_event_id": str(opened.event_id), "reason": "errore", "voids": False}
    wrong.tell("corrections", elsewhere | {"new_value": {"residence_comune": "058991"}})
    register.disclose()
    assert found(comune) == ids(right)


def test_filters_narrow_one_another(register: Register) -> None:
    sign(register)
    sent, signed = new_life(register).begin().to_patto().refer_to_cpi(), new_life(register).begin().to_patto()
    register.project()
    both = {"phase": "PATTO_SIGNED", "residence_comune": "058091"}
    assert found(sent.worker, **both) == ids(sent, signed)
    assert found(sent.worker, **both, agency="cpi", term_id="D14", operator=sent.worker.subject) == ids(sent)
    assert found(sent.worker, agency="cpi", phase="OPEN") == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"phase": "APERTO"},
        {"residence_comune": "58091"},
        {"agency": "CPI\0"},
        {"case_manager": "1"},
        {"operator": "x"},
        {"term_id": "D99"},
        {"due_before": "2025-02-30"},
    ],
    ids=str,
)
def test_a_wrong_filter_of_the_cases_is_named(register: Register, wrong: dict[str, str]) -> None:
    assert refused(register.office("servizio-sociale"), **wrong) == list(wrong)


def test_an_office_outside_may_filter_by_nothing(register: Register) -> None:
    given = {
        "phase": "OPEN",
        "residence_comune": "058091",
        "agency": "cpi",
        "case_manager": uuid4(),
        "operator": uuid4(),
        "term_id": "D4a",
        "due_before": "2030-01-01",
    }
    for agency in ("cpi", "ust", "comune-058091"):
        for name, value in given.items():
            assert refused(register.office(agency, "CLERK"), **{name: value}) == [name]
    assert refused(register.office("ats", "SOCIAL_OPERATOR"), operator=uuid4()) == ["operator"]
