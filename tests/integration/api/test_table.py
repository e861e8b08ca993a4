"""The Tavolo over REST, the gradini that it decides, and the seats of a PUC across cases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.integration.api.life import Life, new_life, protocol, told
from tests.integration.api.office import Office, Register

AGENCIES = ("ats", "cpi", "ust", "asl", "comune-058091")


def refused(answer: httpx.Response, rule: str) -> None:
    assert answer.json().get("rule") == rule, answer.text


def signed(register: Register) -> str:
    """The protocol, with a referent for each of its bodies."""
    body = protocol()
    told(_ambito(register).post("/protocols", body))
    for agency in AGENCIES:
        office = register.office(agency, "CLERK" if "comune" in agency else "SOCIAL_OPERATOR")
        referent = {
            "agency": agency,
            "person_id": str(office.subject),
            "name": "Referente",
            "surname": "Inventato",
            "contact": f"{agency}@example.org",
            "from_on": "2025-01-01",
        }
        told(office.post(f"/protocols/{body['protocol_id']}/referents", referent))
    return str(body["protocol_id"])


def _ambito(register: Register) -> Office:
    return register.office("ats", "SOCIAL_OPERATOR")


def _people(register: Register) -> list[dict[str, str]]:
    return [
        {"agency": agency, "person_id": str(register.people[f"{agency}/None/first"])} for agency in AGENCIES
    ]


def convoked(register: Register, **given: Any) -> dict[str, Any]:
    return {
        "meeting_id": str(uuid4()),
        "meeting_at": "2025-01-15T09:30:00Z",
        "seat": "Sala dell'Ambito",
        "invitees": _people(register),
        "topics": ["gradini previsti dal protocollo"],
    } | given


def met(register: Register, minutes_ref: str = "verbale/1") -> str:
    """A meeting convoked and held, its minutes approved."""
    ambito, meeting = _ambito(register), convoked(register)
    told(ambito.post("/table/meetings", meeting))
    told(ambito.post("/table/meetings-held", held(register, meeting["meeting_id"])))
    approved = {"meeting_id": meeting["meeting_id"], "minutes_ref": minutes_ref, "approved_on": "2025-01-22"}
    told(ambito.post("/table/approved-minutes", approved))
    return str(meeting["meeting_id"])


def held(register: Register, meeting_id: str, **given: Any) -> dict[str, Any]:
    people = _people(register)
    return {
        "meeting_id": meeting_id,
        "held_on": "2025-01-15",
        "present": people,
        "secretary": people[0]["person_id"],
        "topics": ["gradini previsti dal protocollo"],
        "decisions": [{"text": "Scheda comune", "owner": "cpi", "due_on": "2025-03-31"}],
    } | given


def rungs(first: str) -> dict[str, Any]:
    return {
        "rule_set": "PROTOCOLLO-ADI",
        "infraction": "PAIS_COMMITMENT_BREACH",
        "rungs": [
            {"occurrence": 1, "measure": "DECURTAZIONE", "months_fraction": first},
            {"occurrence": 2, "measure": "DECADENZA"},
        ],
        "counts_from": "MEASURE_NOTIFIED",
        "minutes_ref": "verbale/1",
        "decided_on": "2025-01-22",
    }


def test_a_meeting_goes_from_its_convocation_to_its_minutes(register: Register) -> None:
    signed(register)
    meeting_id = met(register)
    heads = [{"agency": agency} for agency in AGENCIES]
    sent = {"meeting_id": meeting_id, "minutes_ref": "verbale/1", "recipients": heads}
    told(_ambito(register).post("/table/sent-minutes", sent | {"sent_on": "2025-01-23"}))


def test_a_referent_of_each_body_is_invited(register: Register) -> None:
    signed(register)
    without_school = [person for person in _people(register) if person["agency"] != "ust"]
    answer = _ambito(register).post("/table/meetings", convoked(register, invitees=without_school))
    refused(answer, "REFERENT_NOT_INVITED")


def test_the_secretary_is_one_of_those_present(register: Register) -> None:
    signed(register)
    meeting = convoked(register)
    told(_ambito(register).post("/table/meetings", meeting))
    answer = _ambito(register).post(
        "/table/meetings-held", held(register, meeting["meeting_id"], secretary=str(uuid4()))
    )
    refused(answer, "SECRETARY_NOT_PRESENT")


def test_only_the_ambito_speaks_of_the_tavolo(register: Register) -> None:
    signed(register)
    answer = register.office("cpi", "EMPLOYMENT_OPERATOR").post("/table/meetings", convoked(register))
    assert answer.status_code == 403


def test_gradini_rest_on_minutes_that_were_approved(register: Register) -> None:
    protocol_id = signed(register)
    refused(_ambito(register).post(f"/protocols/{protocol_id}/rungs", rungs("1/2")), "NOT_RECORDED")


def test_a_proposal_follows_the_gradini_that_the_tavolo_decided(register: Register) -> None:
    protocol_id = signed(register)
    met(register)
    told(_ambito(register).post(f"/protocols/{protocol_id}/rungs", rungs("1/2")))
    life = new_life(register).begin().to_patto().to_proposal()
    (proposal,) = life.worker.get(f"/cases/{life.case_id}").json()["sanction_proposals"]
    assert proposal["months_fraction"] == "1/2"
    assert proposal["conflicts_with"][0]["rule_set"] == "ADI-2023"


# --- PUC ---------------------------------------------------------------------------------------------------


def opened(register: Register, seats: int) -> str:
    puc = {
        "puc_id": str(uuid4()),
        "holder": "comune-058091",
        "title": "Cura del verde",
        "seats": seats,
        "skills": [],
        "insurance_ref": "polizza/1",
        "from_on": "2025-01-01",
    }
    told(register.office("comune-058091", "CLERK").post("/pucs", puc))
    return str(puc["puc_id"])


def promised(register: Register) -> Life:
    """A household whose patto has a PUC."""
    return (
        Life(
            register,
            register.office("servizio-sociale"),
            register.office("inps", "machine"),
            puc_holder="comune-058091",
        )
        .begin()
        .to_patto()
    )


def seat(life: Life, puc_id: str, **given: Any) -> dict[str, Any]:
    states = {"member_id": str(life.member), "puc_id": puc_id, "hours_per_week": 8, "start_on": "2025-05-05"}
    return states | {"end_on": "2025-10-31"} | given


def test_of_two_who_want_the_last_seat_at_once_one_gets_it(register: Register) -> None:
    signed(register)
    puc_id = opened(register, seats=1)
    lives = [promised(register) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda life: life.act("puc-assignments", seat(life, puc_id)), lives))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, "PUC_FULL")


def test_a_seat_that_was_left_is_free_again(register: Register) -> None:
    signed(register)
    puc_id = opened(register, seats=1)
    first, second = promised(register), promised(register)
    told(first.act("puc-assignments", seat(first, puc_id)))
    refused(second.act("puc-assignments", seat(second, puc_id)), "PUC_FULL")
    told(second.act("puc-assignments", seat(second, puc_id, start_on="2025-11-03", end_on="2026-03-31")))


def test_a_seat_that_was_given_by_mistake_is_free_again(register: Register) -> None:
    signed(register)
    puc_id = opened(register, seats=1)
    first, second = promised(register), promised(register)
    given = told(first.act("puc-assignments", seat(first, puc_id)))
    void = {"corrects_event_id": given["event_ids"][0], "reason": "errore", "new_value": {}, "voids": True}
    told(first.act("corrections", void))
    told(second.act("puc-assignments", seat(second, puc_id)))


def test_a_puc_that_nobody_opened_has_no_seats(register: Register) -> None:
    signed(register)
    life = promised(register)
    refused(life.act("puc-assignments", seat(life, str(UUID(int=7)))), "PUC_NOT_OPEN")
