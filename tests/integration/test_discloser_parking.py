"""A case that cannot be disclosed is parked and holds up no other; a retry gives each recipient the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import SerializationFailure

from domain.case.events import PersonalDataErased
from domain.ledger import discloser as disclosing
from domain.ledger.discloser import Discloser
from domain.ledger.parked import BEHIND, Parked
from domain.ledger.recipients import Enrolled
from domain.ledger.store import PROTOCOL
from domain.message import Message
from tests.integration.test_discloser import (
    RECIPIENTS,
    Register,
    register,
    signs,
    step_through,
    whole_life,
    withdraws,
)
from tests.unit.disclosure.story import (
    ANNA,
    COMUNE,
    EVERYONE,
    by,
    closed,
    component,
    condition,
    household,
    make,
    referral,
    referred,
    team,
    uid,
)

__all__ = ["register"]

pytestmark = pytest.mark.integration

ONE, TWO, THREE = uid("one"), uid("two"), uid("three")
TODAY = date.today()


@contextmanager
def cannot(monkeypatch: pytest.MonkeyPatch, fails: Callable[[Any], Exception | None]) -> Iterator[None]:
    """Disclosing meets an error at some facts."""
    rows = Discloser._rows

    def failing(self: Discloser, entry: Any, after: int) -> Any:
        error = fails(entry.fact)
        if error is not None:
            raise error
        return rows(self, entry, after)

    with monkeypatch.context() as broken:
        broken.setattr(Discloser, "_rows", failing)
        yield


def content(message: Message) -> tuple[Any, ...]:
    return (message.kind, message.event_id, message.type, message.ground, dict(message.data))


def by_case(register: Register) -> dict[tuple[str, UUID], list[tuple[Any, ...]]]:
    """What each recipient was shown of each case, in the order in which it was shown."""
    found: dict[tuple[str, UUID], list[tuple[Any, ...]]] = {}
    for recipient in RECIPIENTS:
        for message in register.messages(recipient):
            found.setdefault((recipient, message.case_id), []).append(content(message))
    return found


def pointers(register: Register) -> list[tuple[int, UUID, str]]:
    return [(p.parked.number, p.parked.case_id, p.parked.error) for p in register.disclosed.parked()]


def secret(*facts: Any) -> Callable[[Any], Exception | None]:
    """An error whose text is a value, at these facts."""
    ids = {fact.event_id for fact in facts}
    return lambda fact: ValueError("a value") if fact.event_id in ids else None


def test_a_case_that_fails_is_parked_with_all_that_follows_it_and_the_others_move(register, monkeypatch):
    for event in (referral(), household(), referred("cpi"), closed()):
        for case in (ONE, TWO):
            register.tell(event, case=case)
    register.disclose()
    whole = by_case(register)
    register.forget()
    failing = register.log.facts(ONE)[1]
    with cannot(monkeypatch, secret(failing)):
        register.disclose()
    assert pointers(register) == [(3, ONE, "ValueError"), (5, ONE, BEHIND), (7, ONE, BEHIND)]
    shown = by_case(register)
    assert {key: rows for key, rows in shown.items() if key[1] == TWO} == {
        key: rows for key, rows in whole.items() if key[1] == TWO
    }
    assert register.disclosed.position() == 8
    assert not any(failing.event_id == m.event_id for m in register.messages("cpi"))

    assert register.discloser().retry(ONE, TODAY) == 3
    assert pointers(register) == [] and by_case(register) == whole
    for recipient in RECIPIENTS:
        seqs = [m.seq for m in register.messages(recipient)]
        assert seqs == list(range(1, len(seqs) + 1))


def test_a_retry_stops_at_what_fails_again_and_says_at_what(register, monkeypatch):
    register.tell_all(referral(), household(), referred("cpi"), closed(), case=ONE)
    facts = register.log.facts(ONE)
    with cannot(monkeypatch, secret(facts[0])):
        register.disclose()
    with cannot(monkeypatch, lambda fact: KeyError() if fact.event_id == facts[2].event_id else None):
        assert register.discloser().retry(ONE, TODAY) == 2
    assert pointers(register) == [(3, ONE, "KeyError"), (4, ONE, BEHIND)]
    assert register.discloser().retry(ONE, TODAY) == 2 and pointers(register) == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_fails_and_is_retried_in_between_each_recipient_ends_with_the_same(
    register, monkeypatch, seed
):
    random, cases = Random(seed), (ONE, TWO, THREE)
    for case in cases:
        whole_life(register, case)
    register.disclose()
    whole = by_case(register)
    register.forget()
    monkeypatch.setattr(disclosing, "BATCH", random.choice([1, 4, 500]))
    bad = {fact.event_id for case in cases for fact in register.log.facts(case) if random.random() < 0.15}
    discloser = register.discloser()
    with cannot(monkeypatch, lambda fact: ValueError() if fact.event_id in bad else None):
        while discloser.step():
            if random.random() < 0.3:
                bad -= set(random.sample(sorted(bad), len(bad) // 2))
                Discloser(register.log, register.disclosed, Enrolled.of(RECIPIENTS)).retry(
                    random.choice(cases), TODAY
                )
    for case in cases:
        register.discloser().retry(case, TODAY)
    assert pointers(register) == [] and by_case(register) == whole


def test_a_value_that_was_damaged_parks_its_case_until_it_is_repaired(register):
    register.tell_all(referral(), household(), case=ONE)
    register.tell_all(referral(), household(), case=TWO)
    with psycopg.connect(register.ledger.owner_url) as owner:
        (kept,) = owner.execute("select sealed from ledger.events where position = 2").fetchone()
        owner.execute("update ledger.events set sealed = %s where position = 2", [b"{cut"])
    register.disclose()
    ((position, case, error),) = pointers(register)
    assert (position, case) == (2, ONE) and error == "JSONDecodeError"
    assert {m.case_id for m in register.messages(COMUNE) if m.version == 2} == {TWO}
    assert register.discloser().retry(ONE, TODAY) == 0
    with psycopg.connect(register.ledger.owner_url) as owner:
        owner.execute("update ledger.events set sealed = %s where position = 2", [kept])
    assert register.discloser().retry(ONE, TODAY) == 1
    assert {m.case_id for m in register.messages(COMUNE) if m.version == 2} == {ONE, TWO}


def test_a_row_that_the_database_refuses_parks_its_case_alone(register, monkeypatch):
    for event in (referral(), household()):
        for case in (ONE, TWO):
            register.tell(event, case=case)
    failing = register.log.facts(ONE)[1].event_id
    row = Discloser._row

    def refused(self: Discloser, recipient: str, kind: Any, entry: Any, *given: Any) -> Any:
        return row(self, recipient, "nonsense" if entry.fact.event_id == failing else kind, entry, *given)

    with monkeypatch.context() as broken:
        broken.setattr(Discloser, "_row", refused)
        register.disclose()
    ((position, case, error),) = pointers(register)
    assert (position, case, error) == (3, ONE, "CheckViolation")
    assert register.disclosed.parked()[0].parked.sqlstate == "23514"
    assert register.disclosed.position() == 4


@pytest.mark.parametrize("error", [psycopg.OperationalError, psycopg.errors.UndefinedTable, OSError])
def test_a_server_that_is_away_parks_nothing(register, monkeypatch, error):
    register.tell_all(referral(), household(), case=ONE)
    with cannot(monkeypatch, lambda _: error()), pytest.raises(error):
        register.disclose()
    assert pointers(register) == [] and register.disclosed.position() == 0
    register.disclose()
    assert register.disclosed.position() == 2 and pointers(register) == []


def test_a_fact_of_the_protocol_is_never_passed_over(register, monkeypatch):
    told = register.tell(signs("cpi", "ust", "asl"), by("ats"), PROTOCOL)
    register.tell_all(referral(), team(component("ust")))
    with cannot(monkeypatch, secret(told)), pytest.raises(ValueError, match="a value"):
        register.disclose()
    assert pointers(register) == [] and register.disclosed.position() == 0


def test_an_erasure_waits_for_nothing_that_is_parked(register, monkeypatch):
    register.tell_all(referral(), household(), case=ONE)
    register.disclose()
    failing = register.tell(condition("EMPLOYED"), case=ONE)
    register.tell(make(PersonalDataErased, member_id=ANNA, erased_on=TODAY), case=ONE)
    register.tell(closed(), case=ONE)
    with cannot(monkeypatch, secret(failing)):
        register.disclose()
    assert pointers(register) == [(3, ONE, "ValueError"), (5, ONE, BEHIND)]
    assert [m.kind for m in register.messages(COMUNE)][-1] == "erasure"
    assert register.discloser().retry(ONE, TODAY) == 2


def test_who_withdrew_meanwhile_is_shown_nothing_new_by_a_retry(register, monkeypatch):
    register.tell(signs("cpi", "ust", "asl"), by("ats"), PROTOCOL)
    register.tell_all(referral(), team(*EVERYONE), case=ONE)
    with cannot(monkeypatch, secret(register.log.facts(ONE)[1])):
        register.disclose()
    register.tell(withdraws("ust", TODAY), by("ats"), PROTOCOL)
    register.disclose()
    before = {recipient: len(register.messages(recipient)) for recipient in ("ust", "cpi")}
    assert register.discloser().retry(ONE, TODAY) == 1
    assert len(register.messages("ust")) == before["ust"]
    assert len(register.messages("cpi")) > before["cpi"]


def test_nothing_is_parked_behind_what_is_not_parked_any_more(register):
    """A retry may take the pointers away after a discloser has looked, and before it writes."""
    register.tell(referral(), case=ONE)
    with pytest.raises(SerializationFailure):
        register.disclosed.add(0, 1, [], [Parked(1, ONE, BEHIND)])
    assert register.disclosed.position() == 0
    step_through(register.discloser())
    assert register.disclosed.position() == 1


def test_a_pointer_leaves_in_the_order_of_its_case_only(register, monkeypatch):
    register.tell_all(referral(), household(), case=ONE)
    with cannot(monkeypatch, secret(*register.log.facts(ONE))):
        register.disclose()
    with pytest.raises(SerializationFailure):
        register.disclosed.add_parked(2, 2, [])
    assert len(pointers(register)) == 2
