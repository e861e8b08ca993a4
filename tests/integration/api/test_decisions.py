"""The decisions on sanctions over HTTP: found by what they are, by what comes out again, by what is late."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from api.decisions import COLUMNS
from domain.case.commands import Law
from domain.ledger.replaying import Replaying
from projections.cases import Cases
from projections.decisions import Decisions
from projections.rebuild import Rebuild
from projections.runner import Runner
from projections.view import of_entry
from tests.integration.api.life import Life, new_life, sign
from tests.integration.api.office import Office, Register

pytestmark = pytest.mark.integration


def view_of(register: Register) -> Decisions:
    services = register.services
    again = Replaying(services.log, services.law).again
    return Decisions(services.log.facts, services.log.case, again, services.law)


def project(register: Register, batch: int = 500) -> None:
    """Bring the views up to date, so many facts at a time."""
    log = register.services.log
    for view in (Cases(log.case), view_of(register)):
        runner = Runner(register.database.views_url, view, log.after, of_entry)
        while runner.step(batch):
            pass
        runner.close()


def life_of(register: Register, worker: str = "first") -> Life:
    life = new_life(register)
    life.worker = register.office("servizio-sociale", person=worker)
    return life.begin().to_patto().to_proposal().to_measure()


def items(who: Office, **asked: Any) -> list[dict[str, Any]]:
    answer = who.get("/decisions", **asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def kinds(who: Office, **asked: Any) -> list[str]:
    return [item["kind"] for item in items(who, **asked)]


@pytest.fixture
def life(register: Register) -> Iterator[Life]:
    sign(register)
    yield life_of(register)


def test_a_decurtazione_is_listed_with_what_led_to_it(register: Register, life: Life) -> None:
    project(register)
    found = items(life.worker)
    today = [item["kind"] for item in found]
    assert sorted(today) == ["EVALUATION", "MEASURE", "PROPOSAL"]
    measure = found[today.index("MEASURE")]
    assert (measure["title"], measure["measure"]) == ("Provvedimento di decurtazione", "DECURTAZIONE")
    assert (measure["decision_id"], measure["decided_on"]) == (str(life.measure), "2025-06-16")
    assert (measure["rule_set_id"], measure["conflicts_with"]) == ("PROTOCOLLO-ADI", ["ADI-2023"])
    assert (measure["outcome"], measure["differs"], measure["finding"]) == ("REPRODUCED", [], "NONE")
    assert {item["outcome"] for item in found} == {"REPRODUCED"}
    # Nobody told the household that the proceeding began.
    assert measure["overdue"] == ["NOTICE"] and measure["notice_due_on"] == "2025-06-16"
    assert measure["asked_on"] == "2025-05-14"
    assert measure["summary"] == (
        "Provvedimento di decurtazione, 16 giugno 2025, regole PROTOCOLLO-ADI; in conflitto con ADI-2023; "
        "rifatta dai fatti dà lo stesso esito; avvio del procedimento non comunicato prima della misura."
    )


def test_decisions_are_found_by_what_is_asked(register: Register, life: Life) -> None:
    other = new_life(register)
    other.begin().to_patto()
    project(register)
    by = life.worker
    every = kinds(by)
    assert kinds(by, **{"to": "2025-06-16", "from": "2025-06-16"}) == ["MEASURE"]
    assert kinds(by, **{"from": "2025-06-17", "measure": "DECURTAZIONE"}) == ["PROPOSAL"]
    assert kinds(by, kind="EVALUATION") == ["EVALUATION"]
    assert sorted(kinds(by, measure="DECURTAZIONE")) == ["MEASURE", "PROPOSAL"]
    assert kinds(by, measure="DECADENZA") == []
    assert sorted(kinds(by, rule_set="PROTOCOLLO-ADI")) == ["MEASURE", "PROPOSAL"]
    assert kinds(by, rule_set="ADI-2023") == []
    assert kinds(by, outcome="REPRODUCED") == every and kinds(by, outcome="DIFFERS") == []
    assert sorted(kinds(by, conflict="true")) == ["MEASURE", "PROPOSAL"]
    assert kinds(by, conflict="false") == ["EVALUATION"]
    assert sorted(kinds(by, overdue="NOTICE")) == ["MEASURE", "PROPOSAL"]
    assert kinds(by, overdue="REASON") == []


def test_a_step_is_overdue_from_the_day_after_its_last_one(register: Register) -> None:
    sign(register)
    register.clock.now = datetime.fromisoformat("2025-05-13T10:00:00+02:00")
    life = new_life(register)
    life.begin().to_patto()
    life.tell("missed-commitments", life.missed())
    register.clock.now = datetime.fromisoformat("2025-05-15T10:00:00+02:00")
    life.worker = register.office("servizio-sociale")
    asked = {"infraction_ref": life.infraction, "member_id": str(life.member), "asked_on": "2025-05-14"}
    life.tell("reason-requests", asked | {"channel": "EMAIL", "respond_by": "2025-05-24"})
    life.tell("sanction-proposals", life.proposed())
    project(register)

    def late_on(day: str) -> list[str]:
        register.clock.now = datetime.fromisoformat(f"{day}T10:00:00+02:00")
        return kinds(register.office("servizio-sociale"), overdue="REPORT")

    (row,) = items(register.office("servizio-sociale"), kind="PROPOSAL")
    assert row["report_due_on"] == "2025-05-23" and row["reported_on"] is None
    assert (late_on("2025-05-23"), late_on("2025-05-24")) == ([], ["PROPOSAL"])
    life.worker = register.office("servizio-sociale")
    life.tell("inps-reports", life._report() | {"reported_on": "2025-05-24"})
    project(register)
    assert late_on("2026-01-01") == ["PROPOSAL"], "done late is late for good"


def test_the_list_comes_in_pages_and_as_a_file(register: Register, life: Life) -> None:
    project(register)
    by, every = life.worker, items(life.worker)
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = by.get("/decisions", limit=2, **cursor).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == every
    first = by.get("/decisions", limit=2, format="csv")
    assert first.headers["content-disposition"] == 'attachment; filename="decisions.csv"'
    rest = by.get("/decisions", headers={"Accept": "text/csv"}, cursor=first.headers["next-cursor"])
    assert "next-cursor" not in rest.headers
    lines = [line for each in (first, rest) for line in csv.DictReader(io.StringIO(each.text, newline=""))]
    assert [line["event_id"] for line in lines] == [item["event_id"] for item in every]
    assert tuple(lines[0]) == COLUMNS
    assert {line["conflicts_with"] for line in lines} == {"", "ADI-2023"}


def test_each_sees_the_decisions_of_its_cases_and_the_ambito_no_breach(
    register: Register, life: Life
) -> None:
    second = life_of(register, "second")
    project(register)
    assert {item["case_id"] for item in items(life.worker)} == {str(life.case_id)}
    assert items(register.office("servizio-sociale", person="stranger")) == []
    ats = register.office("ats", "SOCIAL_OPERATOR")
    found = items(ats)
    assert {item["case_id"] for item in found} == {str(life.case_id), str(second.case_id)}
    assert {item["kind"] for item in found} == {"PROPOSAL", "MEASURE"}
    for hidden in ("report_due_on", "reported_on", "reason_due_on", "asked_on", "rule_set_hash"):
        assert {item[hidden] for item in found} == {None}
    assert {tuple(item["overdue"]) for item in found} == {("NOTICE",)}
    assert "segnalazione" not in str(found) and "giustificato motivo" not in str(found)
    for step in ("REPORT", "REASON"):
        refused = ats.get("/decisions", overdue=step)
        assert (refused.status_code, refused.json()["errors"][0]["where"]) == (422, "overdue")
    assert items(ats, kind="EVALUATION") == []
    for agency in ("cpi", "inps", "ust", "comune-058091", "asl"):
        assert register.office(agency, "CLERK").get("/decisions").status_code == 403


def test_a_wrong_filter_is_named(register: Register) -> None:
    by = register.office("servizio-sociale")
    for wrong in (
        {"from": "ieri"},
        {"to": "2026-02-30"},
        {"to": "2026-06-01", "from": "2026-06-02"},
        {"kind": "SENTENZA"},
        {"measure": "MULTA"},
        {"rule_set": "\0"},
        {"outcome": "FORSE"},
        {"conflict": "forse"},
        {"overdue": "D5"},
        {"cursor": "x"},
        {"limit": "1001"},
        {"format": "xml"},
    ):
        answer = by.get("/decisions", **wrong)
        assert answer.status_code == 422
        assert [each["where"] for each in answer.json()["errors"]] == [next(iter(wrong))]


# --- the view ----------------------------------------------------------------------------------------------


def rows(register: Register) -> list[Any]:
    return register.query("select * from views.decisions_v1 order by event_id")


def test_the_rows_are_the_same_however_the_log_is_cut(register: Register, life: Life) -> None:
    life_of(register)
    project(register, 1)
    one_by_one = rows(register)
    with psycopg.connect(register.database.owner_url) as owner:
        owner.execute("delete from views.decisions_v1")
        owner.execute("delete from views.decisions_cases_v1")
        owner.execute("update views.progress set position = 0")
    project(register)
    assert rows(register) == one_by_one and len(one_by_one) == 6


def test_what_does_not_come_out_again_is_found(register: Register) -> None:
    """The text of a rule set was taken away, and that of today is another."""
    object.__setattr__(register.services, "law", Law(settings={"min_notice_days": 2}))
    sign(register)
    life = life_of(register)
    project(register)
    with psycopg.connect(register.database.owner_url) as owner:
        owner.execute("delete from ledger.rule_sets")
    object.__setattr__(register.services, "law", Law())
    log = register.services.log
    rebuild = Rebuild(register.database.views_url, view_of(register), log.after, of_entry)
    assert [each.case_id for each in rebuild.run(lambda *_: None).differences] == [str(life.case_id)]
    found = items(life.worker, outcome="DIFFERS")
    assert {item["kind"] for item in found} >= {"PROPOSAL", "MEASURE"}
    assert all("rule_set_hash" in item["differs"] for item in found)
    assert "NON dà lo stesso esito" in found[0]["summary"]


def test_after_an_erasure_the_values_alone_give_it_again(register: Register, life: Life) -> None:
    project(register)
    key = f"person/{life.member}"
    register.services.log.keys.destroy(key)  # type: ignore[attr-defined]
    register.query("select ledger.note_erasure(%s)", key)
    life.worker = register.office("servizio-sociale")
    life.tell("inps-reports", life._report() | {"report_id": str(uuid4())})
    project(register)
    assert {item["outcome"] for item in items(life.worker)} == {"REPRODUCED_SOURCES_ERASED"}
    lying = str(rows(register))
    assert str(life.member) not in lying and "Marroc" not in lying
