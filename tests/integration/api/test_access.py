"""Who reads a case file leaves a line, who asks for it gets an answer: in the access log, not in the case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from api.noted import note_access, nowhere
from api.who import Who
from domain.access.events import CaseFileAccessed, CommandRefused
from domain.case import events as e
from domain.ledger.access_logs import access_to
from tests.integration.api.life import Life, assignment, new_life, sign, told
from tests.integration.api.office import Office, Register


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


def test_who_may_have_guessed_what_she_has_already_is_on_record_too(register: Register) -> None:
    life = new_life(register).begin()
    version = life.worker.get(f"/cases/{life.case_id}").headers["etag"]
    versions = ", ".join(f'"{number}"' for number in range(1, 100))
    for lines, tag in enumerate(("*", versions, f"W/{version}", version), 2):
        again = life.worker.get(f"/cases/{life.case_id}", headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", version)
        assert len(accessed(register, life.case_id)) == lines


def test_of_a_past_of_a_case_also_what_the_reader_has_already_is_on_record(register: Register) -> None:
    life = new_life(register).begin()
    path, pasts = f"/cases/{life.case_id}", ({"as_corrected_on": "2026-06-30"}, {"recipient": "cpi"})
    known = {"as_known_at": life.said["assignments"]["recorded_at"]}
    for lines, past in enumerate((*pasts, known), 1):
        tag = life.worker.get(path, **past).headers["etag"]
        again = life.worker.get(path, headers={"If-None-Match": tag}, **past)
        assert again.status_code == 304 and len(accessed(register, life.case_id)) == 2 * lines


def test_an_office_that_has_the_case_as_it_is_already_leaves_no_second_line(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    register.disclose()
    cpi, path = register.office("cpi", "EMPLOYMENT_OPERATOR"), f"/cases/{life.case_id}"
    tag = cpi.get(path).headers["etag"]
    lines = len(accessed(register, life.case_id))
    assert cpi.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert len(accessed(register, life.case_id)) == lines
    assert cpi.get(path, headers={"If-None-Match": "*"}).status_code == 304
    assert len(accessed(register, life.case_id)) == lines + 1


def test_who_asks_for_a_case_that_is_not_hers_is_on_record_too(register: Register) -> None:
    life = new_life(register).begin()
    stranger = register.office("servizio-sociale", person="another")
    assert stranger.get(f"/cases/{life.case_id}").status_code == 404
    (refused,) = accessed(register, life.case_id)
    assert isinstance(refused, CommandRefused)
    assert (refused.actor, refused.command, refused.rule) == (stranger.subject, "show_case", "UNKNOWN")


def test_who_asks_for_a_measure_that_is_not_hers_is_on_record_once_in_its_case(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    stranger = register.office("servizio-sociale", person="another")
    dossier, before = f"/measures/{life.measure}/dossiers", len(accessed(register, life.case_id))
    for answer in (
        stranger.get(f"/measures/{life.measure}/reconstruction"),
        stranger.post(dossier, {"for": "judge"}),
        stranger.get(f"{dossier}/1750000000000000.judge"),
        stranger.get(f"{dossier}/1750000000000000.judge/status"),
    ):
        assert (answer.status_code, answer.json()["rule"]) == (404, "UNKNOWN")
    found = accessed(register, life.case_id)[before:]
    assert [(line.actor, line.command, line.rule) for line in found] == [
        (stranger.subject, operation, "UNKNOWN")
        for operation in ("reconstruct_measure", "request_dossier", "show_dossier", "show_dossier_status")
    ]


def test_who_asks_for_a_measure_that_is_nowhere_is_on_record_too(register: Register) -> None:
    stranger = register.office("servizio-sociale", person="another")
    assert stranger.get(f"/measures/{uuid4()}/reconstruction").status_code == 404
    who = Who("servizio-sociale", "SOCIAL_WORKER", "TAKING_CHARGE", stranger.subject)
    (refused,) = accessed(register, nowhere(who))
    assert (refused.actor, refused.command) == (stranger.subject, "reconstruct_measure")


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
    reply = {"request_id": asked["request_id"], "notified_on": "2026-03-05", "line": 1, "opposes": False}
    told(life.act("third-party-replies", reply | {"replied_on": "2026-03-10"}))
    answer = {"request_id": asked["request_id"], "outcome": "granted", "answered_on": "2026-03-20"}
    told(life.act("access-answers", answer))
    kinds = [type(event).__name__ for event in accessed(register, life.case_id)]
    assert kinds == [
        "AccessRequestReceived",
        "ThirdPartiesNotified",
        "ThirdPartyReplied",
        "AccessRequestAnswered",
    ]
    assert not [f for f in register.services.log.facts(life.case_id) if "access" in type(f.event).__module__]


def test_a_request_is_shown_with_its_term_its_third_parties_and_its_answer(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    asked, late = request(life), request(life, received_on="2026-06-15", answer_by="2026-07-15")
    for each in (asked, late):
        told(life.act("access-requests", each))
    notice = {"request_id": late["request_id"], "notified_on": "2026-06-16", "reply_by": "2026-06-26"}
    told(life.act("third-party-notices", notice | {"third_parties": [{"name": "Persona Inventata"}]}))
    reply = {"request_id": late["request_id"], "notified_on": "2026-06-16", "line": 1, "opposes": True}
    told(life.act("third-party-replies", reply | {"reasons": "dati suoi", "replied_on": "2026-06-20"}))
    for by in (life.for_access, register.office("ats", "SOCIAL_OPERATOR", purpose="ACCESS")):
        first, second = by.get(f"/cases/{life.case_id}/access-requests").json()["items"]
        assert (first["request_id"], first["state"], first["answer"]) == (asked["request_id"], "LAPSED", None)
        assert first["third_parties"] == [] and first["requester"] == "Avvocata Inventata"
        assert second["state"] == "RUNNING"
        (party,) = second["third_parties"]
        assert (party["name"], party["reply_by"]) == ("Persona Inventata", "2026-06-26")
        assert party["reply"]["opposes"] is True and party["reply"]["reasons"] == "dati suoi"
    answer = {"request_id": late["request_id"], "outcome": "partial", "reason": "omissis"}
    told(life.act("access-answers", answer | {"answered_on": "2026-06-29"}))
    (_, second) = life.for_access.get(f"/cases/{life.case_id}/access-requests").json()["items"]
    assert (second["state"], second["answer"]["outcome"]) == ("KEPT", "partial")


def test_requests_of_access_are_for_the_servizio_sociale_and_the_ambito(register: Register) -> None:
    life = new_life(register).begin().to_patto().refer_to_cpi()
    register.disclose()
    for agency, status in (("cpi", 403), ("comune-058091", 403), ("inps", 403)):
        by = register.office(agency, "CLERK")
        assert by.get(f"/cases/{life.case_id}/access-requests").status_code == status
    refused = life.worker.get(f"/cases/{life.case_id}/access-requests")
    assert (refused.status_code, refused.json()["rule"]) == (403, "PURPOSE_NOT_ALLOWED")
    stranger = register.office("servizio-sociale", person="another", purpose="ACCESS")
    assert stranger.get(f"/cases/{life.case_id}/access-requests").status_code == 404


def test_access_is_not_granted_over_the_head_of_a_third_party(register: Register) -> None:
    life = new_life(register).begin().to_patto()
    asked = request(life, received_on="2026-06-22", answer_by="2026-07-20")
    told(life.act("access-requests", asked))
    notice = {"request_id": asked["request_id"], "notified_on": "2026-06-23", "reply_by": "2026-07-03"}
    told(life.act("third-party-notices", notice | {"third_parties": [{"name": "Persona Inventata"}]}))
    answer = {"request_id": asked["request_id"], "outcome": "granted"}
    early = life.act("access-answers", answer | {"answered_on": "2026-06-29"})
    assert (early.status_code, early.json()["rule"]) == (409, "OUT_OF_ORDER")
    future = life.act("access-answers", answer | {"answered_on": "2026-07-06"})
    assert (future.status_code, future.json()["rule"]) == (422, "BAD_VALUE")


# --- who read it -------------------------------------------------------------------------------------------


def test_the_reads_of_a_case_are_told_last_first_and_can_be_filtered(register: Register) -> None:
    life = new_life(register).begin().to_patto().refer_to_cpi()
    register.disclose()
    path = f"/cases/{life.case_id}/accesses"
    for agency in ("servizio-sociale", "cpi", "ats"):
        register.office(agency).get(f"/cases/{life.case_id}")
        register.clock.now += timedelta(days=1)
    worker, cpi = register.office("servizio-sociale"), register.office("cpi")
    every = worker.get(path).json()["items"]
    assert [each["agency"] for each in every] == ["ats", "cpi", "servizio-sociale"]
    assert [each["purpose"] for each in every] == ["TAKING_CHARGE", "EMPLOYMENT", "TAKING_CHARGE"]

    def agencies(**asked: str) -> list[str]:
        # The reads of the log itself are left out by their day.
        found = worker.get(path, **{"to": "2026-07-02"} | asked).json()["items"]
        return [each["agency"] for each in found]

    assert agencies(agency="cpi") == ["cpi"] == agencies(person=str(cpi.subject))
    assert agencies(**{"from": "2026-07-01"}) == ["ats", "cpi"]
    assert agencies(**{"from": "2026-07-01", "to": "2026-07-01"}) == ["cpi"]
    assert agencies(purpose="CONTROLS") == []
    assert [each["agency"] for each in cpi.get(path).json()["items"]] == ["cpi"]


def test_the_log_of_reads_comes_in_pages_that_end_although_each_is_a_read(register: Register) -> None:
    life = new_life(register).begin()
    path = f"/cases/{life.case_id}/accesses"
    for _ in range(5):
        life.worker.get(f"/cases/{life.case_id}/events")
    seen, cursor = [], dict[str, str]()
    while True:
        page = life.worker.get(path, limit=2, **cursor).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == 5
    lines = life.worker.get(path, limit=2, format="csv")
    assert lines.headers["content-type"].startswith("text/csv") and "next-cursor" in lines.headers
    header, *rows = lines.text.splitlines()
    assert header == "agency,accessor,purpose,as_of,accessed_at" and len(rows) == 2
    assert rows[0].startswith(f"servizio-sociale,{life.worker.subject},TAKING_CHARGE,2026-06-30T")
    rest = life.worker.get(path, headers={"Accept": "text/csv"}, cursor=lines.headers["next-cursor"])
    assert "next-cursor" not in rest.headers


def test_an_office_that_has_a_case_and_was_shown_nothing_of_it_is_told_of_no_read(register: Register) -> None:
    """It is linked to the case; until a first fact is disclosed to it, it reads all that as empty."""
    sign(register)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    cpi, path = register.office("cpi", "EMPLOYMENT_OPERATOR"), f"/cases/{life.case_id}"
    for empty in ("/events", "/timeline", "/accesses"):
        assert cpi.get(path + empty).json() == {"items": [], "next_cursor": None}
    assert cpi.get(path).json()["facts"] == []
    register.disclose()
    assert {each["agency"] for each in cpi.get(f"{path}/accesses").json()["items"]} == {"cpi"}


def test_a_read_by_an_anti_violence_service_is_told_to_the_case_manager_alone(register: Register) -> None:
    life = new_life(register).begin()
    colleague = register.office("servizio-sociale", person="second")
    life.tell("assignments", assignment(colleague))
    named = {"person_id": str(life.worker.subject), "agency": "servizio-sociale", "role": "SOCIAL_WORKER"}
    life.tell("case-managers", named | {"from_on": "2025-03-05"})
    centre = Who("ets-1", "SPECIALIST", "TAKING_CHARGE", uuid4(), "cav")
    note_access(register.services, centre, life.case_id, ())
    path = f"/cases/{life.case_id}/accesses"

    def told_to(by: Office) -> set[str]:
        return {each["agency"] for each in by.get(path).json()["items"]}

    assert told_to(life.worker) == {"ets-1-cav"}
    others = (colleague, register.office("ats", "SOCIAL_OPERATOR"))
    for by in others:
        assert not [each for each in told_to(by) if "cav" in each]
        assert by.get(path, person=str(centre.subject)).json()["items"] == []
    # Nor by a cursor: that of a read that somebody may not know of is refused as one that is nowhere.
    (theirs,) = (
        fact.event_id
        for fact in register.services.log.facts(access_to(life.case_id))
        if fact.event.agency == "ets-1-cav"
    )
    assert life.worker.get(path, cursor=str(theirs)).status_code == 200
    for by in others:
        known, nowhere = (by.get(path, cursor=str(each)) for each in (theirs, uuid4()))
        assert known.status_code == nowhere.status_code == 422 and known.json() == nowhere.json()


WRONG = (
    {"purpose": "CURIOSITY"},
    {"from": "ieri"},
    {"to": "2026-02-30"},
    {"to": "2026-06-01", "from": "2026-06-02"},
    {"person": "1"},
    {"cursor": "0"},
    {"limit": "1001"},
    {"agency": "\0"},
    {"format": "xml"},
)


def test_a_wrong_filter_is_named(register: Register) -> None:
    life = new_life(register).begin()
    for wrong in WRONG:
        answer = life.worker.get(f"/cases/{life.case_id}/accesses", **wrong)
        assert answer.status_code == 422
        assert [each["where"] for each in answer.json()["errors"]] == [next(iter(wrong))]
    assert accessed(register, life.case_id) == []


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
