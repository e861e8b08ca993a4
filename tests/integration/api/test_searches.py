"""A case found by a codice fiscale: by who may know it, and nobody learns more than what is hers."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from stdnum.it import codicefiscale
from structlog.testing import capture_logs

from api.gate import ALIKE_AFTER
from api.noted import nowhere
from api.policy import TOLD_TAX_CODES
from api.who import Who
from domain.access.events import CaseFileAccessed
from domain.fact import KINDS
from domain.ledger.access_logs import access_to
from tests.integration.api.counting import statements
from tests.integration.api.life import CODICE_FISCALE, Life, household, new_life, sign
from tests.integration.api.office import Office, Register

pytestmark = pytest.mark.integration

NOBODYS = "VRDNNA80A41A000" + codicefiscale.calc_check_digit("VRDNNA80A41A000")
DAUGHTERS = "MRRNMO15A68A000R"

OF_THE_MOMENT = ("x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset")
"""Headers that differ from one request to the next, whatever was asked."""


def search(who: Office, tax_code: str = CODICE_FISCALE, **asked: Any) -> list[tuple[str, str]]:
    answer = who.client.post(
        "/rest/adi/v1/case-searches",
        json={"tax_code": tax_code},
        params=asked,
        headers={"Authorization": f"Bearer {who.token}"},
    )
    assert answer.status_code == 200, answer.text
    return [(item["case_id"], item["member_id"]) for item in answer.json()["items"]]


def known(register: Register, worker: str = "first") -> Life:
    """A life of which the household is known, and the views level."""
    life = new_life(register)
    life.worker = register.office("servizio-sociale", person=worker)
    life.begin().tell("households", household(life.member, life.child))
    register.project()
    return life


def reads(register: Register, case_id: UUID) -> list[CaseFileAccessed]:
    events = [fact.event for fact in register.services.log.facts(access_to(case_id))]
    return [event for event in events if isinstance(event, CaseFileAccessed)]


def test_a_social_worker_finds_her_own_cases_by_codice_fiscale(register: Register) -> None:
    life, other = known(register), known(register, "another")
    assert search(life.worker) == [(str(life.case_id), str(life.member))]
    assert search(life.worker, DAUGHTERS) == [(str(life.case_id), str(life.child))]
    assert search(other.worker) == [(str(other.case_id), str(other.member))]


@pytest.mark.parametrize(
    ("agency", "role"), [("servizio-sociale", "SOCIAL_WORKER"), ("cpi", "EMPLOYMENT_OPERATOR")]
)
def test_a_code_of_nobody_and_one_of_anothers_case_are_answered_alike(
    register: Register, agency: str, role: str
) -> None:
    """Not a byte and not a statement more: so neither the answer nor its time tells that there is a case."""
    life, stranger = known(register), register.office(agency, role, person="stranger")
    register.disclose()
    stranger.post("/case-searches", {"tax_code": NOBODYS})  # the first line of an access log reads its length
    answers = []
    for code in (NOBODYS, CODICE_FISCALE):
        with statements() as sent:
            answer = stranger.post("/case-searches", {"tax_code": code})
        headers = {name: value for name, value in answer.headers.items() if name not in OF_THE_MOMENT}
        answers.append((answer.status_code, answer.content, headers, sent))
    assert answers[0] == answers[1]
    assert answers[0][0] == 200 and answers[0][1] == b'{"items":[],"next_cursor":null}'
    assert len(search(life.worker)) == len(search(register.office("comune-058091", "CLERK"))) == 1


def test_who_is_not_assigned_any_more_finds_nothing_even_while_the_list_is_behind(register: Register) -> None:
    life = known(register)
    assignment = register.services.log.case(life.case_id).assignments
    (given,) = assignment
    ended = {"assignment_id": str(given), "until": "2026-06-30", "reason": "LEFT_OFFICE"}
    life.tell("unassignments", ended)
    assert search(life.worker) == []


def test_a_corrected_codice_fiscale_is_found_by_what_it_is_and_by_what_it_was(register: Register) -> None:
    life = known(register)
    right = household(life.member, life.child, tax_code=NOBODYS)["members"]
    wrong = life.said["households"]["event_ids"][0]
    life.tell(
        "corrections",
        {"corrects_event_id": wrong, "reason": "omocodia", "new_value": {"members": right}, "voids": False},
    )
    assert search(life.worker, NOBODYS) == search(life.worker) == [(str(life.case_id), str(life.member))]


def test_an_office_finds_whom_it_was_told_of_and_nobody_else(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto()
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    register.disclose()
    assert search(cpi) == []
    life.refer_to_cpi()
    register.disclose()
    assert search(cpi) == [(str(life.case_id), str(life.member))]
    # The daughter is in the same case, and of her the employment centre is told no codice fiscale.
    assert search(cpi, DAUGHTERS) == []
    comune = register.office("comune-058091", "CLERK")
    assert search(comune, DAUGHTERS) == [(str(life.case_id), str(life.child))]
    assert search(register.office("ust", "SCHOOL"), DAUGHTERS) == []


def test_whatever_it_finds_a_search_is_answered_no_sooner_than_any_other(register: Register) -> None:
    """Also of a codice fiscale that stands in a case which the office has, and which it was not told."""
    sign(register)
    new_life(register).begin().to_patto().refer_to_cpi()
    register.disclose()
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    for code in (CODICE_FISCALE, DAUGHTERS, NOBODYS):
        begun = time.perf_counter()
        search(cpi, code)
        assert time.perf_counter() - begun >= ALIKE_AFTER


def test_who_is_told_no_codice_fiscale_may_not_look_for_one(register: Register) -> None:
    known(register)
    for kind in sorted(set(KINDS) - TOLD_TAX_CODES):
        agency = "comune-058091" if kind == "comune" else kind
        answer = register.office(agency, "CLERK").post("/case-searches", {"tax_code": CODICE_FISCALE})
        assert (answer.status_code, answer.json()["rule"]) == (403, "ROLE_NOT_ALLOWED"), kind
    machine = register.office("servizio-sociale", "machine").post("/case-searches", {"tax_code": NOBODYS})
    assert machine.status_code == 403


def nowhere_of(worker: Office) -> UUID:
    return nowhere(Who("servizio-sociale", "SOCIAL_WORKER", "TAKING_CHARGE", worker.subject))


def test_every_search_leaves_a_line_and_no_codice_fiscale(register: Register) -> None:
    life = known(register)
    with capture_logs() as logged:
        search(life.worker)
        search(life.worker, NOBODYS)
        refused = life.worker.post("/case-searches", {"tax_code": CODICE_FISCALE.lower()})
    assert refused.status_code == 422
    (found,) = reads(register, life.case_id)
    elsewhere = nowhere_of(life.worker)
    (missed,) = reads(register, elsewhere)
    for line in (found, missed):
        assert (line.accessor, line.agency, line.events_shown) == (
            life.worker.subject,
            "servizio-sociale",
            (),
        )
    assert missed.subject_case_id == elsewhere
    shown = life.worker.get(f"/cases/{life.case_id}/accesses").json()["items"]
    assert [each["accessor"] for each in shown] == [str(life.worker.subject)]
    kept = register.query("select state, sealed from ledger.events")
    for code in (CODICE_FISCALE, NOBODYS):
        assert code.lower() not in repr(logged).lower()
        assert not any(code.encode() in bytes(column) for row in kept for column in row)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "/tax_code"),
        ({"tax_code": None}, "/tax_code"),
        ({"tax_code": "MRRSMN86C07A000X"}, "/tax_code"),
        ({"tax_code": CODICE_FISCALE.lower()}, "/tax_code"),
        ({"tax_code": CODICE_FISCALE, "surname": "Rossi"}, "/surname"),
    ],
)
def test_what_is_no_codice_fiscale_is_refused_and_not_repeated(
    register: Register, body: dict[str, Any], where: str
) -> None:
    worker = register.office("servizio-sociale")
    answer = worker.post("/case-searches", body)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert [wrong["where"] for wrong in answer.json()["errors"]] == [where]
    assert not any(str(value) in answer.text for value in body.values() if value)
    assert reads(register, nowhere_of(worker)) == []


def test_who_was_erased_is_found_no_more(register: Register) -> None:
    life = known(register)
    key = f"person/{life.member}"
    register.services.log.keys.destroy(key)  # type: ignore[attr-defined]
    assert search(life.worker) == []
    with register.services.all_rows.connection() as connection:
        connection.execute("select ledger.note_erasure(%s)", [key])
    assert register.query("select 1 from ledger.people where member_id = %s", life.member) == []
    assert search(life.worker) == []


def test_a_search_for_the_position_of_an_act_finds_what_it_named(register: Register) -> None:
    life = new_life(register).begin()
    told = life.tell("households", household(life.member, life.child))
    assert search(life.worker) == []  # the list of her cases is behind
    register.project()
    assert search(life.worker, wait_for=told["position"]) == [(str(life.case_id), str(life.member))]


def test_no_idempotency_key_is_asked_for(register: Register) -> None:
    life = known(register)
    plain = life.worker.client.post(
        "/rest/adi/v1/case-searches",
        json={"tax_code": NOBODYS},
        headers={"Authorization": f"Bearer {life.worker.token}", "X-Request-Id": str(uuid4())},
    )
    assert plain.status_code == 200
