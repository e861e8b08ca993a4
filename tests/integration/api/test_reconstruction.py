"""How a decurtazione came about, asked over HTTP by who runs the case, and by others."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests.integration.api.life import new_life, sign, told
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration

LED_TO_IT = [
    "evaluate_obligation",
    "draft_patto",
    "sign_patto",
    "report_missed_commitment",
    "request_reason",
    "open_sanction_proposal",
    "report_to_inps",
    "record_decurtazione",
]


def acts(answer: dict) -> list[str]:
    """The acts behind the facts of a reconstruction."""
    from domain.contract import stored_as

    return [stored_as(fact["type"])[0].act for fact in answer["facts"]]


def test_a_decurtazione_shows_the_facts_that_led_to_it(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    answer = life.worker.get(f"/measures/{life.measure}/reconstruction")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert acts(body) == LED_TO_IT
    assert body["finding"] == "NONE" and body["conflicts_with"]
    assert body["rule_set"]["id"] == "PROTOCOLLO-ADI" and len(body["rule_set"]["hash"]) == 64
    assert [each["title"] for each in body["missing"]] == ["Notifica del provvedimento"]
    positions = [fact["position"] for fact in body["facts"]]
    assert positions == sorted(positions)
    proposal = body["facts"][5]
    assert proposal["title"] == "Apertura dell'istruttoria per la segnalazione"
    assert proposal["recorder"]["agency"] == "servizio-sociale"
    assert set(proposal["data"]["evidence_event_ids"]) == {fact["event_id"] for fact in body["facts"][:5]}
    assert body["facts"][3]["occurred_on"] == "2025-05-12"


def test_it_can_be_asked_as_it_was_known(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    path = f"/measures/{life.measure}/reconstruction"
    ordered_at = life.said["decurtazioni"]["recorded_at"]
    notified = {"measure_id": str(life.measure), "notified_on": "2025-06-20"}
    life.tell("measure-notifications", notified, life.inps)

    before = datetime.fromisoformat(ordered_at) - timedelta(microseconds=1)
    assert life.worker.get(path, as_known_at=before.isoformat()).status_code == 404
    then = life.worker.get(path, as_known_at=ordered_at).json()
    assert acts(then) == LED_TO_IT and len(then["missing"]) == 1
    now = life.worker.get(path).json()
    assert acts(now) == [*LED_TO_IT, "notify_measure"] and now["missing"] == []


def test_a_correction_stands_beside_what_it_corrects(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    told(
        life.act(
            "corrections",
            {
                "corrects_event_id": life.infraction,
                "reason": "la persona era presente",
                "new_value": {},
                "voids": True,
                "second_person_id": str(uuid4()),
            },
        )
    )
    body = life.worker.get(f"/measures/{life.measure}/reconstruction").json()
    assert acts(body) == [*LED_TO_IT, "correct_event"]
    assert body["facts"][-1]["data"]["affects"] == [str(life.measure)]
    assert life.infraction in [each["infraction"] for each in body["missing"]]


def test_a_measure_is_nobody_elses_business(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    path = f"/measures/{life.measure}/reconstruction"
    assert register.office("servizio-sociale", person="another").get(path).status_code == 404
    assert life.worker.get(f"/measures/{uuid4()}/reconstruction").status_code == 404
    assert life.worker.get("/measures/not-an-id/reconstruction").status_code == 404
    for agency, role in (("cpi", "EMPLOYMENT_OPERATOR"), ("inps", "machine"), ("ats", "SOCIAL_OPERATOR")):
        assert register.office(agency, role).get(path).status_code == 403


def test_an_instant_without_an_offset_is_refused(register: Register) -> None:
    answer = register.office("servizio-sociale").get(
        f"/measures/{uuid4()}/reconstruction", as_known_at="2025-01-01"
    )
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"where": "as_known_at", "because": "must be an instant with its offset (RFC 3339) from 1900 to 2199"}
    ]
