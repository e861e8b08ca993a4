"""A case told day by day, to each reader what she may read of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.rules.calendar import legal_day
from tests.integration.api.life import Life, household, new_life, sign, told
from tests.integration.api.office import Office, Register

pytestmark = pytest.mark.integration


def timeline(who: Office, life: Life, **asked: Any) -> list[dict[str, Any]]:
    answer = who.get(f"/cases/{life.case_id}/timeline", **asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def titles(who: Office, life: Life, **asked: Any) -> list[str]:
    return [item["title"] for item in timeline(who, life, **asked)]


def lived(register: Register) -> Life:
    sign(register)
    life = new_life(register).begin().to_patto().refer_to_cpi().to_proposal().to_measure()
    register.disclose()
    return life


def test_the_servizio_sociale_reads_its_case_by_the_day_of_each_fact(register: Register) -> None:
    life = lived(register)
    found = timeline(life.worker, life)
    assert len(found) == len(register.services.log.facts(life.case_id))
    days = [item["day"] for item in found]
    assert days == sorted(days)
    (missed,) = [item for item in found if item["event_id"] == life.infraction]
    assert missed["text"] == (
        "12 maggio 2025: Mancato rispetto dell'impegno – servizio sociale professionale."
        " Conosciuto il 30 giugno 2026."
    )
    assert missed["article"] == "DL 48/2023 art. 8 c. 6 lett. c); protocol premise"
    assert (missed["of_the_fact"], missed["known_on"]) == (True, "2026-06-30")


def test_its_sentences_are_those_of_the_dossier(register: Register) -> None:
    life = lived(register)
    asked = told_location(life)
    dossier = life.worker.get(asked).json()["timeline"]
    mine = {item["event_id"]: item for item in timeline(life.worker, life)}
    assert len(dossier) > 5
    for moment in dossier:
        same = mine[moment["event_id"]]
        for name in ("day", "of_the_fact", "title", "article", "agency", "known_on"):
            assert same[name] == moment[name]


def told_location(life: Life) -> str:
    answer = life.worker.post(f"/measures/{life.measure}/dossiers", {"for": "judge"})
    location: str = answer.headers["location"]
    return location.removeprefix("/rest/adi/v1").removesuffix("/status")


def test_others_read_the_sentences_of_what_is_disclosed_to_them(register: Register) -> None:
    life = lived(register)
    for agency in ("cpi", "ats"):
        who = register.office(agency, "CLERK")
        found = timeline(who, life)
        events = who.get(f"/cases/{life.case_id}/events").json()["items"]
        assert {item["event_id"] for item in found} == {item["event_id"] for item in events}
        assert 0 < len(found) < len(timeline(life.worker, life))
        assert not any("known_on" in item or "Conosciuto" in item["text"] for item in found)
    assert register.office("ust", "SCHOOL").get(f"/cases/{life.case_id}/timeline").status_code == 404


def test_a_day_that_is_not_open_is_the_day_of_the_record(register: Register) -> None:
    life = lived(register)
    cpi = register.office("cpi", "CLERK")
    open_ = {item["event_id"]: item for item in timeline(cpi, life)}
    whole = {item["event_id"]: item for item in timeline(life.worker, life)}
    for event in cpi.get(f"/cases/{life.case_id}/events").json()["items"]:
        item, recorded = open_[event["event_id"]], datetime.fromisoformat(event["recorded_at"])
        day = whole[event["event_id"]]["day"] if item["of_the_fact"] else legal_day(recorded).isoformat()
        assert item["day"] == day


def test_a_correction_is_told_and_what_it_corrects_reads_as_corrected(register: Register) -> None:
    life = new_life(register).begin()
    wrong = told(life.act("households", household(life.member, life.child)))
    before = titles(life.worker, life)
    corrects = {"corrects_event_id": wrong["event_ids"][0], "reason": "errore"}
    life.tell("corrections", corrects | {"new_value": {"verified_on": "2025-03-06"}, "voids": False})
    after = timeline(life.worker, life)
    assert [item["title"] for item in after] == [*before, "Rettifica"]
    assert [item["day"] for item in after if item["event_id"] == wrong["event_ids"][0]] == ["2025-03-06"]
    then = timeline(life.worker, life, as_known_at=wrong["recorded_at"])
    assert [item["day"] for item in then if item["event_id"] == wrong["event_ids"][0]] == ["2025-03-05"]
    assert len(timeline(life.worker, life, as_corrected_on="2025-03-04")) == 2


def test_the_timeline_comes_in_pages_that_an_insert_does_not_disturb(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    every = [item["event_id"] for item in timeline(life.worker, life)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = life.worker.get(f"/cases/{life.case_id}/timeline", limit=3, **cursor).json()
        seen += [item["event_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        if len(seen) == 3:
            life.refer_to_cpi()
    assert len(seen) == len(set(seen)) and set(every) <= set(seen)


def test_an_office_waits_for_what_is_disclosed(register: Register) -> None:
    life = new_life(register).begin().to_patto().refer_to_cpi()
    register.disclose()
    cpi = register.office("cpi", "CLERK")
    position = life.said["employment-referrals"]["position"]
    answer = cpi.get(f"/cases/{life.case_id}/timeline", wait_for=position)
    assert answer.status_code == 200 and int(answer.headers["Log-Position"]) >= position
    assert datetime.fromisoformat(answer.json()["items"][0]["recorded_at"])
