"""The operators of an anti-violence service are shown to the case manager alone (DOMAIN section 9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from domain.disclosure import unnamed
from domain.extract import digest
from tests.databases import Ledger
from tests.integration.api import equipe
from tests.integration.api.equipe import Equipe, new_equipe
from tests.integration.api.life import Life, assignment, sign, told
from tests.integration.api.office import RECIPIENTS, Office, Register, register_on

pytestmark = pytest.mark.integration

CAV = "ets-cav"


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    with register_on(ledger, recipients=(*RECIPIENTS, CAV)) as register:
        yield register


@dataclass
class Protected:
    """A case with an operator of an anti-violence service, in its équipe too, and two who have it."""

    equipe: Equipe
    manager: Office
    second: Office
    operator: Office

    @property
    def life(self) -> Life:
        return self.equipe.life

    @property
    def case(self) -> str:
        return f"/cases/{self.life.case_id}"

    @property
    def extract(self) -> str:
        return f"/equipe-convocations/{self.equipe.session}/extract"

    def telling(self, answer: str) -> list[str]:
        return [word for word in (CAV, str(self.operator.subject)) if word in answer]


@pytest.fixture
def protected(register: Register, monkeypatch: pytest.MonkeyPatch) -> Protected:
    monkeypatch.setattr(equipe, "SEATS", (*equipe.SEATS, (CAV, None, "ETS")))
    sign(register)
    made = new_equipe(register)
    life, operator = made.life, made.office(CAV)
    life.tell("case-managers", manages(life.worker, "2025-03-05"))
    life.tell("assignments", assignment(operator, CAV, "ETS"), operator)
    made.convoke("ats", "servizio-sociale", CAV)
    second = register.office("servizio-sociale", person="second")
    life.tell("assignments", assignment(second))
    register.disclose()
    register.project()
    return Protected(made, life.worker, second, operator)


def manages(who: Office, day: str) -> dict[str, Any]:
    person = {"person_id": str(who.subject), "agency": "servizio-sociale"}
    return person | {"role": "SOCIAL_WORKER", "from_on": day}


def paths(it: Protected) -> list[tuple[str, dict[str, Any]]]:
    known = it.life.said["assignments"]["recorded_at"]
    past: tuple[dict[str, Any], ...] = ({"as_known_at": known}, {"as_corrected_on": "2026-06-29"})
    pasts = [(f"{it.case}{part}", asked) for part in ("", "/events", "/timeline") for asked in ({}, *past)]
    more = ("/readers", "/accesses", it.extract)
    return [*pasts, *((f"{it.case}{part}", {}) for part in more), ("/cases", {}), ("/worklists", {})]


def read(it: Protected, by: Office) -> dict[str, list[str]]:
    """What each answer tells of the operator, where one does."""
    found = {}
    for path, asked in paths(it):
        answer = by.get(path, **asked)
        assert answer.status_code == 200, answer.text
        if words := it.telling(answer.text):
            found[f"{path} {asked}"] = words
    return found


def test_who_is_not_the_case_manager_reads_of_her_nowhere(protected: Protected) -> None:
    assert read(protected, protected.second) == {}


def test_the_case_manager_reads_of_her_wherever_her_case_is_read(protected: Protected) -> None:
    told_to = read(protected, protected.manager)
    for part in ("", "/events", "/timeline", "/readers", protected.extract):
        assert f"{protected.case}{part} {{}}" in told_to
    shown = protected.manager.get(protected.case).json()
    assert CAV in {each["agency"] for each in shown["assignments"]}
    assert CAV in {each["agency"] for each in shown["equipe"]["components"]}


def test_everybody_else_is_named_to_both(protected: Protected) -> None:
    def named(by: Office) -> list[set[str]]:
        shown = by.get(protected.case).json()
        components, invitees = shown["equipe"]["components"], shown["equipe_convocations"][0]["invitees"]
        return [{each["agency"] for each in some} for some in (shown["assignments"], components, invitees)]

    assert [each | {CAV} for each in named(protected.second)] == [
        each | {CAV} for each in named(protected.manager)
    ]


def test_who_reads_the_extract_of_the_case_manager_without_her_does_not_learn_it_from_its_digest(
    protected: Protected,
) -> None:
    path = f"{protected.case}{protected.extract}"
    whole, less = (by.get(path).json() for by in (protected.manager, protected.second))
    assert whole["as_convoked"] and less["as_convoked"]
    assert less["sha256"] == digest(less["extract"]) != whole["sha256"]


def test_what_the_service_was_sent_is_told_as_if_it_had_been_sent_nothing(protected: Protected) -> None:
    facts = protected.manager.get(protected.case, recipient=CAV).json()["facts"]
    other = protected.second.get(protected.case, recipient="ust").json()
    empty = protected.second.get(protected.case, recipient=CAV).json()
    assert facts and empty == other | {"recipient": CAV, "facts": [], "version": 0}


def test_her_cases_are_listed_to_their_manager_alone(protected: Protected) -> None:
    def listed(by: Office, who: Office) -> list[str]:
        return [row["case_id"] for row in by.get("/cases", operator=str(who.subject)).json()["items"]]

    own = [str(protected.life.case_id)]
    assert listed(protected.manager, protected.operator) == own
    assert listed(protected.second, protected.operator) == []
    assert listed(protected.second, protected.manager) == listed(protected.second, protected.second) == own


def test_the_end_of_her_assignment_and_a_correction_of_it_are_not_told_either(
    register: Register, protected: Protected
) -> None:
    said = assignment(protected.operator, CAV, "ETS")
    ref = told(protected.life.act("assignments", said, protected.operator))["event_ids"][0]
    corrects = {"corrects_event_id": ref, "reason": "-", "new_value": {"from_on": "2025-03-02"}}
    wrong = told(protected.life.act("corrections", corrects, protected.operator))["event_ids"]
    ends = {"assignment_id": said["assignment_id"], "until": "2026-06-01", "reason": "CHARGE_ENDED"}
    ended = told(protected.life.act("unassignments", ends, protected.operator))["event_ids"]
    told_of = {
        by.subject: {each["event_id"] for each in by.get(f"{protected.case}/events").json()["items"]}
        for by in (protected.manager, protected.second)
    }
    of_hers = {ref, *wrong, *ended}
    assert of_hers <= told_of[protected.manager.subject]
    assert not of_hers & told_of[protected.second.subject]
    assert read(protected, protected.second) == {}


def test_her_answer_to_an_invitation_is_not_told_either(protected: Protected) -> None:
    it = protected
    answer = {"session_id": str(it.equipe.session), "team_id": str(it.equipe.team), "answer": "ACCEPTED"}
    answer |= {"person_id": str(it.operator.subject), "agency": CAV, "answered_on": "2026-06-30"}
    (ref,) = told(it.life.act("equipe-answers", answer, it.operator))["event_ids"]
    assert ref in it.manager.get(it.case).text
    assert read(it, it.second) == {} and ref not in it.second.get(it.case).text


def test_who_becomes_the_case_manager_is_shown_her_and_who_no_longer_is_not(protected: Protected) -> None:
    """The body that is kept of a case is not the other's, nor is the tag of a past that is read anew."""
    it, known = protected, protected.life.said["equipe-convocations"]["recorded_at"]
    before = it.second.get(it.case, as_known_at=known)
    assert not it.telling(before.text)
    replaced = {"replaces_person_id": str(it.manager.subject), "reason": "-"}
    it.life.tell("case-managers", manages(it.second, "2026-06-01") | replaced)
    held = {"If-None-Match": before.headers["etag"]}
    again = it.second.get(it.case, held, as_known_at=known)
    assert again.status_code == 200 and it.telling(again.text)
    for _ in range(2):
        assert it.telling(it.second.get(it.case).text) and not it.telling(it.manager.get(it.case).text)


