"""Who left the protocol, or receives no more, reads what it was shown, and nothing that came later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from api import readers
from domain.ledger.discloser import Discloser
from domain.ledger.recipients import Enrolled
from tests.integration.api.life import CODICE_FISCALE, Life, assignment, household, new_life, protocol, told
from tests.integration.api.office import Office, Register
from tests.integration.api.test_desks import project

pytestmark = pytest.mark.integration

SPOUSE = str(uuid4())
TAX_CODE = "MRRNMO90A68A000H"


@pytest.fixture
def signed(register: Register) -> str:
    return str(told(register.office("ats", "SOCIAL_OPERATOR").post("/protocols", protocol()))["protocol_id"])


@pytest.fixture
def cpi(register: Register) -> Office:
    return register.office("cpi", "EMPLOYMENT_OPERATOR")


def leave(register: Register, signed: str) -> None:
    left = {"agency": "cpi", "document_ref": "disdetta/1"}
    days = {"received_on": "2026-05-04", "effective_on": "2026-06-01"}
    ats = register.office("ats", "SOCIAL_OPERATOR")
    told(ats.post(f"/protocols/{signed}/withdrawals", left | days))
    register.disclose()


def with_spouse(register: Register) -> Life:
    """A case of two adults, of whom one was referred to the CPI, which was shown it."""
    life = new_life(register).begin()
    given = household(life.member, life.child)
    own = {"name": "Ada", "birth_date": "1990-01-28", "tax_code": TAX_CODE, "relationship": "CONIUGE"}
    given["members"].append(given["members"][1] | own | {"member_id": SPOUSE})
    life.tell("households", given)
    life.tell("obligation-evaluations", {"member_id": str(life.member), "evaluated_for": "2025-03-10"})
    life.refer_to_cpi()
    register.disclose()
    return life


def refer_spouse(register: Register, life: Life) -> None:
    who = {"member_id": SPOUSE}
    life.tell("obligation-evaluations", who | {"evaluated_for": "2025-03-10"})
    life.tell(
        "activability-assessments",
        who | {"activable": True, "rationale": "nessun impedimento", "assessed_on": "2026-06-14"},
    )
    sent = {"referral_id": str(uuid4()), "destination": "CPI", "destination_id": "cpi"}
    life.tell("employment-referrals", who | sent | {"referred_on": "2026-06-15"})
    register.disclose()


def facts(office: Office, life: Life) -> dict[str, Any]:
    return {fact["event_id"]: fact for fact in office.get(f"/cases/{life.case_id}").json()["facts"]}


def test_who_is_there_is_shown_what_a_later_fact_opens(register: Register, signed: str, cpi: Office) -> None:
    life = with_spouse(register)
    assert SPOUSE not in str(facts(cpi, life))
    refer_spouse(register, life)
    assert TAX_CODE in str(facts(cpi, life))


def test_who_left_is_shown_no_person_that_came_later_in_a_fact_that_it_has(
    register: Register, signed: str, cpi: Office
) -> None:
    life = with_spouse(register)
    leave(register, signed)
    before, head = facts(cpi, life), register.services.disclosed.head("cpi")
    refer_spouse(register, life)
    assert register.services.disclosed.head("cpi") == head
    assert facts(cpi, life) == before and before
    assert cpi.post("/case-searches", {"tax_code": TAX_CODE}).json()["items"] == []


def test_a_correction_that_who_left_was_sent_is_read(register: Register, signed: str, cpi: Office) -> None:
    life = with_spouse(register)
    leave(register, signed)
    referred = life.said["employment-referrals"]["event_ids"][0]
    fix = {"corrects_event_id": referred, "new_value": {"referred_on": "2025-04-16"}, "voids": False}
    life.tell("corrections", fix | {"reason": "data sbagliata"})
    register.disclose()
    assert facts(cpi, life)[referred]["data"]["referred_on"] == "2025-04-16"


def withdraw(register: Register) -> None:
    """As ``ambito agency withdraw`` does: the next discloser knows of it, and so does the API."""
    others = dict.fromkeys((r for r in register.services.recipients if r != "cpi"), 0)
    left = Enrolled(None, others, frozenset({"cpi"}))
    register.services = replace(register.services, enrolled=lambda: left)
    register.client.app.state.services = register.services  # type: ignore[attr-defined]
    register.discloser = Discloser(register.services.log, register.services.disclosed, left)


def test_a_case_that_was_begun_later_is_not_there_for_who_left(
    register: Register, signed: str, cpi: Office
) -> None:
    leave(register, signed)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    register.disclose()
    project(register)
    for path in ("", "/events", "/timeline", "/accesses"):
        assert cpi.get(f"/cases/{life.case_id}{path}").status_code == 404, path
    itself = assignment(cpi, "cpi", "EMPLOYMENT_OPERATOR")
    assert life.act("assignments", itself, cpi).status_code == 404


def test_who_is_sent_nothing_any_more_still_acts_on_what_it_is_linked_to_and_reads_none_of_it(
    register: Register, signed: str, cpi: Office
) -> None:
    withdraw(register)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    register.disclose()
    assert facts(cpi, life) == {}
    assert cpi.post("/case-searches", {"tax_code": CODICE_FISCALE}).json()["items"] == []
    told(life.act("assignments", assignment(cpi, "cpi", "EMPLOYMENT_OPERATOR"), cpi))
    assert facts(cpi, life) == {}


def test_a_control_that_shows_who_left_what_it_would_be_entitled_to_is_caught(
    register: Register, signed: str, cpi: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = with_spouse(register)
    leave(register, signed)
    refer_spouse(register, life)
    monkeypatch.setattr(readers, "_as_sent", lambda shown, _: shown)
    assert SPOUSE in str(facts(cpi, life))
