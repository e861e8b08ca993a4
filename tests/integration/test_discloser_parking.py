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
from domain.fact import Fact
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
    BRUNO,
    COMUNE,
    EVERYONE,
    by,
    closed,
    component,
    condition,
    contact,
    correction,
    household,
    make,
    referral,
    referred,
    team,
    uid,
    updated,
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


# --- what is retried is told late ------------------------------------------------------------------------

REFUGE = "refuge@esempio.invalid"


def refuge_told(register: Register) -> set[str]:
    """Who was told where she can be reached now."""
    return {r for r in RECIPIENTS if REFUGE in str([dict(m.data) for m in register.messages(r)])}


def parked_from(register: Register, monkeypatch: pytest.MonkeyPatch, *events: Any) -> list[Fact[Any]]:
    """A case that is parked from the first of these facts on."""
    register.tell_all(referral(), household(), referred("cpi"), case=ONE)
    told = register.tell_all(*events, case=ONE)
    with cannot(monkeypatch, secret(told[0])):
        register.disclose()
    assert len(pointers(register)) == len(events)
    return told


def retry(register: Register) -> None:
    register.discloser().retry(ONE, TODAY)
    assert pointers(register) == []


@pytest.mark.parametrize("path", [True, False], ids=["a protection path", "no path"])
def test_a_contact_that_is_retried_after_a_protection_path_is_told_to_nobody(register, monkeypatch, path):
    """New to everybody that day; the control is a condition that hides nothing."""
    code = "GENDER_VIOLENCE_PATH" if path else "EMPLOYED"
    parked_from(register, monkeypatch, updated(ANNA, contact(REFUGE)), condition(code))
    retry(register)
    assert refuge_told(register) == (set() if path else {"ats", "cpi"})
    (told,) = [m for m in register.messages("cpi") if m.version == 4]
    assert ("contacts" in told.data and told.data["contacts"] != []) != path


@pytest.mark.parametrize("path", [True, False], ids=["a protection path", "no path"])
def test_nor_is_it_by_a_correction_or_a_backfill_that_is_retried(register, monkeypatch, path):
    (wrong,) = parked_from(register, monkeypatch, updated(ANNA, contact("wrong@esempio.invalid")))
    register.tell(correction(wrong, contacts=(contact(REFUGE),)), case=ONE)
    register.tell(referred("accreditato-1"), case=ONE)
    register.tell(condition("GENDER_VIOLENCE_PATH" if path else "EMPLOYED"), case=ONE)
    register.disclose()
    everybody = ("accreditato-1", *RECIPIENTS)
    register.discloser(everybody).retry(ONE, TODAY)
    assert pointers(register) == []
    told = {recipient: str([dict(m.data) for m in register.messages(recipient)]) for recipient in everybody}
    knows = {r for r, said in told.items() if REFUGE in said or "wrong@" in said}
    assert knows == (set() if path else {"ats", "cpi", "accreditato-1"})
    assert "Anna" in told["accreditato-1"]


def test_what_was_retried_is_told_once_and_its_contacts_when_the_path_proves_wrong(register, monkeypatch):
    """Corrections of other facts open nothing again; the void of the path opens what it hid."""
    told = parked_from(
        register,
        monkeypatch,
        updated(ANNA, contact(REFUGE)),
        condition("EMPLOYED"),
        condition("EMPLOYED", BRUNO),
    )
    register.tell(correction(told[1], voids=True), case=ONE)
    path = register.tell(condition("GENDER_VIOLENCE_PATH"), case=ONE)
    register.disclose()
    retry(register)
    assert refuge_told(register) == set()
    for recipient in ("ats", "cpi"):
        kinds = [m.kind for m in register.messages(recipient) if m.event_id == told[0].event_id]
        assert kinds == ["fact"], recipient
    register.tell(correction(path, voids=True), case=ONE)
    register.disclose()
    assert refuge_told(register) == {"ats", "cpi"}
    register.tell(correction(told[0], voids=True), case=ONE)
    register.disclose()
    for recipient in ("ats", "cpi"):
        last = register.messages(recipient)[-1]
        assert last.kind == "correction" and last.data["voids"] is True


def test_what_is_withheld_by_the_day_of_a_retry_is_not_told(register, monkeypatch):
    """Not even as something that is withdrawn at once: the control is who is told of it in time."""
    (said,) = parked_from(register, monkeypatch, condition("EMPLOYED"))
    register.tell(correction(said, condition_code="GENDER_VIOLENCE_PATH"), case=ONE)
    register.disclose()
    retry(register)
    late = {r for r in RECIPIENTS if any(m.event_id == said.event_id for m in register.messages(r))}
    register.forget()
    register.disclose()
    in_time = {r for r in RECIPIENTS if any(m.event_id == said.event_id for m in register.messages(r))}
    assert (late, bool(in_time)) == (set(), True)
