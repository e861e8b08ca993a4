"""What a draft lacks is told before it is printed, and what failed is kept with the signature."""

from __future__ import annotations

from tests.integration.api.life import Life, new_life, told
from tests.integration.api.office import Register


def drafted(register: Register) -> Life:
    life = new_life(register)
    life.begin().to_patto()
    return life


def checks(life: Life) -> str:
    return f"/cases/{life.case_id}/pattos/{life.patto}/versions/1/checks"


def test_a_draft_without_a_puc_asks_for_a_reason(register: Register) -> None:
    life = drafted(register)
    found = life.worker.get(checks(life), signed_on="2025-04-14").json()
    assert found["may_be_signed"] is True
    assert [(each["code"], each["level"], each["does"]) for each in found["items"]] == [
        ("PA-10", "PROTOCOL", "ASKS_A_REASON")
    ]


def test_without_the_reason_it_is_not_signed(register: Register) -> None:
    life = drafted(register)
    second = life._draft() | {"version": 2}
    told(life.act("patto-drafts", second))
    revision = {
        "patto_id": str(life.patto),
        "from_version": 1,
        "to_version": 2,
        "reason": "nuovi tempi",
        "signed_on": "2025-05-02",
        "signatories": life._signature()["signatories"],
        "document_hash": "22" * 32,
        "copy_delivered_on": "2025-05-02",
    }
    answer = life.act("patto-revisions", revision)
    assert (answer.status_code, answer.json()["rule"]) == (409, "REASON_NOT_WRITTEN")
    assert answer.json()["detail"].startswith("PA-10")


def test_what_failed_is_kept_with_the_signature(register: Register) -> None:
    life = drafted(register)
    signed = life.worker.get(f"/cases/{life.case_id}").json()["patto"]["signed"]
    assert [check["code"] for check in signed["checks"]] == ["PA-10"]
    assert signed["reasons"][0]["check"] == "PA-10"


def test_a_draft_that_is_not_there(register: Register) -> None:
    life = drafted(register)
    assert life.worker.get(checks(life).replace("/1/", "/7/")).status_code == 404


def test_another_agency_does_not_read_the_checks(register: Register) -> None:
    life = drafted(register)
    assert register.office("cpi", "EMPLOYMENT_OPERATOR").get(checks(life)).status_code == 403
