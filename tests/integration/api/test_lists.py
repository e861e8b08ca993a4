"""What every list has in common: its parameters, its pages, its empty state, its cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from tests.integration.api.counting import statements
from tests.integration.api.life import CODICE_FISCALE, Life, new_life, sign
from tests.integration.api.office import BASE, Office, Register
from tests.integration.api.test_desks import refer_to_serd

pytestmark = pytest.mark.integration

LISTS = {
    "/cases": 100,
    "/deadlines": 100,
    "/worklists/residence_checks": 100,
    "/inbox": 100,
    "/decisions": 1_000,
    "/cases/{case_id}/events": 100,
    "/cases/{case_id}/timeline": 100,
    "/cases/{case_id}/accesses": 1_000,
}
"""The lists that come in pages, with the most rows of one."""


def of(life: Life, path: str) -> str:
    return path.replace("{case_id}", str(life.case_id))


def lived(register: Register) -> Life:
    return new_life(register).begin().to_patto().refer_to_cpi().to_proposal()


def refused(answer: Any) -> list[str]:
    """Where a request is wrong, of one that is refused for that."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return [each["where"] for each in answer.json()["errors"]]


# --- parameters --------------------------------------------------------------------------------------------


def test_a_page_has_from_one_row_to_the_most_that_its_list_gives(register: Register) -> None:
    life = new_life(register).begin()
    for path, most in LISTS.items():
        for limit in (1, most):
            assert life.worker.get(of(life, path), limit=limit).status_code == 200
        for wrong in (0, -1, most + 1, 2**63, "molti", ""):
            assert refused(life.worker.get(of(life, path), limit=wrong)) == ["limit"], path


def test_a_cursor_that_no_page_gave_is_refused_and_not_repeated(register: Register) -> None:
    life = new_life(register).begin()
    for path in LISTS:
        for wrong in ("x", "' or 1=1 --", "20251399" + "0" * 32, "٣", "-1", "1.5", "", "9" * 50):
            answer = life.worker.get(of(life, path), cursor=wrong)
            assert refused(answer) == ["cursor"], (path, wrong)
            assert len(wrong) < 3 or wrong not in answer.text


def test_a_cursor_tells_nothing_of_a_fact_that_the_reader_is_not_shown(register: Register) -> None:
    sign(register)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    refer_to_serd(life)
    register.disclose()
    cpi, path = register.office("cpi", "EMPLOYMENT_OPERATOR"), f"/cases/{life.case_id}/events"
    (hidden,) = life.said["specialist-referrals"]["event_ids"]
    shown = [item["event_id"] for item in cpi.get(path).json()["items"]]
    assert hidden not in shown
    is_there, is_nowhere = (cpi.get(path, cursor=each) for each in (hidden, str(uuid4())))
    assert refused(is_there) == ["cursor"] and is_there.json() == is_nowhere.json()
    assert [item["event_id"] for item in cpi.get(path, cursor=shown[0]).json()["items"]] == shown[1:]
    assert life.worker.get(path, cursor=hidden).status_code == 200


def test_a_parameter_that_a_resource_does_not_have_is_named_and_never_passed_over(register: Register) -> None:
    life = new_life(register).begin()
    routes = [route for route in register.client.app.routes if isinstance(route, APIRoute)]  # type: ignore[attr-defined]
    asked = 0
    for route in routes:
        path = re.sub(r"{(\w+)}", "1", of(life, route.path.removeprefix(BASE)))
        for method in route.methods:
            answer = life.worker.client.request(
                method,
                f"{BASE}{path}?fase=OPEN",
                headers={"Authorization": f"Bearer {life.worker.token}", "Idempotency-Key": str(uuid4())},
                json={} if method == "POST" else None,
            )
            if answer.status_code == 403 or str(route.operation_id) in UNASKED:
                continue
            assert refused(answer) == ["fase"], route.operation_id
            asked += 1
    assert asked > 60


UNASKED = {"show_status", "show_livez", "show_readyz", "show_schema"}
"""A probe may ask them as it likes: they have no parameters and no secrets."""


def plain(who: Office, address: str) -> Any:
    """As it is written, parameters and all."""
    return who.client.get(BASE + address, headers={"Authorization": f"Bearer {who.token}"})


def test_a_parameter_given_twice_is_refused(register: Register) -> None:
    answer = plain(register.office("servizio-sociale"), "/cases?phase=OPEN&phase=CLOSED&limit=1")
    assert refused(answer) == ["phase"]


def test_what_may_be_a_value_in_the_place_of_a_name_is_not_repeated(register: Register) -> None:
    for name in (CODICE_FISCALE, CODICE_FISCALE.lower(), "Marrocù", "x" * 50):
        answer = plain(register.office("servizio-sociale"), f"/cases?{name}=1")
        assert refused(answer) == ["…"] and name not in answer.text


def test_who_may_not_ask_learns_nothing_of_the_parameters(register: Register) -> None:
    assert register.client.get(f"{BASE}/cases?fase=OPEN").status_code == 401
    assert register.office("system", "machine").get("/cases", fase="OPEN").status_code == 403


# --- rows --------------------------------------------------------------------------------------------------


def test_an_empty_list_is_an_empty_page(register: Register) -> None:
    for path in LISTS:
        if "{" not in path:
            answer = register.office("servizio-sociale").get(path)
            assert answer.json() == {"items": [], "next_cursor": None}, path


def walk(who: Office, path: str, between: Callable[[], Any]) -> list[str]:
    """The ids of all rows of a list, page by page, with something that happens after the first."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = who.get(path, limit=2, **cursor).json()
        assert len(page["items"]) <= 2
        found += [_id(item) for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        if not cursor:
            between()
        cursor = {"cursor": page["next_cursor"]}


def test_rows_that_come_between_two_pages_neither_repeat_nor_lose_one_that_was_there(
    register: Register,
) -> None:
    sign(register)
    life = lived(register)
    lived(register)
    lived(register)

    def more() -> None:
        lived(register)
        life.tell("patto-drafts", life._draft() | {"patto_id": str(uuid4())})
        register.project()

    for path in LISTS.keys() - {"/cases/{case_id}/accesses"}:  # a read is itself a row of that one
        register.project()
        before = [_id(item) for item in life.worker.get(of(life, path), limit=100).json()["items"]]
        seen = walk(life.worker, of(life, path), more)
        assert len(seen) == len(set(seen)) and set(before) <= set(seen), path
        assert len(before) > 2, path


def _id(item: dict[str, Any]) -> str:
    return str(item.get("id") or item.get("event_id") or item["case_id"])


# --- cost --------------------------------------------------------------------------------------------------


def test_a_list_of_many_rows_asks_the_database_as_often_as_one_of_few(register: Register) -> None:
    sign(register)

    def asked() -> dict[tuple[str, str], tuple[int, int]]:
        """Of each list and office, how many statements for how many rows."""
        for _ in range(3):
            lived(register)
        register.disclose()
        register.project()
        found = {}
        for path in (path for path in LISTS if "{" not in path):
            for agency in ("servizio-sociale", "ats", "cpi"):
                who = register.office(agency)
                who.get(path)
                with statements() as sent:
                    answer = who.get(path)
                if answer.status_code == 200:
                    found[path, agency] = len(sent), len(answer.json()["items"])
        return found

    few, many = asked(), asked()
    assert {asker: count for asker, (count, _) in few.items()} == {
        asker: count for asker, (count, _) in many.items()
    }
    assert sum(rows > few[asker][1] for asker, (_, rows) in many.items()) > 8
