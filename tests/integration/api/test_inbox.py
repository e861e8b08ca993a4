"""What waits for an office, from every side: nothing of another's, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from domain.ledger.disclosed import Acknowledgement
from tests.databases import Ledger
from tests.integration.api.equipe import Equipe, new_equipe
from tests.integration.api.life import assignment, household, new_life, sign
from tests.integration.api.office import Office, Register, register_on
from tests.integration.api.test_clock import tick
from tests.integration.api.test_desks import (
    RECIPIENTS,
    ask_school,
    everybody,
    life_of,
    project,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    with register_on(ledger, recipients=RECIPIENTS) as made:
        yield made


def inbox(who: Office, **asked: Any) -> list[dict[str, Any]]:
    answer = who.get("/inbox", **asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def named(who: Office, **asked: Any) -> set[str]:
    return {item["name"] for item in inbox(who, **asked)}


def test_a_social_worker_finds_what_she_has_to_do_in_her_own_cases(register: Register) -> None:
    sign(register)
    mine, other = life_of(register), life_of(register, "another")
    project(register)
    found = inbox(mine.worker)
    assert {item["case_id"] for item in found} == {str(mine.case_id)}
    assert {item["case_id"] for item in inbox(other.worker)} == {str(other.case_id)}
    assert {("WORK", "gepi"), ("WORK", "reasons_not_answered")} <= {(i["kind"], i["name"]) for i in found}
    # What waits for the CPI, INPS or the Comune is not hers to do.
    assert not {"referrals_to_answer", "reports_without_measure", "residence_checks", "D4a"} & named(
        mine.worker
    )
    days = [item["due_on"] or item["since"] for item in found]
    assert days == sorted(days)
    (gepi,) = [item for item in found if item["name"] == "gepi"]
    assert (gepi["title"], gepi["due_on"], gepi["late"]) == (
        "Incontri e aggiornamenti da registrare in GePI entro il 20",
        "2025-04-20",
        True,
    )
    assert inbox(register.office("servizio-sociale", person="stranger")) == []


def test_nothing_waits_twice(register: Register) -> None:
    """A reason, a registration, an answer of the school are a list and a term; a lapse is one of its own."""
    sign(register)
    life = life_of(register)
    ask_school(life, register)
    tick(register)
    project(register)
    assert life.worker.get("/worklists/lapsed_terms_of_services").json()["items"] != []
    for who in (life.worker, register.office("ust", "SCHOOL")):
        found = inbox(who)
        about = [(item["case_id"], item["due_on"]) for item in found if item["due_on"]]
        assert len(about) == len(set(about)) > 0
        assert "lapsed_terms_of_services" not in {item["name"] for item in found}
    assert named(register.office("ust", "SCHOOL")) == {"school_answers"}


def test_what_another_office_is_to_answer_does_not_wait_for_who_follows_it(register: Register) -> None:
    sign(register)
    ask_school(life_of(register), register)
    project(register)
    comune = register.office("comune-058091", "CLERK")
    assert comune.get("/worklists/school_answers").json()["items"] != []
    assert named(comune) == {"residence_checks"}


def test_an_employment_centre_finds_referrals_and_terms_once_it_is_told(register: Register) -> None:
    sign(register)
    life = life_of(register)
    register.project()
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    assert inbox(cpi) == []  # on its desk, and not yet disclosed
    register.disclose()
    found = inbox(cpi)
    assert {(item["kind"], item["name"]) for item in found} == {
        ("WORK", "referrals_to_answer"),
        ("TERM", "D4a"),
        ("TERM", "D4b"),
    }
    assert {item["case_id"] for item in found} == {str(life.case_id)}
    last = found[-1]["due_on"]
    assert inbox(cpi, kind="TERM", due_before=last) == [
        item for item in found if item["kind"] == "TERM" and item["due_on"] < last
    ]
    assert inbox(register.office("accreditato", "CLERK")) == []


def test_what_a_member_owes_waits_from_its_last_day_on(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    project(register)
    (update,) = life.worker.get("/deadlines", term_id="D2").json()["items"]
    assert update["duty_bearer"] == "COMPONENTE"

    def waits_on(day: date) -> bool:
        register.clock.now = datetime.combine(day, time(12), UTC)
        return "D2" in named(register.office("servizio-sociale"))

    last = date.fromisoformat(update["due_on"])
    assert [waits_on(last + timedelta(days)) for days in (-1, 0, 1)] == [False, True, True]


# --- invitations -------------------------------------------------------------------------------------------


def convoked(register: Register, *seats: str) -> Equipe:
    sign(register)
    equipe = new_equipe(register)
    equipe.convoke(*seats)
    project(register)
    return equipe


def answer(equipe: Equipe, seat: str) -> None:
    invited = equipe.invitee(seat)
    said = {"person_id": invited["person_id"], "agency": invited["agency"], "answer": "ACCEPTED"}
    told = {"session_id": str(equipe.session), "team_id": str(equipe.team), "answered_on": "2026-06-30"}
    by = equipe.office(seat)
    equipe.life.tell("assignments", assignment(by, seat, "EMPLOYMENT_OPERATOR"), by)
    equipe.life.tell("equipe-answers", said | told, by)
    project(equipe.register)


def test_each_seat_that_is_invited_has_its_own_invitation_until_it_answers(register: Register) -> None:
    equipe = convoked(register, "cpi", "ust")
    for seat in ("cpi", "ust"):
        (found,) = inbox(equipe.office(seat), kind="WORK")
        assert (found["name"], found["item_id"], found["due_on"]) == (
            "invitations",
            str(equipe.session),
            "2026-07-20",
        )
        assert found["title"] == "Convocazioni dell'équipe a cui rispondere"
    answer(equipe, "cpi")
    assert "invitations" not in named(equipe.office("cpi"))
    assert "invitations" in named(equipe.office("ust"))
    assert "invitations" not in named(equipe.office("asl-serd"))
    register.clock.now = datetime.fromisoformat("2026-07-21T10:00:00+02:00")
    assert "invitations" not in named(register.office("ust", "operator"))


def test_an_invitation_to_a_unit_of_the_asl_is_shown_to_the_person_invited_alone(register: Register) -> None:
    equipe = convoked(register, "asl-serd")
    assert "invitations" in named(equipe.office("asl-serd"))
    others = [(agency, who) for agency, who in everybody(register) if agency != "asl-serd"]
    others.append(("a colleague", equipe.office("asl-serd", "another")))
    for agency, who in others:
        assert "invitations" not in named(who), agency
    assert "serd" not in str(register.query("select * from views.worklists_v2"))


# --- corrections -------------------------------------------------------------------------------------------


def test_a_correction_waits_until_the_seat_says_that_it_applied_it(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    project(register)
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    assert named(cpi, kind="CORRECTION") == set()
    right = household(life.member, life.child, name="Simona")["members"]
    wrong = life.said["households"]["event_ids"][0]
    corrects = {"corrects_event_id": wrong, "reason": "errore", "new_value": {"members": right}}
    life.tell("corrections", corrects | {"voids": False})
    project(register)
    (waiting,) = inbox(cpi, kind="CORRECTION")
    assert (waiting["name"], waiting["title"], waiting["case_id"]) == (
        "correction",
        "Rettifica da applicare",
        str(life.case_id),
    )
    assert (waiting["due_on"], waiting["late"]) == (None, False)
    disclosed = register.services.disclosed
    head, epoch = disclosed.head("cpi"), disclosed.epoch()
    said = Acknowledgement("cpi", epoch, head, head, ())
    parked = Acknowledgement("cpi", epoch, head, head, tuple(range(1, head + 1)))
    disclosed.acknowledge(parked, "a.b.c")
    assert len(inbox(cpi, kind="CORRECTION")) == 1
    disclosed.acknowledge(said, "a.b.c")
    assert inbox(cpi, kind="CORRECTION") == []
    assert inbox(register.office("ust", "SCHOOL"), kind="CORRECTION") == []


# --- pages -------------------------------------------------------------------------------------------------


def test_the_inbox_comes_in_pages(register: Register) -> None:
    sign(register)
    worker = life_of(register).worker
    life_of(register)
    project(register)
    every = inbox(worker)
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = worker.get("/inbox", limit=2, **cursor).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == every and len(every) == 4


def test_before_any_case_the_inbox_is_empty(register: Register) -> None:
    for _, who in [*everybody(register), ("servizio-sociale", register.office("servizio-sociale"))]:
        assert who.get("/inbox").json() == {"items": [], "next_cursor": None}
