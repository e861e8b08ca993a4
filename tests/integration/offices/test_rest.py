"""What an office is answered over its own database: its lists, a case's file, a person that it looks for."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from api.office import cases
from api.office.policy import POLICY, PUBLIC, STAFF, allowed, of_office
from api.policy import check_all_covered
from api.who import MACHINE, ROLES, Who
from domain.fact import KINDS, kind
from projections.offices import OFFICES, views_of
from projections.view import enter
from tests.databases import clone, drop
from tests.integration.offices.conftest import RECIPIENTS, Office, serving, token_of
from tests.servers import PostgresServer

pytestmark = pytest.mark.integration

Offices = dict[str, Office]

THE_BENEFIT = re.compile(r"\badi\b|assegno", re.IGNORECASE)


# --- the lists -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_the_desk_counts_what_its_lists_show(offices: Offices, recipient: str) -> None:
    office = offices[recipient]
    desk = office.get("/desk").json()["items"]
    assert [each["name"] for each in desk] == [kind_.name for kind_ in OFFICES[kind(recipient)].lists]
    for each in desk:
        lines = office.all(f"/{each['name']}", open=True, limit=7)
        assert len(lines) == each["open"], each
        assert sum(line["late"] for line in lines) == each["late"], each
        every = office.all(f"/{each['name']}", limit=3)
        assert len({line["id"] for line in every}) == len(every) >= each["open"]
        days = [line.get("due_on") or line.get("since") for line in every]
        assert days == sorted(days), "soonest first"


def test_every_list_of_the_offices_has_a_line_somewhere(offices: Offices) -> None:
    """Else the test above compares nothing with nothing."""
    empty = {
        (kind(recipient), name)
        for recipient, office in offices.items()
        for name in office.lists()
        if not any(o.all(f"/{name}") for r, o in offices.items() if kind(r) == kind(recipient))
    }
    assert empty <= {("asl", "waiting-list"), ("comune", "puc-assignments")}


def test_a_line_tells_who_it_is_about_and_a_sheet_how_to_reach_her(offices: Offices) -> None:
    (sheet, *_) = offices["cpi"].all("/members")
    assert sheet["person"].keys() >= {"member_id", "name", "surname", "tax_code", "contacts"}
    (referral, *_) = offices["cpi"].all("/referrals", member_id=sheet["person"]["member_id"])
    assert referral["person"].keys() == {"member_id", "name", "surname"}
    assert "member_id" not in referral


def test_a_list_is_filtered_by_case_item_day_and_whether_it_is_open(offices: Offices) -> None:
    office = offices["cpi"]
    every = office.all("/service-pattos")
    line = every[len(every) // 2]
    assert office.all("/service-pattos", item_id=line["item_id"]) == [line]
    assert {x["case_id"] for x in office.all("/service-pattos", case_id=line["case_id"])} == {line["case_id"]}
    before = office.all("/service-pattos", due_before=line["due_on"])
    after = office.all("/service-pattos", due_after=line["due_on"])
    same = [x for x in every if x["due_on"] == line["due_on"]]
    assert sorted(x["id"] for x in before + after + same) == sorted(x["id"] for x in every)
    closed = office.all("/service-pattos", open=False)
    assert closed and not any(x["open"] or x["late"] for x in closed)
    assert office.all("/service-pattos", case_id=str(uuid4())) == []


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"limit": 101}, "limit"),
        ({"limit": 0}, "limit"),
        ({"due_before": "yesterday"}, "due_before"),
        ({"due_after": "2025-02-30"}, "due_after"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "99999999" + "0" * 32}, "cursor"),
        ({"case_id": "MRRNMO85A68A000"}, "case_id"),
        ({"open": "perhaps"}, "open"),
    ],
)
def test_a_wrong_parameter_is_named_and_its_value_is_not_repeated(
    offices: Offices, query: dict[str, Any], where: str
) -> None:
    answer = offices["cpi"].get("/referrals", **query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["rule"] == "BAD_VALUE"
    assert [error["where"] for error in answer.json()["errors"]] == [where]
    assert str(query[where]) not in answer.text or len(str(query[where])) < 4


def test_where_nothing_was_received_every_list_is_empty(
    postgres: PostgresServer, recipient_template: str
) -> None:
    name = clone(postgres, recipient_template)
    try:
        with serving(postgres.url(name), "cpi") as office:
            for path in ("/livez", "/readyz", "/status"):
                expected = 200 if path == "/livez" else 503
                assert office.get(path).status_code == expected, "its subscriber has made no view yet"
            answer = office.get("/referrals")
            assert (answer.status_code, answer.json()["rule"]) == (503, "NOT_BUILT")
            assert answer.headers["retry-after"]
            _make_views(office)
            assert office.get("/readyz").status_code == 200
            assert all(office.all(f"/{name}") == [] for name in office.lists())
            assert office.all("/cases") == []
            assert office.post("/searches", {"surname": "ro"}).json()["items"] == []
    finally:
        drop(postgres, name)


def _make_views(office: Office) -> None:
    with psycopg.connect(office.url) as connection:
        enter(connection)
        for view in views_of(office.recipient):
            view.create(connection)


# --- a case, a person --------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_the_file_of_a_case_holds_all_that_the_office_was_told(offices: Offices, recipient: str) -> None:
    office = offices[recipient]
    with psycopg.connect(office.url) as connection:
        told = dict(
            connection.execute(
                "select case_id::text, array_agg(event_id::text order by version) from views.shown_v1"
                " where kind <> 'correction' and type like 'adi.case.%' group by case_id"
            ).fetchall()
        )
    assert {case["case_id"] for case in office.all("/cases", limit=5)} == told.keys()
    for case_id, events in told.items():
        file = office.get(f"/cases/{case_id}").json()
        assert [fact["event_id"] for fact in file["facts"]] == events
        assert {fact["title"] for fact in file["facts"]}
        for name, lines in file["lists"].items():
            ids = {line["id"] for line in office.all(f"/{name}", case_id=case_id)}
            assert {line["id"] for line in lines} == ids


def test_the_protocol_is_no_case(offices: Offices) -> None:
    with psycopg.connect(offices["ust"].url) as connection:
        row = connection.execute(
            "select case_id from views.shown_v1 where type like 'adi.protocol.%' limit 1"
        ).fetchone()
    assert row is not None
    assert offices["ust"].get(f"/cases/{row[0]}").status_code == 404


def test_a_file_that_was_not_changed_is_not_sent_again(offices: Offices) -> None:
    office = offices["cpi"]
    path = f"/cases/{office.all('/cases')[0]['case_id']}"
    first = office.get(path)
    headers = {"Authorization": f"Bearer {token_of('cpi', 'CLERK')}", "If-None-Match": first.headers["etag"]}
    again = office.client.get(first.request.url.path, headers=headers)
    assert (again.status_code, again.content) == (304, b"")


def test_a_person_is_found_by_tax_code_or_by_the_beginning_of_the_surname(offices: Offices) -> None:
    office = offices["cpi"]
    sheet = office.all("/members")[0]
    who = sheet["person"]
    (found,) = office.post("/searches", {"tax_code": who["tax_code"].lower()}).json()["items"]
    assert (found["case_id"], found["person"]) == (sheet["case_id"], who)
    by_name = office.post(
        "/searches", {"surname": who["surname"].upper()[:4], "name": who["name"][:2]}
    ).json()
    assert who["member_id"] in [each["member_id"] for each in by_name["items"]]
    both = {"tax_code": who["tax_code"], "birth_date": "1900-01-01"}
    assert office.post("/searches", both).json()["items"] == []


def test_a_search_goes_on_where_a_page_ended(offices: Offices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "MOST", 2)
    monkeypatch.setattr(cases, "SHORTEST", 0)
    office, found, cursor = offices["comune-058091"], [], None
    while True:
        page = office.post("/searches", {"surname": ""} | ({"cursor": cursor} if cursor else {})).json()
        found += [each["member_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    with psycopg.connect(office.url) as connection:
        known = connection.execute("select member_id::text from views.people_v1").fetchall()
    assert sorted(found) == sorted(member for (member,) in known)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"surname": "r"},
        {"surname": " '"},
        {"name": "Rosa"},
        {"tax_code": "  "},
        {"surname": "Rossi", "nickname": "x"},
        {"surname": 7},
        {"surname": "x" * 101},
        {"surname": "Rossi", "birth_date": "1980"},
        {"surname": "Rossi", "cursor": "nowhere"},
        [],
    ],
)
def test_a_search_for_nobody_in_particular_is_refused(offices: Offices, body: Any) -> None:
    answer = offices["cpi"].post("/searches", body)
    assert (answer.status_code, answer.json()["rule"]) == (422, "BAD_VALUE")


@pytest.mark.parametrize("field", ["tax_code", "surname", "name", "cursor"])
def test_a_search_for_what_no_text_can_hold_is_refused(offices: Offices, field: str) -> None:
    for text in ("\x00", "RSSM\x00RA", "Ro\x07ssi"):
        answer = offices["cpi"].post("/searches", {"surname": "Rossi"} | {field: text})
        assert (answer.status_code, answer.json()["rule"]) == (422, "BAD_VALUE")
        assert [error["where"] for error in answer.json()["errors"]] == [f"/{field}"]


def test_a_name_is_not_searched_in_a_url(offices: Offices) -> None:
    assert offices["cpi"].get("/searches", surname="Rossi").status_code == 405


def test_wildcards_are_letters_like_any_other(offices: Offices) -> None:
    assert offices["cpi"].post("/searches", {"surname": "%%__"}).status_code == 422
    assert offices["cpi"].post("/searches", {"tax_code": "%"}).json()["items"] == []


# --- what a school office must not read --------------------------------------------------------------------


def test_nothing_that_the_school_office_is_answered_names_the_benefit(offices: Offices) -> None:
    office = offices["ust"]
    read = [office.get(f"/{name}").text for name in office.lists()]
    read += [office.get(f"/cases/{case['case_id']}").text for case in office.all("/cases")]
    read += [office.get(path).text for path in ("/desk", "/cases", "/status", "/openapi.json", "/nowhere")]
    read += [office.get("/referrals", token=token_of("cpi", "CLERK")).text]
    read += [office.post("/searches", body).text for body in ({"surname": "ma"}, {})]
    read += [str(office.get("/desk").headers), str(office.client.app.openapi())]  # type: ignore[attr-defined]
    assert sum(len(text) for text in read) > 20_000
    assert [THE_BENEFIT.findall(text) for text in read if THE_BENEFIT.search(text)] == []
    assert THE_BENEFIT.search("the Assegno di Inclusione") and THE_BENEFIT.search("adi.case.patto_signed.v2")


def test_nothing_in_the_lists_of_the_school_office_names_the_benefit(offices: Offices) -> None:
    with psycopg.connect(offices["ust"].url) as connection:
        rows = connection.execute("select desk_v1::text from views.desk_v1").fetchall()
        rows += connection.execute("select people_v1::text from views.people_v1").fetchall()
    assert rows
    assert [row for row in rows if THE_BENEFIT.search(row[0])] == []


# --- who may ask -------------------------------------------------------------------------------------------


def test_every_operation_of_an_office_has_a_rule_and_every_rule_a_route(offices: Offices) -> None:
    for recipient, office in offices.items():
        paths = office.client.app.openapi()["paths"].values()  # type: ignore[attr-defined]
        routed = {operation["operationId"] for path in paths for operation in path.values()}
        assert routed == of_office(recipient)
        with pytest.raises(TypeError, match="has no policy"):
            check_all_covered(office.client.app.routes, routed - {"show_case"})  # type: ignore[attr-defined]
    assert {operation for r in RECIPIENTS for operation in of_office(r)} == POLICY.keys() | PUBLIC


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_an_office_answers_its_own_people_in_their_roles_and_nobody_else(recipient: str) -> None:
    own = {"cpi": "cpi", "ust": "ust", "asl": "asl", "comune-058091": "comune-058091"}.get(recipient, "asl")
    unit = recipient if recipient not in (own, "asl") else None
    for operation in POLICY:
        has = operation in of_office(recipient)
        for role in ROLES:
            staff = role in STAFF[kind(recipient)] or (role == MACHINE and operation != "search_people")
            mine = Who(own, role, "TAKING_CHARGE", uuid4(), unit)
            assert allowed(operation, mine, recipient) == (has and staff), (operation, role)
            for other in (*KINDS, "comune-058991", "cpi-nord"):
                if other != own:
                    assert not allowed(operation, Who(other, role, "TAKING_CHARGE", uuid4()), recipient)


def test_units_that_must_not_read_each_other_are_not_answered(offices: Offices) -> None:
    for recipient, caller in (("asl-npi", "asl-serd"), ("asl-serd", "asl"), ("asl", "asl-npi")):
        answer = offices[recipient].get("/members", token=token_of(caller, "SPECIALIST"))
        assert (answer.status_code, answer.json()["rule"]) == (403, "ROLE_NOT_ALLOWED")
        own = offices[recipient].get("/members", token=token_of(recipient, "SPECIALIST"))
        assert own.status_code == 200


def test_without_a_token_of_ours_nothing_is_answered(offices: Offices) -> None:
    for path in ("/desk", "/members", "/cases", f"/cases/{uuid4()}"):
        answer = offices["cpi"].get(path, token="forged")
        assert (answer.status_code, answer.json()["rule"]) == (401, "NOT_AUTHENTICATED")


def test_a_machine_follows_the_lists_and_looks_for_nobody(offices: Offices) -> None:
    machine = token_of("cpi", MACHINE)
    assert offices["cpi"].get("/members", token=machine).status_code == 200
    assert offices["cpi"].post("/searches", {"surname": "ro"}, token=machine).status_code == 403


# --- the walls ---------------------------------------------------------------------------------------------


def test_no_office_has_a_case_or_a_person_of_which_it_was_not_told(offices: Offices) -> None:
    for recipient, office in offices.items():
        for other, others in offices.items():
            if recipient == other:
                continue
            own = {case["case_id"] for case in office.all("/cases")}
            theirs = {case["case_id"] for case in others.all("/cases")} - own
            for case_id in list(theirs)[:3]:
                assert office.get(f"/cases/{case_id}").status_code == 404
                assert all(office.all(f"/{name}", case_id=case_id) == [] for name in office.lists())


def test_a_list_of_another_office_is_not_there(offices: Offices) -> None:
    for recipient, path in (("cpi", "/verifications"), ("ust", "/members"), ("comune-058091", "/offers")):
        answer = offices[recipient].get(path)
        assert (answer.status_code, answer.json()["rule"]) == (404, "UNKNOWN")


def test_the_document_tells_each_list_with_its_italian_title(offices: Offices) -> None:
    document = offices["cpi"].client.get("/rest/office/v1/openapi.json").json()
    assert document["openapi"] == "3.0.3"
    operation = document["paths"]["/service-pattos"]["get"]
    assert operation["summary"] == "Convocazione e patto di servizio entro 60 giorni"
    assert "convoke_by" in document["components"]["schemas"]["ServicePatto"]["properties"]
    assert operation["responses"]["403"] == {"$ref": "#/components/responses/Forbidden"}
    text = str(document)
    named = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert named <= document["components"]["schemas"].keys()
