"""Bad input: a 4xx problem with its rule, and no trace in the log."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psycopg
import pytest
from structlog.testing import capture_logs

from domain.ledger.access_logs import access_to
from tests.integration.api.life import assignment, household, new_life, protocol, referral, sign, told
from tests.integration.api.office import BASE, Register
from tests.integration.api.test_acts import served

pytestmark = pytest.mark.integration

SECRET = "RSSMRA80A01H501U"
"""A value that no answer and no line of the log may repeat."""


@pytest.fixture(autouse=True)
def nothing_repeats_a_value() -> Iterator[None]:
    with capture_logs() as lines:
        yield
    assert SECRET not in str(lines)


def refused(answer: httpx.Response, status: int, rule: str) -> dict[str, Any]:
    """The problem, after what every problem must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in answer.text
    body: dict[str, Any] = answer.json()
    assert body["rule"] == rule and body["status"] == status
    assert body["type"] == "https://ambito.example/problems/" + rule.lower().replace("_", "-")
    return body


def test_an_unknown_field(register: Register) -> None:
    worker = register.office("servizio-sociale")
    body = refused(worker.post("/cases", referral(nickname=SECRET)), 422, "BAD_VALUE")
    assert body["errors"] == [{"where": "/nickname", "because": "Extra inputs are not permitted"}]
    named = refused(worker.post("/cases", referral(**{SECRET: 1})), 422, "BAD_VALUE")
    assert named["errors"][0]["where"] == "/…"
    assert register.head() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("household_id", "not-a-uuid"),
        ("household_id", 1),
        ("residence_comune", 58091),
        ("residence_comune", None),
        ("residence_comune", {"sealed": "person/x|y|z"}),
        ("residence_comune", "058\u0000091"),
        ("benefit", "PENSION"),
        ("referred_on", "2025-02-30"),
        ("referred_on", "20250203"),
        ("referred_on", 1738540800),
        ("referred_on", "2025-02-03T00:00:00Z"),
        ("domanda_ref", None),
        ("domanda_ref", "x" * 10_001),
        ("domanda_ref", [SECRET]),
    ],
)
def test_a_wrong_type_or_value(register: Register, field: str, value: Any) -> None:
    answer = register.office("servizio-sociale").post("/cases", referral(**{field: value}))
    assert refused(answer, 422, "BAD_VALUE")["errors"][0]["where"] == f"/{field}"
    assert register.head() == 0


def test_a_number_in_quotes_and_a_flag_that_is_a_number(register: Register) -> None:
    life = new_life(register).begin()
    for given in (
        {"needs_mediation": 1},
        {"needs_mediation": "true"},
        {"contacts": {}},
        {"tax_code": SECRET[:15]},
    ):
        answer = life.act("households", household(life.member, life.child, **given))
        (name,) = given
        assert refused(answer, 422, "BAD_VALUE")["errors"][0]["where"] == f"/members/0/{name}"
    draft = {"patto_id": str(uuid4()), "version": "1"}
    problem = refused(life.act("patto-drafts", draft), 422, "BAD_VALUE")
    assert "/version" in [error["where"] for error in problem["errors"]]
    assert register.head() == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a": NaN}', b'{"a": "\xff"}', b"[" * 100_000, b'{"a":' * 40 + b"1" + b"}" * 40, b"{} {}"],
)
def test_broken_json(register: Register, content: bytes) -> None:
    refused(register.office("servizio-sociale").raw("/cases", content), 400, "MALFORMED_REQUEST")
    assert register.head() == 0


def test_json_that_is_no_object(register: Register) -> None:
    for content in (b"[]", b"null", b'"x"'):
        refused(register.office("servizio-sociale").raw("/cases", content), 422, "BAD_VALUE")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/json; charset=latin-1", ""])
def test_another_content_type(register: Register, kind: str) -> None:
    content = orjson.dumps(referral())
    answer = register.office("servizio-sociale").raw("/cases", content, {"Content-Type": kind})
    refused(answer, 415, "MEDIA_TYPE")


def test_a_body_over_one_mebibyte(register: Register) -> None:
    worker = register.office("servizio-sociale")
    big = orjson.dumps(referral(domanda_ref="x" * (1 << 20)))
    refused(worker.raw("/cases", big), 413, "TOO_LARGE")

    def chunks() -> Iterator[bytes]:
        yield from (big[n : n + 65_536] for n in range(0, len(big), 65_536))

    refused(worker.raw("/cases", chunks()), 413, "TOO_LARGE")
    assert register.head() == 0


