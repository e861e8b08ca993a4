"""Recipients added, rotated and withdrawn while the register goes on: the record, and what it discloses."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import SerializationFailure

from domain.ledger.disclosed import Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.keys import KeyFile
from domain.ledger.recipients import Enrolled
from tests.databases import Ledger
from tests.integration.test_discloser import COMUNE, Register, correction, step_through
from tests.unit.disclosure.story import condition, household, referral, referred

pytestmark = pytest.mark.integration


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    log = ledger.log(size=2)
    yield Register(ledger, log, Disclosed(log.recorder.pool, log.keys))
    log.recorder.pool.close()
    assert isinstance(log.keys, KeyFile)
    log.keys.close()
    log.close()


def change(register: Register, function: str, *arguments: str) -> int | None:
    marks = ", ".join(["%s"] * len(arguments))
    with psycopg.connect(register.ledger.owner_url) as owner:
        row = owner.execute(f"select ledger.{function}({marks})".encode(), arguments).fetchone()
        return row and row[0]


def disclose(register: Register) -> None:
    step_through(Discloser(register.log, register.disclosed, register.disclosed.enrolled()))


def kinds(register: Register, recipient: str) -> list[str]:
    return [message.kind for message in register.messages(recipient)]


def test_to_be_enrolled_twice_with_the_same_key_is_nothing_new(register: Register) -> None:
    assert change(register, "enrol", "cpi", "a key") == 1
    assert change(register, "enrol", "cpi", "a key") is None
    assert register.disclosed.enrolled() == Enrolled(1, {"cpi": 0})


def test_another_key_is_kept_beside_the_earlier_ones(register: Register) -> None:
    for key in ("first", "second", "second", "third"):
        change(register, "enrol", "cpi", key)
    assert register.disclosed.public_keys("cpi") == ["first", "second", "third"]
    assert register.disclosed.public_key("cpi") == "third"
    assert register.disclosed.public_key("ust") is None


def test_who_is_withdrawn_twice_is_withdrawn_once_and_keeps_its_last_key(register: Register) -> None:
    change(register, "enrol", "cpi", "a key")
    assert change(register, "withdraw", "cpi") == 2
    assert change(register, "withdraw", "cpi") is None
    assert change(register, "withdraw", "nobody") is None
    assert register.disclosed.enrolled() == Enrolled(2, {}, frozenset({"cpi"}))
    assert register.disclosed.public_key("cpi") == "a key"


def test_a_batch_judged_for_other_recipients_is_not_written_and_the_next_one_is(register: Register) -> None:
    change(register, "enrol", "cpi", "a key")
    change(register, "enrol", COMUNE, "a key")
    register.tell_all(referral(), household(), referred("cpi"))
    late = Discloser(register.log, register.disclosed, register.disclosed.enrolled())
    change(register, "withdraw", "cpi")
    with pytest.raises(SerializationFailure, match="the recipients changed"):
        late.step()
    disclose(register)
    assert register.messages("cpi") == []
    assert kinds(register, COMUNE) == ["fact"]


def test_who_is_added_is_told_of_an_open_case_with_its_next_fact(register: Register) -> None:
    change(register, "enrol", COMUNE, "a key")
    told = register.tell_all(referral(), household(), referred("cpi"))
    disclose(register)
    change(register, "enrol", "cpi", "a key")
    disclose(register)
    assert register.messages("cpi") == []
    new = register.tell(condition("EMPLOYED"))
    disclose(register)
    found = [(message.kind, message.event_id) for message in register.messages("cpi")]
    assert found[-1] == ("fact", new.event_id)
    assert {kind for kind, _ in found[:-1]} == {"backfill"}
    assert [event_id for _, event_id in found[:-1]] == [
        fact.event_id for fact in told if fact.event_id in {event for _, event in found}
    ]
    assert told[2].event_id in {event_id for _, event_id in found}


def test_what_was_told_before_comes_once(register: Register) -> None:
    register.tell_all(referral(), household(), referred("cpi"))
    change(register, "enrol", COMUNE, "a key")
    disclose(register)
    change(register, "enrol", "cpi", "a key")
    register.tell(condition("EMPLOYED"))
    disclose(register)
    before = register.messages("cpi")
    register.tell(condition("REGULAR_STUDY"))
    disclose(register)
    assert [message.kind for message in register.new("cpi", before)] == ["fact"]


def test_who_is_withdrawn_is_told_of_what_was_wrong_in_what_it_had_and_of_nothing_new(
    register: Register,
) -> None:
    for recipient in ("cpi", COMUNE):
        change(register, "enrol", recipient, "a key")
    told = register.tell_all(referral(), household(), referred("cpi"))
    disclose(register)
    before = register.messages("cpi")
    assert before
    change(register, "withdraw", "cpi")
    register.tell(condition("EMPLOYED"))
    register.tell(correction(told[1], source="DSU"))
    disclose(register)
    assert [message.kind for message in register.new("cpi", before)] == ["correction"]


def test_who_comes_back_is_told_what_it_missed_with_the_next_fact(register: Register) -> None:
    change(register, "enrol", "cpi", "a key")
    register.tell_all(referral(), household(), referred("cpi"))
    disclose(register)
    change(register, "withdraw", "cpi")
    missed = register.tell(condition("EMPLOYED"))
    disclose(register)
    before = register.messages("cpi")
    change(register, "enrol", "cpi", "another key")
    new = register.tell(condition("REGULAR_STUDY"))
    disclose(register)
    assert [(m.kind, m.event_id) for m in register.new("cpi", before)] == [
        ("backfill", missed.event_id),
        ("fact", new.event_id),
    ]
