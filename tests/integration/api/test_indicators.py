"""The indicators of the Tavolo over HTTP."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.fact import KINDS, Fact
from domain.indicators.observations import Observation
from domain.ledger.mapper import Entry
from projections.indicators import Indicators
from projections.view import enter
from tests.integration.api.life import new_life, sign
from tests.integration.api.office import Office, Register
from tests.telling import facts_of
from tests.unit.case.world import MISSED, SIGNED, day, decurtazione

pytestmark = pytest.mark.integration

PERIOD = {"from": "2025-01", "to": "2025-12"}
ALL = [f"I{n}" for n in range(1, 20)]
SANCTIONS = ["I2", "I10", "I11", "I12", "I13"]


def ambito(register: Register) -> Office:
    return register.office("ats")


def fill(register: Register, *histories: Any) -> None:
    """Cases of these histories in the view, as if they were in the log."""
    told: dict[UUID, list[Fact[Any]]] = {}
    for history in histories:
        case_id = uuid4()
        at = datetime(2025, 7, 1, tzinfo=UTC)
        told[case_id] = [replace(f, case_id=case_id, recorded_at=at) for f in facts_of(*history)]
    with psycopg.connect(register.database.views_url) as connection:
        enter(connection)
        view = Indicators(told.__getitem__)
        view.apply(connection, [Entry(fact, {}) for facts in told.values() for fact in facts])


def item(body: Any, measure: str) -> Any:
    (found,) = (each for each in body["items"] if each["measure"] == measure)
    return found


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_empty_register_has_figures_of_nothing(register: Register) -> None:
    body = ambito(register).get("/indicators").json()
    assert list(dict.fromkeys(each["id"] for each in body["items"])) == ALL
    assert body["next_cursor"] is None
    assert body["period"] == {"from": "2025-06", "to": "2026-05"}
    for each in body["items"]:
        assert each["suppressed"] is False and each["by"] == []
        assert each["value"] == (0 if each["unit"] == "count" else None)
        assert not each["numerator"] and not each["denominator"]
        assert each["title"] and each["formula"] and each["legal_ref"]


def test_figures_come_with_their_groups_and_small_ones_are_null(register: Register) -> None:
    fill(register, *[(*SIGNED, MISSED)] * 6, *[SIGNED] * 20)
    body = ambito(register).get("/indicators", **PERIOD).json()
    infractions = item(body, "infractions")
    assert (infractions["value"], infractions["numerator"], infractions["denominator"]) == (23.08, 6, 26)
    assert [group["group"] for group in infractions["by"]] == ["COMMITMENT_MISSED"]
    assert item(body, "days_meeting_to_patto")["value"] == 28
    assert item(body, "days_meeting_to_patto")["denominator"] == 26
    # All six are not justified: 0 is shown.
    assert item(body, "justified")["numerator"] == 0
    fill(register, *[(*SIGNED, MISSED, decurtazione())] * 3)
    measures = item(ambito(register).get("/indicators", **PERIOD).json(), "overturned")
    hidden = {"value": None, "numerator": None, "denominator": None, "suppressed": True}
    assert measures | hidden == measures
    assert measures["by"] == [{"group": "DECURTAZIONE"} | hidden]


def test_acts_over_rest_reach_the_indicators(register: Register) -> None:
    sign(register)
    for _ in range(5):
        new_life(register).begin().to_patto()
    log = register.services.log
    view = Indicators(log.facts)
    with psycopg.connect(register.database.views_url) as connection:
        enter(connection)
        view.apply(connection, [each for each in log.after(0, 1_000) if view.wants(each)])
    body = ambito(register).get("/indicators", **PERIOD).json()
    assert item(body, "days_meeting_to_patto")["value"] == 21
    assert item(body, "equipe_formed")["value"] == 0
    assert item(body, "obligation_mix")["by"][0] == {
        "group": "obliged",
        "value": 100.0,
        "numerator": 5,
        "denominator": 5,
        "suppressed": False,
    }


@pytest.mark.parametrize(
    "asked", [{"headers": {"Accept": "text/csv"}}, {"format": "csv"}], ids=["Accept", "format"]
)
def test_the_same_figures_come_as_csv(register: Register, asked: dict[str, Any]) -> None:
    fill(register, *[(*SIGNED, MISSED)] * 6, *[SIGNED] * 20, *[(*SIGNED, decurtazione())] * 3)
    answer = ambito(register).get("/indicators", **asked, **PERIOD)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["vary"] == "Accept"
    assert answer.text.count("\r\n") == answer.text.count("\n") == len(lines(answer.text)) + 1
    body = ambito(register).get("/indicators", **PERIOD).json()
    told = [(each, "") for each in body["items"]]
    told += [(each | group, group["group"]) for each in body["items"] for group in each["by"]]
    found = {(line["measure"], line["group"]): line for line in lines(answer.text)}
    assert len(found) == len(told)
    for each, group in told:
        line = found[each["measure"], group]
        for name in ("value", "numerator", "denominator"):
            assert line[name] == ("" if each[name] is None else str(each[name]))
        assert line["suppressed"] == str(each["suppressed"]).lower()
        assert (line["from"], line["to"]) == ("2025-01", "2025-12")
    assert found["overturned", ""]["suppressed"] == "true" and found["overturned", ""]["value"] == ""


@pytest.mark.parametrize(
    "accept, csv_wanted",
    [
        ("*/*", False),
        ("application/json, text/csv", False),
        ("text/csv;q=0.5, application/json", False),
        ("application/json;q=0.5, text/csv", True),
        ("text/csv;q=0", False),
        ("text/csv; q=much", False),
        ("text/html, text/csv, */*;q=0.1", True),
    ],
)
def test_what_is_preferred_is_sent(register: Register, accept: str, csv_wanted: bool) -> None:
    answer = ambito(register).get("/indicators", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/csv") is csv_wanted


def test_a_group_that_looks_like_a_formula_is_text(register: Register) -> None:
    """None of ours does; what is in the database is not trusted for it."""
    seen = Observation("support", day(3, 3), "=HYPERLINK(1)", frozenset({"timed"}), 3)
    with psycopg.connect(register.database.views_url) as connection:
        for _ in range(6):
            connection.execute(
                "insert into views.indicators_v1 values (%s, %s, %s, %s, 'timed', 3, null, 1)",
                [uuid4(), seen.population, seen.day, seen.group],
            )
    groups = [
        line["group"] for line in lines(ambito(register).get("/indicators", format="csv", **PERIOD).text)
    ]
    assert "'=HYPERLINK(1)" in groups and "=HYPERLINK(1)" not in groups


def test_who_sits_at_the_tavolo_reads_them_and_nobody_else(register: Register) -> None:
    at_the_tavolo = {"ats", "servizio-sociale", "cpi", "ust", "asl", "comune"}
    for kind in KINDS:
        agency = "comune-058091" if kind == "comune" else kind
        answer = register.office(agency, "operator").get("/indicators")
        assert answer.status_code == (200 if kind in at_the_tavolo else 403), kind
    assert register.client.get("/rest/adi/v1/indicators").status_code == 401


def test_the_school_office_is_told_nothing_of_sanctions(register: Register) -> None:
    fill(register, *[(*SIGNED, MISSED, decurtazione())] * 8)
    school = register.office("ust", "operator").get("/indicators", **PERIOD).json()
    told = list(dict.fromkeys(each["id"] for each in school["items"]))
    assert told == [name for name in ALL if name not in SANCTIONS]
    as_csv = register.office("ust", "operator").get("/indicators", format="csv", **PERIOD).text
    assert {line["id"] for line in lines(as_csv)} == set(told)
    assert "DECURTAZIONE" not in as_csv and "COMMITMENT_MISSED" not in as_csv
    asl = register.office("asl", "operator", "asl-serd").get("/indicators", **PERIOD).json()
    assert set(SANCTIONS) <= {each["id"] for each in asl["items"]}


@pytest.mark.parametrize(
    "asked, where",
    [
        ({"from": "2025-02", "to": "2025-03"}, "from"),
        ({"from": "2025-1", "to": "2025-03"}, "from"),
        ({"from": "2025-01", "to": "marzo"}, "to"),
        ({"from": "2025-04", "to": "2025-03"}, "to"),
        ({"from": "2026-04", "to": "2026-06"}, "to"),
        ({"from": "2025-01"}, "to"),
        ({"to": "2025-03"}, "from"),
        ({"from": "2025-01-01", "to": "2025-03"}, "from"),
        ({"format": "xml"}, "format"),
    ],
)
def test_a_bad_period_is_a_problem_that_names_it(
    register: Register, asked: dict[str, str], where: str
) -> None:
    answer = ambito(register).get("/indicators", **asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["rule"] == "BAD_VALUE" and [each["where"] for each in body["errors"]] == [where]


def test_the_default_period_follows_the_clock_in_italy(register: Register) -> None:
    register.clock.now = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)  # already July in Rome
    body = ambito(register).get("/indicators").json()
    assert body["period"] == {"from": "2025-07", "to": "2026-06"}


def test_the_document_says_both_media_types(register: Register) -> None:
    document = register.client.app.openapi()  # type: ignore[attr-defined]
    operation = document["paths"]["/indicators"]["get"]
    assert operation["operationId"] == "list_indicators"
    assert set(operation["responses"]["200"]["content"]) == {"application/json", "text/csv"}
    assert {each.get("name") for each in operation["parameters"]} >= {"from", "to", "format"}


def test_a_fact_of_another_year_is_not_in_the_figures(register: Register) -> None:
    fill(register, *[(*SIGNED, MISSED)] * 6)
    before = {"from": "2024-01", "to": "2024-12"}
    body = ambito(register).get("/indicators", **before).json()
    assert item(body, "infractions")["numerator"] == 0