def test_an_act_out_of_order(register: Register) -> None:
    life = new_life(register).begin()
    life.tell("households", household(life.member, life.child))
    head = register.head()
    problem = refused(life.act("analyses", life._analysis()), 409, "OUT_OF_ORDER")
    assert problem["detail"] == "the household was not met yet"
    assert register.head() == head
    noted = register.services.log.facts(access_to(life.case_id))[-1].event
    assert (noted.command, noted.rule, noted.actor) == (
        "complete_analysis",
        "OUT_OF_ORDER",
        life.worker.subject,
    )


def test_a_refusal_names_its_article(register: Register) -> None:
    life = new_life(register).begin().to_patto()  # no protocol was signed: the statute alone holds
    life.tell("missed-commitments", life.missed())
    asked = {"infraction_ref": life.infraction, "member_id": str(life.member), "asked_on": "2025-05-14"}
    life.tell("reason-requests", asked | {"channel": "EMAIL", "respond_by": "2025-05-24"})
    problem = refused(life.act("sanction-proposals", life.proposed()), 409, "NO_LEGAL_BASIS")
    assert problem["article"] == "DL 48/2023 art. 8 c. 6"


def test_a_stale_if_match(register: Register) -> None:
    life = new_life(register).begin()
    body = household(life.member, life.child)
    answer = life.act("households", body, headers={"If-Match": '"1"'})
    refused(answer, 412, "STALE")
    assert answer.headers["etag"] == '"2"'
    for malformed in ("2", 'W/"2"', "*", '"1", "2"'):
        answer = life.act("households", body, headers={"If-Match": malformed})
        refused(answer, 400, "MALFORMED_REQUEST")
    assert register.head() == 2


def test_a_repeated_key_with_another_body(register: Register) -> None:
    life = new_life(register).begin()
    key, body = uuid4(), household(life.member, life.child)
    told(life.act("households", body, key=key))
    other = household(life.member, life.child, name=SECRET)
    refused(life.act("households", other, key=key), 422, "KEY_REUSED")
    moved = {"Known-On": "2025-03-06"}
    refused(life.act("households", body, key=key, headers=moved), 422, "KEY_REUSED")
    assert register.head() == 3


def test_a_rule_that_refuses_repeats_no_value_either(register: Register) -> None:
    ats, signed = register.office("ats", "SOCIAL_OPERATOR"), protocol()
    told(ats.post("/protocols", signed))
    withdrawal = {
        "agency": SECRET,
        "document_ref": "1",
        "received_on": "2025-06-01",
        "effective_on": "2025-12-01",
    }
    answer = ats.post(f"/protocols/{signed['protocol_id']}/withdrawals", withdrawal)
    refused(answer, 409, "NOT_RECORDED")


def test_no_key_and_a_key_that_is_none(register: Register) -> None:
    worker = register.office("servizio-sociale")
    for key in ("", "seven"):
        answer = worker.raw("/cases", orjson.dumps(referral()), {"Idempotency-Key": key})
        assert refused(answer, 400, "MALFORMED_REQUEST")["errors"][0]["where"] == "Idempotency-Key"


def test_an_unknown_case(register: Register) -> None:
    life = new_life(register)
    worker = life.worker
    for path in (f"/cases/{uuid4()}", "/cases/x", f"/cases/{uuid4()}/events"):
        refused(worker.get(path), 404, "UNKNOWN")
    refused(life.act("households", household(life.member, life.child)), 404, "UNKNOWN")
    refused(life.inps.post(f"/cases/{uuid4()}/decurtazioni", life_measure()), 404, "UNKNOWN")
    assert register.head() == 0


def life_measure() -> dict[str, Any]:
    return {
        "measure_id": str(uuid4()),
        "infraction_refs": [],
        "legal_ref": "legge",
        "authority": "INPS",
        "act_ref": "1",
        "ordered_on": "2025-06-01",
        "motivation": SECRET,
        "affected_scope": "HOUSEHOLD",
        "remedies": [],
        "months_fraction": "1/4",
        "effective_from": "2025-07",
    }


def test_the_protocol_is_no_case(register: Register) -> None:
    sign(register)
    stream = register.query("select stream_id from ledger.events")[0][0]
    for agency, role in (("servizio-sociale", "SOCIAL_WORKER"), ("ats", "SOCIAL_OPERATOR")):
        refused(register.office(agency, role).get(f"/cases/{stream}"), 404, "UNKNOWN")
    body = {"closed_on": "2025-01-01", "reason": "OTHER"}
    refused(register.office("system", "machine").post(f"/cases/{stream}/closures", body), 404, "UNKNOWN")