def test_nobody_is_named_case_manager_whom_nobody_let_in_as_who_could_be_one(protected: Protected) -> None:
    it, replaced = protected, {"replaces_person_id": str(protected.manager.subject), "reason": "-"}
    clerk = it.equipe.register.office("servizio-sociale", "CLERK", person="clerk")
    checks = it.equipe.register.office("servizio-sociale", person="checks", purpose="CONTROLS")
    told(it.life.act("assignments", assignment(clerk, role="CLERK")))
    told(it.life.act("assignments", assignment(checks) | {"purpose": "CONTROLS"}))
    for by, named, said in (
        (clerk, manages(clerk, "2026-06-01"), (403, "ROLE_NOT_ALLOWED")),
        (checks, manages(checks, "2026-06-01"), (403, "PURPOSE_NOT_ALLOWED")),
        (it.second, manages(clerk, "2026-06-01"), (409, "NOT_RECORDED")),
        (it.second, manages(it.second, "2026-06-01") | {"agency": "ats"}, (409, "NOT_RECORDED")),
        (it.second, manages(it.second, "2026-06-01") | {"person_id": str(uuid4())}, (409, "NOT_RECORDED")),
    ):
        answer = it.life.act("case-managers", named | replaced, by)
        assert (answer.status_code, answer.json()["rule"]) == said
        assert not it.telling(by.get(it.case).text)
    assert it.telling(it.manager.get(it.case).text)


def test_a_register_that_knows_no_such_service_is_caught(
    protected: Protected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unnamed, "of_anti_violence", lambda *_: False)
    caught = read(protected, protected.second)
    for part in ("", "/events", "/timeline", protected.extract):
        assert f"{protected.case}{part} {{}}" in caught
