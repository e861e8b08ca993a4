"""Who reads a case file leaves a line, who asks for it gets an answer: in the access log, not in the case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from domain.access.events import CaseFileAccessed, CommandRefused
from domain.case import events as e
from domain.ledger.store import access_to
from tests.integration.api.life import Life, new_life, sign, told
from tests.integration.api.office import Register


def accessed(register: Register, case_id: UUID) -> list[Any]:
    return [fact.event for fact in register.services.log.facts(access_to(case_id))]


def request(life: Life, **given: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid4()),
        "requester": "Avvocata Inventata",
        "requester_kind": "LAWYER",
        "object": "copia degli atti della decurtazione",
        "received_on": "2026-03-02",
        "answer_by": "2026-04-01",
    } | given


def test_who_reads_a_case_is_on_record_with_what_was_shown(register: Register) -> None:
    life = new_life(register).begin()
    assert life.worker.get(f"/cases/{life.case_id}/events").status_code == 200
    (read,) = accessed(register, life.case_id)
    assert isinstance(read, CaseFileAccessed)
    assert (read.accessor, read.agency, read.subject_case_id) == (
        life.worker.subject,
        "servizio-sociale",
        life.case_id,
    )
    assert set(read.events_shown) == {fact.event_id for fact in register.services.log.facts(life.case_id)}


def test_what_did_not_change_is_not_read_twice(register: Register) -> None:
    life = new_life(register).begin()
    etag = life.worker.get(f"/cases/{life.case_id}").headers["etag"]
    again = life.worker.get(f"/cases/{life.case_id}", headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert len(accessed(register, life.case_id)) == 1


def test_who_asks_for_a_case_that_is_not_hers_is_on_record_too(register: Register) -> None:
    life = new_life(register).begin()
    stranger = register.office("servizio-sociale", person="another")
    assert stranger.get(f"/cases/{life.case_id}").status_code == 404
    (refused,) = accessed(register, life.case_id)
    assert isinstance(refused, CommandRefused)
    assert (refused.actor, refused.command, refused.rule) == (stranger.subject, "show_case", "UNKNOWN")


def test_the_access_log_moves_neither_the_case_nor_its_version(register: Register) -> None:
    life = new_life(register).begin()
    before = life.worker.get(f"/cases/{life.case_id}").headers["etag"]
    life.worker.get(f"/cases/{life.case_id}/events")
    assert life.worker.get(f"/cases/{life.case_id}").headers["etag"] == before


def test_a_request_of_access_goes_its_way(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    asked = request(life)
    told(life.act("access-requests", asked))
    party = {"request_id": asked["request_id"], "notified_on": "2026-03-05", "reply_by": "2026-03-15"}
    told(life.act("third-party-notices", party | {"third_parties": [{"name": "Persona Inventata"}]}))
    answer = {"request_id": asked["request_id"], "outcome": "granted", "answered_on": "2026-03-20"}
    told(life.act("access-answers", answer))
    kinds = [type(event).__name__ for event in accessed(register, life.case_id)]
    assert kinds == ["AccessRequestReceived", "ThirdPartiesNotified", "AccessRequestAnswered"]
    assert not [f for f in register.services.log.facts(life.case_id) if "access" in type(f.event).__module__]


def test_an_answer_that_does_not_grant_says_why(register: Register) -> None:
    life = new_life(register).begin()
    asked = request(life)
    told(life.act("access-requests", asked))
    answer = {"request_id": asked["request_id"], "outcome": "denied", "answered_on": "2026-03-20"}
    refused = life.act("access-answers", answer)
    assert (refused.status_code, refused.json()["rule"]) == (422, "BAD_VALUE")


def test_thirty_days_are_the_most_that_an_answer_may_take(register: Register) -> None:
    life = new_life(register).begin()
    refused = life.act("access-requests", request(life, answer_by="2026-04-02"))
    assert (refused.status_code, refused.json()["rule"]) == (422, "BAD_VALUE")


def test_a_requester_is_sealed_as_every_person_is(register: Register) -> None:
    life = new_life(register).begin()
    told(life.act("access-requests", request(life)))
    lying = register.query("select sealed from ledger.events where type like 'adi.access.%%'")
    assert lying and not any(b"Avvocata" in bytes(sealed) for (sealed,) in lying)


def test_a_conviction_is_read_by_inps_alone(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto()
    life.tell(
        "infractions",
        {
            "code": "FINAL_CONVICTION",
            "member_id": str(life.member),
            "occurred_on": "2025-05-02",
            "source": "casellario",
            "evidence_ref": "sentenza/inventata",
        },
        life.inps,
    )
    for path in ("", "/events"):
        read = life.worker.get(f"/cases/{life.case_id}{path}", limit=200)
        assert "FINAL_CONVICTION" not in read.text and "sentenza/inventata" not in read.text
    kinds = [type(fact.event) for fact in register.services.log.facts(life.case_id)]
    assert e.InfractionAscertained in kinds


def test_a_read_is_noted_at_its_instant(register: Register) -> None:
    life = new_life(register).begin()
    register.clock.now += timedelta(minutes=5)
    life.worker.get(f"/cases/{life.case_id}")
    (read,) = accessed(register, life.case_id)
    assert read.accessed_at == register.clock.now