def test_another_agencys_case_looks_like_no_case(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    head = register.head()
    another = register.office("servizio-sociale", person="another")
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    for office in (another, cpi, register.office("comune-058999", "CLERK")):
        answers = [office.get(f"/cases/{case_id}") for case_id in (life.case_id, uuid4())]
        assert refused(answers[0], 404, "UNKNOWN") == refused(answers[1], 404, "UNKNOWN")
    refused(life.act("missed-commitments", life.missed(), another), 404, "UNKNOWN")
    refused(life.act("missed-commitments", life.missed(), cpi), 404, "UNKNOWN")
    assert register.head() == head


def test_an_act_of_inps_is_refused_to_everyone_else(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().to_proposal()
    head = register.head()
    for agency, role in (
        ("servizio-sociale", "SOCIAL_WORKER"),
        ("ats", "SOCIAL_OPERATOR"),
        ("ust", "SCHOOL"),
        ("asl", "SPECIALIST"),
        ("comune-058091", "CLERK"),
        ("system", "machine"),
    ):
        answer = life.act("decurtazioni", life.ordered(), register.office(agency, role))
        refused(answer, 403, "ROLE_NOT_ALLOWED")
    assert register.head() == head


def test_a_person_who_is_not_assigned_acts_on_nothing(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    comune = register.office("comune-058091", "CLERK")
    assert life.act("households", household(life.member, life.child, name="Altro"), comune).status_code == 201
    ats = register.office("ats", "SOCIAL_OPERATOR")
    refused(life.act("convocations", life._convocation(), ats), 403, "NOT_ASSIGNED")
    told(life.act("assignments", assignment(ats, "ats", "SOCIAL_OPERATOR"), ats))


def test_the_router_answers_with_problems_too(register: Register) -> None:
    worker = register.office("servizio-sociale")
    refused(worker.get("/nowhere"), 404, "UNKNOWN")
    answer = register.client.delete(f"{BASE}/cases/{uuid4()}")
    refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET"
    for name, value in (("limit", "0"), ("limit", "x"), ("operator", SECRET), ("cursor", SECRET)):
        problem = refused(worker.get("/cases", **{name: value}), 422, "BAD_VALUE")
        assert problem["errors"][0]["where"] == name


def test_without_its_database_the_register_is_unavailable(register: Register) -> None:
    with psycopg.connect(register.database.owner_url, autocommit=True) as owner:
        owner.execute("alter role test_app nologin")
        try:
            owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'test_app'")
            register.services.pool.timeout = register.services.all_rows.timeout = 0.5
            answer = register.office("servizio-sociale").post("/cases", referral(domanda_ref=SECRET))
            refused(answer, 503, "UNAVAILABLE")
            assert answer.headers["retry-after"] == "5"
            for path, status in (("status", 503), ("readyz", 503), ("livez", 200)):
                assert register.client.get(f"{BASE}/{path}").status_code == status
        finally:
            owner.execute("alter role test_app login")


@pytest.mark.parametrize(
    "away", ["drop table views.cases_v3", "revoke select on views.cases_v3 from ambito_reader"]
)
def test_a_list_whose_view_no_projector_began_is_not_built_yet(register: Register, away: str) -> None:
    worker = register.office("servizio-sociale")
    register.project()
    assert worker.get("/cases").status_code == 200
    with psycopg.connect(register.database.owner_url, autocommit=True) as owner:
        owner.execute(away.encode())
    with capture_logs() as lines:
        answer = worker.get("/cases")
    refused(answer, 503, "NOT_BUILT")
    assert answer.headers["retry-after"] == "5"
    assert lines[-1]["error"].startswith(("UndefinedTable at ", "InsufficientPrivilege at "))


def test_what_fails_inside_tells_nothing(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("api.cases.see", fail)
    with capture_logs() as lines:
        answer = register.office("servizio-sociale").get(f"/cases/{uuid4()}")
    refused(answer, 500, "FAILED")
    assert lines[0]["error"].startswith("RuntimeError at test_refusals.py:")
    assert lines[0]["route"] == f"{BASE}/cases/{{case_id}}" and lines[0]["status"] == 500
    assert lines[0]["agency"] == "servizio-sociale" and SECRET not in str(lines)
    assert (lines[0]["address"], lines[0]["consumer"]) == ("testclient", None)


@pytest.mark.parametrize("sent", [b"content-length: :x", b"no colon"])
def test_what_is_no_http_at_all(register: Register, sent: bytes) -> None:
    """No application sees it: the server itself refuses it, as everything is refused."""
    with served(register) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"GET %s/status HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n" % (BASE.encode(), sent))
            answer = HTTPResponse(connection)
            answer.begin()
            body = orjson.loads(answer.read())
    assert (answer.status, body["status"], body["rule"]) == (400, 400, "MALFORMED_REQUEST")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
