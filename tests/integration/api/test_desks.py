"""Deadlines and worklists as each office is shown them: its own desk, and nothing it may not know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from stdnum.it import codicefiscale

from api.worklists import READERS
from domain.disclosure import entitled, readable
from domain.fact import KINDS
from domain.ledger.recipients import Enrolled
from projections.deadlines import Deadlines
from projections.view import enter
from projections.waiting import TITLES
from tests.databases import Ledger
from tests.integration.api.life import Life, household, new_life, protocol, told
from tests.integration.api.office import Office, Register, register_on

pytestmark = pytest.mark.integration

WIFE = "MRRNMO85A68A000" + codicefiscale.calc_check_digit("MRRNMO85A68A000")
RECIPIENTS = ("cpi", "accreditato", "ust", "asl-serd", "asl-npi", "comune-058091", "comune-058991", "inps")


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    with register_on(ledger, recipients=RECIPIENTS) as made:
        yield made


def project(register: Register) -> None:
    """Disclose what is in the log, and bring the views up to date."""
    register.disclose()
    register.project()


def sign(register: Register) -> str:
    """The protocol; its id."""
    said = told(register.office("ats", "SOCIAL_OPERATOR").post("/protocols", protocol()))
    return str(said["protocol_id"])


def life_of(register: Register, worker: str = "first") -> Life:
    """A household whose patto is signed, with a member at the CPI and a reason awaited."""
    life = new_life(register)
    life.worker = register.office("servizio-sociale", person=worker)
    return life.begin().to_patto().refer_to_cpi().to_proposal()


def ask_school(life: Life, register: Register) -> None:
    minor = {"minor_member_id": str(life.child), "name": "Noemi", "surname": "Marrocù"}
    pupil = minor | {"tax_code": "MRRNMO15A68A000R", "birth_date": "2015-01-28"}
    asked = {"verification_id": str(uuid4()), "minors": [pupil], "school_year": "2024/2025"}
    days = {"requested_on": "2025-04-20", "answer_by": "2025-05-20"}
    life.tell("school-verifications", asked | days, register.office("comune-058091", "CLERK"))


def refer_to_serd(life: Life) -> str:
    analysis = life._analysis() | {"analysis_id": str(uuid4()), "completed_on": "2025-04-16"}
    need = {"need_id": str(uuid4()), "member_id": str(life.member), "area": "HEALTH", "level": "HIGH"}
    life.tell("analyses", analysis | {"needs_by_area": [need]})
    referral = {"referral_id": str(uuid4()), "member_id": str(life.member), "unit": "asl-serd"}
    life.tell("specialist-referrals", referral | {"referred_on": "2025-04-17"})
    return referral["referral_id"]


def items(who: Office, path: str, **filters: Any) -> list[dict[str, Any]]:
    answer = who.get(path, **filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def terms(who: Office, **filters: Any) -> list[str]:
    return [item["term_id"] for item in items(who, "/deadlines", **filters)]


def everybody(register: Register) -> list[tuple[str, Office]]:
    """One office of each agency, with the recipient that it reads as."""
    seats = {"cpi": None, "accreditato": None, "ust": None, "inps": None, "mmg": None, "ets": None}
    found = [(agency, register.office(agency, "CLERK", unit)) for agency, unit in seats.items()]
    found += [(agency, register.office(agency, "CLERK")) for agency in ("puc", "sil", "comune-058991")]
    found += [(agency, register.office(agency, "CLERK")) for agency in ("comune-058091", "ats")]
    return [*found, *((unit, register.office("asl", "SPECIALIST", unit)) for unit in ("asl-serd", "asl-npi"))]


# --- deadlines ---------------------------------------------------------------------------------------------


def test_a_social_worker_sees_the_terms_of_her_own_cases_soonest_first(register: Register) -> None:
    sign(register)
    mine, other = life_of(register), life_of(register, "another")
    project(register)
    found = items(mine.worker, "/deadlines")
    assert {item["case_id"] for item in found} == {str(mine.case_id)}
    days = [item["due_on"] for item in found]
    assert days == sorted(days)
    assert {"D4a", "D4b", "D5", "D14", "D15", "REASON"} <= {item["term_id"] for item in found}
    (gepi,) = [item for item in found if item["term_id"] == "D14"]
    assert (gepi["due_on"], gepi["state"], gepi["desk"]) == ("2025-04-20", "LAPSED", "servizio-sociale")
    assert gepi["title"] == "registrazione in GePI entro il 20"
    assert {item["case_id"] for item in items(other.worker, "/deadlines")} == {str(other.case_id)}
    stranger = register.office("servizio-sociale", person="stranger")
    assert items(stranger, "/deadlines") == []
    assert items(register.office("servizio-sociale", "machine", person="m"), "/deadlines") == []


def test_a_term_is_running_lapsed_or_kept_as_of_today(register: Register) -> None:
    sign(register)
    life = life_of(register)
    project(register)

    def state_on(day: str, term_id: str) -> str:
        register.clock.now = datetime.fromisoformat(f"{day}T10:00:00+02:00")
        life.worker = register.office("servizio-sociale")
        (item,) = items(life.worker, "/deadlines", term_id=term_id)
        return str(item["state"])

    assert state_on("2025-04-20", "D14") == "RUNNING"
    assert state_on("2025-04-21", "D14") == "LAPSED"
    assert state_on("2025-05-24", "REASON") == "RUNNING"
    assert state_on("2025-06-02", "D15") == "KEPT"
    meeting = life.said["appointments"]["event_ids"][0]
    life.tell("gepi-registrations", {"subject_event_id": meeting, "registered_on": "2025-06-02"})
    project(register)
    assert state_on("2025-06-02", "D14") == "KEPT_LATE"
    assert state_on("2025-06-01", "D14") == "LAPSED"  # on the day before it was still to be done


def test_the_terms_can_be_filtered(register: Register) -> None:
    sign(register)
    life = life_of(register)
    second = new_life(register).begin()
    project(register)
    every = items(life.worker, "/deadlines")

    def same(name: str, **filters: str) -> None:
        value = next(iter(filters.values()))
        expected = [item for item in every if str(item[name]) == value]
        assert items(life.worker, "/deadlines", **filters) == expected
        assert 0 < len(expected) < len(every)

    same("desk", desk="cpi")
    same("duty_bearer", duty_bearer="COMPONENTE")
    same("term_id", term_id="D4a")
    same("state", state="KEPT")
    assert items(life.worker, "/deadlines", case_id=str(life.case_id)) == every
    assert items(life.worker, "/deadlines", case_id=str(second.case_id)) == []
    day = every[1]["due_on"]
    before = items(life.worker, "/deadlines", due_before=day)
    after = items(life.worker, "/deadlines", due_after=day)
    assert before == [item for item in every if item["due_on"] < day] != []
    assert after == [item for item in every if item["due_on"] > day] != []


def test_the_terms_come_in_pages(register: Register) -> None:
    sign(register)
    life = life_of(register)
    project(register)
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = life.worker.get("/deadlines", limit=2, **cursor).json()
        assert len(page["items"]) <= 2
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == items(life.worker, "/deadlines") and len(seen) > 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "TARDI"},
        {"duty_bearer": "INPS"},
        {"term_id": "D99"},
        {"due_before": "2025-02-30"},
        {"due_after": "ieri"},
        {"case_id": "1"},
        {"cursor": "x"},
        {"cursor": "20251399" + "0" * 32},
        {"desk": "\0"},
        {"limit": "0"},
    ],
    ids=str,
)
def test_a_wrong_filter_is_named_and_not_repeated(register: Register, wrong: dict[str, str]) -> None:
    answer = register.office("servizio-sociale").get("/deadlines", **wrong)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    ((name, value),) = wrong.items()
    assert [each["where"] for each in answer.json()["errors"]] == [name]
    assert len(value) < 4 or value not in answer.text


def test_the_ambito_sees_every_case_but_no_member_and_no_infraction(register: Register) -> None:
    sign(register)
    one, two = life_of(register), life_of(register, "another")
    for life in (one, two):
        ask_school(life, register)
    project(register)
    ats = register.office("ats", "SOCIAL_OPERATOR")
    found = items(ats, "/deadlines")
    assert {item["case_id"] for item in found} == {str(one.case_id), str(two.case_id)}
    assert {item["member_id"] for item in found} == {None}
    assert {"D14", "D4a", "D4b"} <= {item["term_id"] for item in found}
    assert {"D5", "REASON", "SCHOOL_ANSWER"}.isdisjoint(item["term_id"] for item in found)
    assert terms(ats, term_id="D5") == []
    assert {"D5", "REASON", "SCHOOL_ANSWER"} <= set(terms(one.worker))


def test_the_answer_to_a_request_of_access_is_a_term_of_a_closed_case_too(register: Register) -> None:
    life = new_life(register).begin()
    asked = {"requester": "Avvocata Inventata", "requester_kind": "LAWYER", "object": "copia degli atti"}
    days = {"received_on": "2026-03-02", "answer_by": "2026-04-01"}
    kept, late, lapsed = (str(uuid4()) for _ in range(3))
    for request_id in (kept, late, lapsed):
        life.tell("access-requests", asked | days | {"request_id": request_id})
    for request_id, day in ((kept, "2026-04-01"), (late, "2026-04-02")):
        answer = {"request_id": request_id, "outcome": "granted", "answered_on": day}
        life.tell("access-answers", answer)
    life.tell("closures", {"closed_on": "2026-05-04", "reason": "MOVED"})
    project(register)
    for by in (life.worker, register.office("ats", "SOCIAL_OPERATOR")):
        found = items(by, "/deadlines", term_id="D13")
        assert sorted(item["state"] for item in found) == ["KEPT", "KEPT_LATE", "LAPSED"]
        assert {(item["case_id"], item["due_on"], item["desk"]) for item in found} == {
            (str(life.case_id), "2026-04-01", "servizio-sociale")
        }
    assert terms(register.office("cpi", "CLERK"), term_id="D13") == []


def test_two_members_bound_by_one_meeting_are_one_term_for_the_ambito(register: Register) -> None:
    """How many are bound would tell how many are exempt, and so who is ill or protected."""
    life = new_life(register).begin()
    wife = str(uuid4())
    people = _couple(life, wife)
    life.tell("households", people)
    life.tell("convocations", life._convocation() | {"member_ids": [str(life.member)]})
    meeting = life._meeting() | {"attendees": [str(life.member), wife], "kind": "SPONTANEO"}
    del meeting["convocation_id"]
    life.tell("appointments", meeting)
    project(register)
    assert sorted(item["member_id"] for item in items(life.worker, "/deadlines", term_id="D2")) == sorted(
        [str(life.member), wife]
    )
    assert terms(register.office("ats", "SOCIAL_OPERATOR"), term_id="D2") == ["D2"]


def _couple(life: Life, wife: str) -> dict[str, Any]:
    people = household(life.member, life.child)
    husband = people["members"][0]
    spouse = {"member_id": wife, "tax_code": WIFE, "name": "Ada", "relationship": "CONIUGE"}
    return people | {"members": [*people["members"], husband | spouse | {"birth_date": "1985-01-28"}]}


def test_the_cpi_sees_the_terms_of_the_members_sent_to_it_once_it_is_told(register: Register) -> None:
    sign(register)
    life, elsewhere = life_of(register), new_life(register).begin().to_patto()
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    log = register.services.log
    with psycopg.connect(register.database.views_url) as connection:
        enter(connection)
        view = Deadlines(log.case, log.facts)
        view.apply(connection, [each for each in log.after(0, 999) if view.wants(each)])
    assert items(cpi, "/deadlines") == []  # on its desk, and not yet disclosed
    project(register)
    found = items(cpi, "/deadlines")
    assert sorted(item["term_id"] for item in found) == ["D4a", "D4b"]
    assert {item["case_id"] for item in found} == {str(life.case_id)} != {str(elsewhere.case_id)}
    assert terms(cpi, term_id="D14") == [] == terms(cpi, desk="servizio-sociale")
    for other in ("accreditato", "ust", "inps", "comune-058091"):
        assert items(register.office(other, "CLERK"), "/deadlines") == []


def test_the_school_office_sees_the_answers_due_by_it(register: Register) -> None:
    sign(register)
    life = life_of(register)
    ask_school(life, register)
    project(register)
    (due,) = items(register.office("ust", "SCHOOL"), "/deadlines")
    assert (due["term_id"], due["due_on"], due["member_id"]) == ("SCHOOL_ANSWER", "2025-05-20", None)


# --- worklists ---------------------------------------------------------------------------------------------


def test_each_office_is_named_its_own_lists_with_their_counts(register: Register) -> None:
    sign(register)
    life = life_of(register)
    ask_school(life, register)
    refer_to_serd(life)
    project(register)
    for agency, who in [*everybody(register), ("servizio-sociale", life.worker)]:
        kind = "asl" if agency.startswith("asl") else agency.split("-0")[0]
        named = items(who, "/worklists")
        assert [each["name"] for each in named] == [name for name in TITLES if kind in READERS[name]]
        assert all(each["title"] == TITLES[each["name"]] for each in named)
        for each in named:
            assert len(items(who, f"/worklists/{each['name']}")) == each["count"], each


def test_a_social_worker_finds_what_waits_in_her_cases(register: Register) -> None:
    sign(register)
    mine, other = life_of(register), life_of(register, "another")
    refer_to_serd(mine)
    project(register)
    counts = {each["name"]: each["count"] for each in items(mine.worker, "/worklists")}
    assert {name for name, count in counts.items() if count} == {
        "gepi",
        "referrals_to_answer",
        "specialist_referrals_to_answer",
        "reasons_not_answered",
        "reports_without_measure",
        "residence_checks",
    }
    (meeting,) = items(mine.worker, "/worklists/gepi")
    assert (meeting["case_id"], meeting["due_on"]) == (str(mine.case_id), "2025-04-20")
    assert items(other.worker, "/worklists/specialist_referrals_to_answer") == []
    assert items(register.office("servizio-sociale", person="stranger"), "/worklists/gepi") == []


def test_a_referral_lies_with_the_cpi_until_it_answers(register: Register) -> None:
    sign(register)
    life = life_of(register)
    project(register)
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    (sent,) = items(cpi, "/worklists/referrals_to_answer")
    assert (sent["member_id"], sent["since"], sent["desk"]) == (str(life.member), "2025-04-15", "cpi")
    assert items(register.office("accreditato", "CLERK"), "/worklists/referrals_to_answer") == []
    assignment = {
        "assignment_id": str(uuid4()),
        "person_id": str(cpi.subject),
        "agency": "cpi",
        "role": "EMPLOYMENT_OPERATOR",
        "purpose": "EMPLOYMENT",
        "from_on": "2025-04-16",
    }
    life.tell("assignments", assignment, cpi)
    taken = {"referral_id": sent["item_id"], "member_id": sent["member_id"], "accepted_on": "2025-04-18"}
    life.tell("referral-acceptances", taken, cpi)
    project(register)
    assert items(cpi, "/worklists/referrals_to_answer") == []


def test_a_specialist_referral_is_shown_to_its_unit_and_to_no_other(register: Register) -> None:
    sign(register)
    life = life_of(register)
    referral = refer_to_serd(life)
    project(register)
    serd = register.office("asl", "SPECIALIST", unit="asl-serd")
    path = "/worklists/specialist_referrals_to_answer"
    assert [item["item_id"] for item in items(serd, path)] == [referral]
    for agency, who in everybody(register):
        if agency != "asl-serd":
            assert items(who, path) == [], agency
    assert items(register.office("asl", "SPECIALIST"), path) == []  # of no unit


def test_the_comune_finds_the_checks_of_its_own_residents(register: Register) -> None:
    sign(register)
    life = life_of(register)
    ask_school(life, register)
    project(register)
    comune = register.office("comune-058091", "CLERK")
    checks = items(comune, "/worklists/residence_checks")
    assert {item["member_id"] for item in checks} == {str(life.member), str(life.child)}
    assert len(items(comune, "/worklists/school_answers")) == 1
    assert len(items(register.office("ust", "SCHOOL"), "/worklists/school_answers")) == 1
    other = register.office("comune-058991", "CLERK")
    assert items(other, "/worklists/residence_checks") == [] == items(other, "/worklists/school_answers")


def test_inps_reconciles_reports_with_measures_where_it_is_a_recipient(register: Register) -> None:
    sign(register)
    life = life_of(register)
    project(register)
    inps = register.office("inps", "machine")
    (report,) = items(inps, "/worklists/reports_without_measure")
    assert (report["code"], report["since"]) == ("NONE_GIVEN", "2025-05-27")
    life.to_measure()
    project(register)
    assert items(inps, "/worklists/reports_without_measure") == []
    assert items(inps, "/worklists/gepi") == [] == items(inps, "/deadlines")


def test_who_is_no_recipient_is_shown_nothing(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(register)
    life_of(register)
    project(register)
    assert items(register.office("inps", "machine"), "/worklists/reports_without_measure")
    object.__setattr__(register.services, "enrolled", lambda: Enrolled.of(("ust",)))
    for agency in ("inps", "cpi"):
        who = register.office(agency, "CLERK")
        assert not any(each["count"] for each in items(who, "/worklists"))
        assert items(who, "/deadlines") == [] == items(who, "/worklists/reports_without_measure")


def test_a_body_that_withdrew_works_on_no_more_cases(register: Register) -> None:
    signed = sign(register)
    life_of(register)
    project(register)
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    assert items(cpi, "/deadlines")
    days = {"received_on": "2026-05-04", "effective_on": "2026-06-01"}
    ats = register.office("ats", "SOCIAL_OPERATOR")
    withdrawal = {"agency": "cpi", "document_ref": "disdetta/1"} | days
    told(ats.post(f"/protocols/{signed}/withdrawals", withdrawal))
    assert items(cpi, "/deadlines") == [] == items(cpi, "/worklists/referrals_to_answer")


def test_the_decisions_of_the_tavolo_are_before_the_bodies_that_signed(register: Register) -> None:
    signed = sign(register)
    invitees = []
    for agency in ("ats", "cpi", "ust", "asl", "comune-058091"):
        who = register.office(agency, "CLERK")
        person = str(uuid4())
        named = {"agency": agency, "person_id": person, "name": "Ada", "surname": "Inventata"}
        told(who.post(f"/protocols/{signed}/referents", named | {"contact": "c", "from_on": "2025-01-07"}))
        invitees.append({"agency": agency, "person_id": person})
    ats = register.office("ats", "SOCIAL_OPERATOR")
    meeting = {"meeting_id": str(uuid4()), "topics": ["tempi"]}
    at = {"meeting_at": "2026-05-11T10:00:00+02:00", "seat": "Sala", "invitees": invitees}
    told(ats.post("/table/meetings", meeting | at))
    decisions = [
        {"text": "invitare prima", "owner": "cpi", "due_on": "2026-06-15"},
        {"text": "rivedere i tempi", "owner": "ats", "due_on": "2026-09-30"},
    ]
    held = {"held_on": "2026-05-11", "present": invitees, "secretary": invitees[0]["person_id"]}
    told(ats.post("/table/meetings-held", meeting | held | {"decisions": decisions}))
    project(register)
    for who in (ats, register.office("cpi", "CLERK"), register.office("ust", "CLERK")):
        found = items(who, "/worklists/table_decisions")
        assert [(item["desk"], item["due_on"], item["line"]) for item in found] == [
            ("cpi", "2026-06-15", 1),
            ("ats", "2026-09-30", 2),
        ]
        assert found[0]["case_id"] is None
    for outside in ("ets", "inps", "accreditato", "servizio-sociale"):
        assert items(register.office(outside, "CLERK"), "/worklists/table_decisions") == []


def test_a_request_of_access_waits_with_the_services_and_the_ambito(register: Register) -> None:
    life = new_life(register).begin()
    asked = {"request_id": str(uuid4()), "requester": "Ada Inventata", "requester_kind": "LAWYER"}
    days = {"object": "il fascicolo", "received_on": "2026-06-20", "answer_by": "2026-07-20"}
    told(life.act("access-requests", asked | days))
    project(register)
    for who in (life.worker, register.office("ats", "SOCIAL_OPERATOR")):
        (item,) = items(who, "/worklists/access_requests")
        assert (item["case_id"], item["due_on"]) == (str(life.case_id), "2026-07-20")
    for other in (register.office("servizio-sociale", person="stranger"), register.office("cpi", "CLERK")):
        assert items(other, "/worklists/access_requests") == []


def change(register: Register, statement: str) -> None:
    """As only its owner could: to make rows that no life here leads to."""
    with psycopg.connect(register.database.owner_url) as owner:
        assert owner.execute(statement.encode()).rowcount > 0


def test_what_lies_on_another_desk_is_not_shown_to_who_was_told_of_it(register: Register) -> None:
    sign(register)
    life_of(register)
    project(register)
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    assert items(cpi, "/worklists/referrals_to_answer") and items(cpi, "/deadlines")
    change(register, "update views.worklists_v2 set desks = '{cpi-nord}' where desks = '{cpi}'")
    change(register, "update views.deadlines_v2 set desk = 'cpi-nord' where desk = 'cpi'")
    assert items(cpi, "/worklists/referrals_to_answer") == [] == items(cpi, "/deadlines")


@pytest.mark.parametrize("days", ["since = '2026-07-01'", "until_on = '2026-06-30'"])
def test_an_item_waits_from_a_day_until_a_day(register: Register, days: str) -> None:
    life = new_life(register).begin().to_patto()
    project(register)
    gepi = "/worklists/gepi"
    change(register, "update views.worklists_v2 set since = '2026-06-30', until_on = '2026-07-01'")
    assert len(items(life.worker, gepi)) == 1
    change(register, f"update views.worklists_v2 set {days}")
    assert items(life.worker, gepi) == []


def test_a_term_that_no_fact_can_tell_of_ends_and_is_never_called_lapsed(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    project(register)
    change(register, "update views.deadlines_v2 set may_lapse = false where term_id = 'D14'")
    (item,) = items(life.worker, "/deadlines", term_id="D14")
    assert item["state"] == "ENDED"


def test_a_list_comes_in_pages(register: Register) -> None:
    sign(register)
    life_of(register)
    worker = life_of(register).worker
    project(register)
    every = items(worker, "/worklists/residence_checks")
    assert len(every) == 4
    first = worker.get("/worklists/residence_checks", limit=3).json()
    rest = worker.get("/worklists/residence_checks", limit=3, cursor=first["next_cursor"]).json()
    assert first["items"] + rest["items"] == every and rest["next_cursor"] is None
    assert worker.get("/worklists/residence_checks", cursor="x").status_code == 422


def test_a_list_without_a_name_is_not_found_and_one_of_another_office_is_empty(register: Register) -> None:
    worker, cpi = register.office("servizio-sociale"), register.office("cpi", "EMPLOYMENT_OPERATOR")
    answer = worker.get("/worklists/nothing")
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"
    assert cpi.get("/worklists/waiting_lists").json() == {"items": [], "next_cursor": None}


def test_before_any_case_every_list_is_empty(register: Register) -> None:
    for _, who in [*everybody(register), ("servizio-sociale", register.office("servizio-sociale"))]:
        assert who.get("/deadlines").json() == {"items": [], "next_cursor": None}
        assert not any(each["count"] for each in items(who, "/worklists"))
    assert register.office("system", "machine").get("/deadlines").status_code == 403


def test_nobody_is_shown_a_row_of_a_fact_that_it_may_not_know(register: Register) -> None:
    """Agencies by lists and terms, against what the door itself says of each case."""
    sign(register)
    lives = [life_of(register), life_of(register, "another").to_measure()]
    for life in lives:
        ask_school(life, register)
    refer_to_serd(lives[0])
    project(register)
    rests_on = dict(register.query("select id::text, event_ids from views.worklists_v2"))
    shown = 0
    for recipient, who in everybody(register):
        known = may_know(register, recipient, [life.case_id for life in lives])
        rows = [item for name in TITLES for item in items(who, f"/worklists/{name}")]
        sources = [set(rests_on[item["id"]]) for item in rows]
        sources += [{UUID(item["started_by_event_id"])} for item in items(who, "/deadlines")]
        for events in sources:
            assert events <= known, recipient
        shown += len(sources)
    assert shown > 20
    assert {agency.split("-0")[0].split("-s")[0].split("-n")[0] for agency, _ in everybody(register)} == set(
        KINDS
    ) - {"servizio-sociale", "system"}


def may_know(register: Register, recipient: str, cases: list[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    for case_id in cases:
        facts = register.services.log.facts(case_id)
        found |= (readable if recipient == "ats" else entitled)(facts, recipient).keys()
    return found
