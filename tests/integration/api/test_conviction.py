"""A conviction is recorded by INPS and read by INPS: its servizio sociale sees a measure (GDPR art. 10)."""

import pytest

from tests.integration.api.life import assignment, new_life, sign, told
from tests.integration.api.office import Register
from tests.integration.api.test_desks import project

pytestmark = pytest.mark.integration

SECRET = ("FINAL_CONVICTION", "condanna", "sentenza", "tribunale", '"D7"')


def test_the_servizio_sociale_reads_of_a_conviction_nowhere(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto()
    convicted = {
        "code": "FINAL_CONVICTION",
        "member_id": str(life.member),
        "occurred_on": "2025-05-02",
        "source": "tribunale",
        "evidence_ref": "sentenza inventata 12",
    }
    ref = told(life.act("infractions", convicted, life.inps))["event_ids"][0]
    ordered = {
        "measure_id": str(life.measure),
        "infraction_refs": [ref],
        "legal_ref": "DL 48/2023 art. 8 c. 3",
        "authority": "INPS",
        "act_ref": "INPS-INVENTATO-2",
        "ordered_on": "2025-06-16",
        "motivation": "come da atto",
        "affected_scope": "HOUSEHOLD",
        "remedies": [{"body": "INPS, riesame", "term": "30 giorni"}],
        "effective_from": "2025-07-01",
    }
    told(life.act("decadenze", ordered, life.inps))
    corrected = {"evidence_ref": "sentenza inventata 13"}
    second = {"second_person_id": str(life.worker.subject)}
    states = {"corrects_event_id": ref, "reason": "numero", "new_value": corrected} | second
    told(life.act("corrections", states, life.inps))
    project(register)
    case = f"/cases/{life.case_id}"
    for path in (case, f"{case}/events", f"/measures/{life.measure}/reconstruction", "/deadlines"):
        answer = life.worker.get(path)
        assert answer.status_code == 200, answer.text
        assert [word for word in SECRET if word in answer.text] == [], path


def test_nobody_learns_of_a_conviction_by_trying_to_record_it(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    register.disclose()
    told(life.act("assignments", assignment(cpi, "cpi", "EMPLOYMENT_OPERATOR"), cpi))
    named = {"code": "FINAL_CONVICTION", "member_id": str(life.member)}
    convicted = named | {"occurred_on": "2025-05-02", "source": "tribunale", "evidence_ref": "sentenza"}
    told(life.act("infractions", convicted, life.inps))
    for office in (life.worker, cpi):
        for states in (convicted, convicted | {"source": "altro"}, convicted | {"occurred_on": "2025-05-03"}):
            answer = life.act("infractions", states, office)
            assert (answer.status_code, answer.json()["rule"]) == (403, "ROLE_NOT_ALLOWED")
