"""Who acts and then asks a list reads what the act did: ``wait_for`` the position that the act answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from api import reached
from projections.runner import run
from tests.integration.api.life import Life, new_life
from tests.integration.api.office import Office, Register
from tests.integration.api.test_every_route import bounded

pytestmark = pytest.mark.integration

LISTS = ("/cases", "/deadlines", "/worklists", "/worklists/gepi", "/decisions", "/inbox", "/indicators")


@contextmanager
def projecting(register: Register) -> Iterator[None]:
    """The projector runs meanwhile, as the process does."""
    stop = Event()
    thread = Thread(target=run, args=[register.runners, stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def position(life: Life) -> int:
    return int(life.said["assignments"]["position"])


def cases(who: Office, **asked: int) -> list[str]:
    return [item["case_id"] for item in who.get("/cases", **asked).json()["items"]]


def test_an_act_is_in_the_list_that_waits_for_its_position(register: Register) -> None:
    with projecting(register):
        for _ in range(5):
            life = new_life(register).begin()
            answer = life.worker.get("/cases", wait_for=position(life))
            assert str(life.case_id) in [item["case_id"] for item in answer.json()["items"]]
            assert int(answer.headers["log-position"]) >= position(life)


def test_a_list_says_how_far_it_is(register: Register) -> None:
    life = new_life(register).begin()
    assert all(life.worker.get(path).headers["log-position"] == "0" for path in LISTS)
    register.project()
    head = position(life)
    assert all(int(life.worker.get(path).headers["log-position"]) >= head for path in LISTS)
    assert int(life.worker.get("/decisions", format="csv").headers["log-position"]) >= head


def test_a_list_that_stands_still_is_waited_for_in_vain_and_says_so(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reached, "PATIENCE", 0.05)
    life = new_life(register).begin()
    for path in LISTS:
        answer = life.worker.get(path, wait_for=position(life))
        assert (answer.status_code, answer.json()["rule"]) == (503, "BEHIND"), path
        assert answer.headers["retry-after"] == "5"
        assert life.worker.get(path).status_code == 200
    register.project()
    assert all(life.worker.get(path, wait_for=position(life)).status_code == 200 for path in LISTS)


def test_of_several_views_the_one_that_is_last_counts(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reached, "PATIENCE", 0.05)
    life = new_life(register).begin()
    for runner in register.runners:
        assert life.worker.get("/deadlines", wait_for=position(life)).status_code == 503
        if runner.view.name != "cases":
            while runner.step():
                pass
    register.project()
    assert life.worker.get("/deadlines", wait_for=position(life)).status_code == 200


def test_a_position_that_no_act_has_reached_is_refused(register: Register) -> None:
    life = new_life(register).begin()
    register.project()
    (head,) = register.query("select position from ledger.log_head")[0]
    assert life.worker.get("/cases", wait_for=head).status_code == 200
    for wrong in (head + 1, 2**63 - 1, 2**63, 0, -1, "domani"):
        answer = life.worker.get("/cases", wait_for=wrong)
        assert answer.status_code == 422
        assert [each["where"] for each in answer.json()["errors"]] == ["wait_for"]


def test_an_office_outside_waits_for_what_is_disclosed_to_it(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reached, "PATIENCE", 0.05)
    life = new_life(register).begin().to_patto().refer_to_cpi()
    referred = life.said["employment-referrals"]["position"]
    register.project()
    cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")
    assert cpi.get("/cases", wait_for=referred).status_code == 503
    register.disclose()
    assert cases(cpi, wait_for=referred) == [str(life.case_id)]


def test_who_waits_holds_nothing_that_others_need(register: Register) -> None:
    """More wait than there are threads and connections, and who does not wait is answered meanwhile."""
    many = 60
    life = new_life(register).begin()
    people = [register.office("ats", "SOCIAL_OPERATOR", person=str(number)) for number in range(many)]
    with ThreadPoolExecutor(many) as pool:
        waiting = [pool.submit(cases, person, wait_for=position(life)) for person in people]
        assert cases(life.worker) == []
        register.project()
        assert all(answer.result() == [str(life.case_id)] for answer in waiting)


def test_who_waits_takes_the_place_of_nobody_and_no_more_wait_than_may(register: Register) -> None:
    life = new_life(register).begin()
    with bounded(register, in_hand=2, waiting=3) as state, ThreadPoolExecutor(3) as pool:
        asks, other = (register.office("ats", "SOCIAL_OPERATOR", person=name) for name in ("first", "other"))
        waiting = []
        for _ in range(3):
            waiting.append(pool.submit(asks.get, "/cases", wait_for=position(life)))
            until(lambda: state.load.waiting.total() == len(waiting))
        one_more = asks.get("/cases", wait_for=position(life))
        assert (one_more.status_code, one_more.json()["rule"]) == (503, "BEHIND")
        assert one_more.headers["retry-after"] == "5"
        assert other.get("/cases").status_code == asks.get("/cases").status_code == 200
        register.project()
        assert [answer.result().status_code for answer in waiting] == [200, 200, 200]
        assert asks.get("/cases", wait_for=position(life)).status_code == 200
        assert state.load.in_hand == 0 and not state.load.waiting


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never held"
        time.sleep(0.005)
