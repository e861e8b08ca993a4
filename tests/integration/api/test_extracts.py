"""Each seat of the équipe reads its own extract, and nobody else's."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.case.parts import Invitee
from domain.contract import decode
from domain.extract import binding
from domain.ledger.access_logs import access_to
from tests.integration.api.equipe import Equipe, new_equipe
from tests.integration.api.office import Office, Register

pytestmark = pytest.mark.integration

INVITED = ("servizio-sociale", "cpi", "asl-serd")


def extract(equipe: Equipe, by: Office, **given: Any) -> httpx.Response:
    session = given.get("session", equipe.session)
    return by.get(f"/cases/{equipe.life.case_id}/equipe-convocations/{session}/extract")


def shown(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    text = json.dumps(body["extract"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert body["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    return body


def types(body: dict[str, Any]) -> list[str]:
    return [fact["type"] for fact in body["extract"]["facts"]]


@pytest.fixture
def equipe(register: Register) -> Equipe:
    made = new_equipe(register)
    made.convoke(*INVITED)
    return made


def test_each_invited_seat_reads_its_own(equipe: Equipe) -> None:
    read = {seat: shown(extract(equipe, equipe.office(seat))) for seat in INVITED}
    assert {seat: body["extract"]["profile"] for seat, body in read.items()} == {
        "servizio-sociale": "servizio-sociale",
        "cpi": "cpi",
        "asl-serd": "asl",
    }
    assert all(body["as_convoked"] for body in read.values())
    assert len({body["sha256"] for body in read.values()}) == 3
    assert "adi.case.equipe_formed.v1" in types(read["cpi"])
    told = json.dumps(read["cpi"])
    assert "asl-serd" not in told and "Marroc" not in told and "servizio sanitario" in told
    assert (read["cpi"]["seat"], read["cpi"]["meeting_at"]) == (
        "Sala riunioni del distretto",
        "2026-07-20T07:30:00.000000Z",
    )


def test_the_log_binds_them_all_by_one_hash(equipe: Equipe) -> None:
    facts = equipe.register.services.log.facts(equipe.life.case_id)
    convoked = facts[-1].event
    assert binding(convoked.invitees, facts[:-1]) == convoked.attachment_hash
    lines = sorted(
        f"{equipe.invitee(seat)['person_id']} {shown(extract(equipe, equipe.office(seat)))['sha256']}\n"
        for seat in INVITED
    )
    assert convoked.attachment_hash == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert decode(Invitee, equipe.invitee("asl-serd")) in convoked.invitees


def test_a_colleague_of_an_invited_seat_reads_what_the_invitee_reads(equipe: Equipe) -> None:
    own = shown(extract(equipe, equipe.office("cpi")))
    assert shown(extract(equipe, equipe.office("cpi", "another"))) == own


def test_who_was_invited_for_a_unit_does_not_read_as_another(equipe: Equipe, register: Register) -> None:
    invited = equipe.office("asl-serd")
    for unit, status in (("asl-serd", 200), (None, 200), ("asl-csm", 404)):
        token = register.issuer.issue(agency="asl", role="operator", unit=unit, subject=invited.subject)
        answer = extract(equipe, Office(register.client, token, invited.subject))
        assert answer.status_code == status


def test_everybody_else_finds_nothing(equipe: Equipe, register: Register) -> None:
    strangers = [
        equipe.office("ust"),  # sits in the équipe, was not invited
        equipe.office("asl-csm"),
        register.office("asl", "operator", None, "first"),
        register.office("ats", "operator", None, "first"),
        register.office("comune-058091", "operator"),
        register.office("servizio-sociale", "operator", None, "not assigned"),
    ]
    for stranger in strangers:
        answer = extract(equipe, stranger)
        assert answer.status_code == 404 and answer.json()["rule"] == "UNKNOWN", answer.text
    for agency in ("inps", "system"):
        answer = extract(equipe, register.office(agency, "machine"))
        assert answer.status_code == 403 and answer.json()["rule"] == "ROLE_NOT_ALLOWED"


def test_a_colleague_at_the_servizio_sociale_reads_only_when_assigned(
    equipe: Equipe, register: Register
) -> None:
    colleague = register.office("servizio-sociale", person="another")
    assert extract(equipe, colleague).status_code == 404


def test_no_other_sitting_and_no_other_case(equipe: Equipe) -> None:
    cpi = equipe.office("cpi")
    assert extract(equipe, cpi, session=uuid4()).status_code == 404
    equipe.life.case_id = uuid4()
    assert extract(equipe, cpi).status_code == 404


def test_what_was_recorded_since_is_not_in_it(equipe: Equipe) -> None:
    before = shown(extract(equipe, equipe.office("cpi")))
    equipe.life.tell("patto-drafts", equipe.life._draft() | {"team_ref": str(equipe.team)})
    assert shown(extract(equipe, equipe.office("cpi"))) == before


def test_what_may_be_read_no_longer_is_left_out_and_the_answer_says_so(equipe: Equipe) -> None:
    analysis = equipe.life.said["analyses"]["event_ids"][0]
    before = shown(extract(equipe, equipe.office("cpi")))
    assert "adi.case.preliminary_analysis_completed.v1" in types(before)
    body = {"corrects_event_id": analysis, "reason": "di un altro nucleo", "new_value": {}, "voids": True}
    equipe.life.tell("corrections", body)
    after = shown(extract(equipe, equipe.office("cpi")))
    assert "adi.case.preliminary_analysis_completed.v1" not in types(after)
    assert before["as_convoked"] and not after["as_convoked"] and before["sha256"] != after["sha256"]


def test_a_convocation_that_was_voided_invites_nobody(equipe: Equipe) -> None:
    equipe.correct(voids=True)
    assert extract(equipe, equipe.office("cpi")).status_code == 404


def test_who_is_invited_later_reads_too_and_who_no_longer_is_does_not(equipe: Equipe) -> None:
    equipe.correct(invitees=[equipe.invitee("cpi"), equipe.invitee("ust")])
    assert shown(extract(equipe, equipe.office("cpi")))["as_convoked"]
    assert not shown(extract(equipe, equipe.office("ust")))["as_convoked"]
    assert extract(equipe, equipe.office("asl-serd")).status_code == 404


def test_reading_is_noted(equipe: Equipe, register: Register) -> None:
    cpi = equipe.office("cpi")
    body = shown(extract(equipe, cpi))
    log, stream = register.services.log, access_to(equipe.life.case_id)
    noted = [fact.event for fact in log.facts(stream)]
    last = [event for event in noted if getattr(event, "accessor", None) == cpi.subject][-1]
    assert [str(event_id) for event_id in last.events_shown] == [
        fact["event_id"] for fact in body["extract"]["facts"]
    ]
    ust = equipe.office("ust")
    assert extract(equipe, ust).status_code == 404
    assert not [fact for fact in log.facts(stream) if getattr(fact.event, "accessor", None) == ust.subject]
