"""The past of a case over REST: as known at an instant, as held now of a day, as a recipient knew it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from projections.acknowledgement import signed
from tests.integration.api.life import Life, household, new_life, sign, told
from tests.integration.api.office import Register
from tests.integration.api.test_delivery import CPI, acknowledgement, enrol

pytestmark = pytest.mark.integration

DELIVERED = "adi.case.convocation_delivered.v1"


@pytest.fixture
def life(register: Register) -> Life:
    """Up to a proposal; the convocation of the household came on 11 March."""
    sign(register)
    life = new_life(register).begin().to_patto()
    life.refer_to_cpi()
    return life.to_proposal()


def another_receipt(life: Life) -> dict[str, str]:
    """The convocation came on 20 March, as its recorder says now."""
    body = {
        "corrects_event_id": life.said["deliveries"]["event_ids"][0],
        "reason": "la ricevuta era di un'altra raccomandata",
        "new_value": {"delivered_at": "2025-03-20T09:00:00Z"},
    }
    answer: dict[str, str] = told(life.act("corrections", body))
    return answer


def test_what_is_held_of_a_day_is_corrected_and_what_was_known_is_not(life: Life) -> None:
    corrected = another_receipt(life)
    before = datetime.fromisoformat(corrected["recorded_at"]) - timedelta(microseconds=1)

    def came(**query: str) -> list[str]:
        items = life.worker.get(f"/cases/{life.case_id}/events", **query).json()["items"]
        return [i["data"]["delivered_at"][:10] for i in items if i["type"] == DELIVERED]

    assert came(as_corrected_on="2025-03-19") == []
    assert came(as_corrected_on="2025-03-20") == ["2025-03-20"]
    assert came(as_known_at=before.isoformat()) == came() == ["2025-03-11"]
    assert came(as_known_at=before.isoformat(), as_corrected_on="2025-03-19") == ["2025-03-11"]


def test_the_case_of_a_day_is_folded_from_what_is_held_of_it(life: Life) -> None:
    early = life.worker.get(f"/cases/{life.case_id}", as_corrected_on="2025-03-04").json()
    assert early["phase"] == "OPEN" and early["measures"] == []
    now = life.worker.get(f"/cases/{life.case_id}")
    assert now.json()["phase"] == "PATTO_SIGNED"
    held = life.worker.get(f"/cases/{life.case_id}", as_corrected_on="2025-12-31")
    assert held.json()["phase"] == "PATTO_SIGNED"
    # No act can be based on a reading of the past: its tag is no version.
    assert held.headers["etag"].startswith("W/") and not now.headers["etag"].startswith("W/")


def test_others_read_of_the_past_no_more_than_of_today(register: Register, life: Life) -> None:
    register.disclose()
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    whole = {f["event_id"] for f in cpi.get(f"/cases/{life.case_id}").json()["facts"]}
    some = {
        f["event_id"] for f in cpi.get(f"/cases/{life.case_id}", as_corrected_on="2025-03-20").json()["facts"]
    }
    assert some < whole
    nothing = cpi.get(f"/cases/{life.case_id}", as_corrected_on="2020-01-01")
    assert (nothing.status_code, nothing.json()["rule"]) == (404, "NOTHING_THEN")


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"as_known_at": (datetime.now(UTC) + timedelta(days=2)).isoformat()}, "as_known_at"),
        ({"as_corrected_on": (datetime.now(UTC) + timedelta(days=3)).date().isoformat()}, "as_corrected_on"),
        ({"as_corrected_on": "2025-02-30"}, "as_corrected_on"),
        ({"as_known_at": "2025-03-03T09:00:00"}, "as_known_at"),
        ({"recipient": "nobody"}, "recipient"),
        ({"recipient": "cpi", "as_corrected_on": "2025-03-03"}, "as_corrected_on"),
    ],
)
def test_a_past_that_nobody_can_tell_is_refused(life: Life, query: dict[str, str], where: str) -> None:
    answer = life.worker.get(f"/cases/{life.case_id}", **query)
    assert answer.status_code == 422 and answer.json()["rule"] == "BAD_VALUE"
    assert [error["where"] for error in answer.json()["errors"]] == [where]


def test_before_the_case_there_was_nothing_and_it_is_said(life: Life) -> None:
    for path in (f"/cases/{life.case_id}", f"/cases/{life.case_id}/events"):
        for query in ({"as_known_at": "2020-01-01T00:00:00Z"}, {"as_corrected_on": "2020-01-01"}):
            answer = life.worker.get(path, **query)
            assert (answer.status_code, answer.json()["rule"]) == (404, "NOTHING_THEN")
    other = life.register.office("servizio-sociale", person="another")
    unseen = other.get(f"/cases/{life.case_id}", as_known_at="2020-01-01T00:00:00Z")
    assert unseen.json()["rule"] != "NOTHING_THEN"


def test_a_measure_that_was_not_ordered_yet_is_said_so(life: Life) -> None:
    life.to_measure()
    before = datetime.fromisoformat(life.said["decurtazioni"]["recorded_at"]) - timedelta(microseconds=1)
    path = f"/measures/{life.measure}/reconstruction"
    answer = life.worker.get(path, as_known_at=before.isoformat())
    assert (answer.status_code, answer.json()["rule"]) == (404, "NOTHING_THEN")
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    assert life.worker.get(path, as_known_at=later).status_code == 422


# --- what a recipient knew ---------------------------------------------------------------------------------


def test_the_servizio_sociale_asks_what_a_recipient_knew_and_when(register: Register, life: Life) -> None:
    enrol(register)
    path = f"/cases/{life.case_id}"
    assert life.worker.get(path, recipient="cpi").json()["facts"] == []
    register.disclose()
    shown = life.worker.get(path, recipient="cpi").json()
    assert shown["recipient"] == "cpi" and shown["facts"]
    assert {fact["received_at"] for fact in shown["facts"]} == {None}
    seqs = [fact["seq"] for fact in shown["facts"]]
    told_it = signed(
        acknowledgement(register, received=min(seqs), applied=min(seqs)), orjson.dumps(CPI).decode()
    )
    assert register.office("cpi", "machine").post("/acknowledgements", {"signed": told_it}).is_success
    after = life.worker.get(path, recipient="cpi").json()
    received = {fact["seq"]: fact["received_at"] for fact in after["facts"]}
    assert received[min(seqs)] is not None and received[max(seqs)] is None
    # As it was before that receipt came, and before anything was shown.
    then = max(fact["shown_at"] for fact in shown["facts"])
    assert life.worker.get(path, recipient="cpi", as_known_at=then).json() == shown
    first = min(fact["shown_at"] for fact in shown["facts"])
    earlier = datetime.fromisoformat(first) - timedelta(microseconds=1)
    assert life.worker.get(path, recipient="cpi", as_known_at=earlier.isoformat()).json()["facts"] == []


def test_what_a_recipient_knew_is_as_it_was_sent(register: Register, life: Life) -> None:
    """And holds nothing that was kept from it."""
    register.disclose()
    facts = life.worker.get(f"/cases/{life.case_id}", recipient="cpi").json()["facts"]
    (composed,) = [f for f in facts if f["type"] == "adi.case.household_composition_recorded.v1"]
    assert "residence_address" not in composed["data"]["members"][0]
    life.tell("households", household(life.member, life.child, surname="Altro"))
    assert life.worker.get(f"/cases/{life.case_id}", recipient="cpi").json()["facts"] == facts


def test_what_another_knew_is_not_for_a_recipient_to_ask(register: Register, life: Life) -> None:
    register.disclose()
    for agency, role in (("cpi", "EMPLOYMENT_OPERATOR"), ("ats", "SOCIAL_OPERATOR")):
        answer = register.office(agency, role).get(f"/cases/{life.case_id}", recipient="ust")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["because"] == "is a reading of the servizio sociale"
