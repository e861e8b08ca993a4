"""What each reader is shown of a case."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.integration.api.life import assignment, household, new_life, sign, told
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration


def test_the_servizio_sociale_reads_the_case_it_is_assigned_to(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    answer = life.worker.get(f"/cases/{life.case_id}")
    body = answer.json()
    version = life.said["inps-reports"]["version"] + 1
    assert answer.headers["etag"] == f'"{version}"' and body["version"] == version
    assert body["phase"] == "PATTO_SIGNED" and body["benefit"] == "ADI" and body["closed_on"] is None
    assert body["members"][0]["tax_code"] == "MRRSMN86C07A000L"
    assert body["obligation_evaluations"][0]["result"] == "obliged"
    assert body["patto"]["text"]["commitments"][0]["id"] == str(life.commitment)
    assert body["infractions"][0]["event_id"] == life.infraction
    assert body["measures"][0]["finding"] == "NONE"
    unchanged = life.worker.get(f"/cases/{life.case_id}", headers={"If-None-Match": answer.headers["etag"]})
    assert unchanged.status_code == 304 and unchanged.content == b""


def test_a_case_as_it_was_known(register: Register) -> None:
    life = new_life(register).begin()
    first = told(life.act("households", household(life.member, life.child)))
    life.tell("closures", {"closed_on": "2025-06-01", "reason": "MOVED"})
    then = life.worker.get(f"/cases/{life.case_id}", as_known_at=first["recorded_at"])
    assert then.json()["phase"] == "OPEN" and then.headers["etag"] == '"3"'
    assert life.worker.get(f"/cases/{life.case_id}").json()["phase"] == "CLOSED"
    long_ago = datetime.fromisoformat(first["recorded_at"]) - timedelta(days=1)
    assert life.worker.get(f"/cases/{life.case_id}", as_known_at=long_ago.isoformat()).status_code == 404


def test_the_facts_of_a_case_come_in_pages(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    seen, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = life.worker.get(f"/cases/{life.case_id}/events", limit=3, **more).json()
        seen += [item["version"] for item in page["items"]]
        assert len(page["items"]) <= 3
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == list(range(1, len(seen) + 1)) and len(seen) == life.said["patto-signatures"]["version"]


def test_an_agency_reads_what_was_disclosed_to_it(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    assert cpi.get(f"/cases/{life.case_id}").status_code == 404
    life.refer_to_cpi()
    register.disclose()

    answer = cpi.get(f"/cases/{life.case_id}")
    body = answer.json()
    assert set(body) == {"case_id", "version", "facts"}
    by_title = {fact["title"]: fact for fact in body["facts"]}
    (member,) = by_title["Composizione del nucleo / verifica anagrafica"]["data"]["members"]
    assert member["name"] == "Simone" and "residence_address" not in member
    assert "Bozza del PaIS" not in by_title and "Convocazione del nucleo" not in by_title
    assert answer.headers["etag"].startswith('W/"')
    again = cpi.get(f"/cases/{life.case_id}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    events = cpi.get(f"/cases/{life.case_id}/events").json()["items"]
    assert events == body["facts"]
    # Another office of the same agency reads the same, the school office nothing.
    unit = register.office("cpi", "EMPLOYMENT_OPERATOR", unit="cpi-sud", person="another")
    assert unit.get(f"/cases/{life.case_id}").json() == body
    assert register.office("ust", "SCHOOL").get(f"/cases/{life.case_id}").status_code == 404
    assert (
        register.office("asl", "SPECIALIST", unit="asl-serd").get(f"/cases/{life.case_id}").status_code == 404
    )


def test_the_comune_of_residence_sees_a_case_before_anything_is_shown_of_it(register: Register) -> None:
    life = new_life(register).begin()
    comune = register.office("comune-058091", "CLERK")
    assert comune.get(f"/cases/{life.case_id}").json()["facts"] == []
    told(life.act("households", household(life.member, life.child), comune))
    register.disclose()
    (fact,) = comune.get(f"/cases/{life.case_id}").json()["facts"]
    assert "contacts" not in fact["data"]["members"][0]


def test_the_ambito_reads_every_case_cut(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    ats = register.office("ats", "SOCIAL_OPERATOR")
    facts = {fact["type"]: fact["data"] for fact in ats.get(f"/cases/{life.case_id}").json()["facts"]}
    assert "tax_code" not in facts["adi.case.household_composition_recorded.v1"]["members"][0]
    assert "adi.case.commitment_missed.v1" not in facts
    assert "motivation" not in facts["adi.case.decurtazione_ordered.v2"]


def test_each_lists_its_own_cases(register: Register) -> None:
    one, two = new_life(register).begin(), new_life(register)
    two.worker = register.office("servizio-sociale", person="another")
    two.begin().to_patto()
    two.refer_to_cpi()
    register.disclose()
    register.project()

    (mine,) = one.worker.get("/cases").json()["items"]
    assert mine["case_id"] == str(one.case_id) and mine["phase"] == "OPEN" and mine["version"] == 2
    ats = register.office("ats", "SOCIAL_OPERATOR")
    both = sorted([str(one.case_id), str(two.case_id)])
    assert [item["case_id"] for item in ats.get("/cases").json()["items"]] == both
    for filters in (
        {"phase": "PATTO_SIGNED"},
        {"phase": "PATTO_SIGNED", "residence_comune": "058091"},
    ):
        assert [item["case_id"] for item in ats.get("/cases", **filters).json()["items"]] == [
            str(two.case_id)
        ]
    # An operator of an anti-violence service would be found by it.
    assert ats.get("/cases", operator=str(two.worker.subject)).status_code == 422
    assert ats.get("/cases", phase="\0").status_code == 422
    assert ats.get("/cases", residence_comune="000000").json() == {"items": [], "next_cursor": None}
    page = ats.get("/cases", limit=1).json()
    rest = ats.get("/cases", limit=1, cursor=page["next_cursor"]).json()
    assert [page["items"][0]["case_id"], rest["items"][0]["case_id"]] == both and rest["next_cursor"] is None

    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    (shown,) = cpi.get("/cases").json()["items"]
    assert shown["case_id"] == str(two.case_id) and set(shown) == {"case_id", "version"}
    assert cpi.get("/cases", phase="OPEN").status_code == 422
    assert register.office("servizio-sociale", "machine", person="m").get("/cases").json()["items"] == []


def test_a_correction_moves_the_version_of_a_case(register: Register) -> None:
    life = new_life(register).begin()
    given = assignment(life.worker)
    event_id = life.tell("assignments", given)["event_ids"][0]
    voids = {"corrects_event_id": event_id, "reason": "doppia", "new_value": {}, "voids": True}
    answer = told(life.act("corrections", voids))
    shown = life.worker.get(f"/cases/{life.case_id}")
    assert shown.headers["etag"] == f'"{answer["version"]}"' and len(shown.json()["assignments"]) == 1
