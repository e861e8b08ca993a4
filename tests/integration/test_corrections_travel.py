"""Corrections and erasures reach exactly those who were shown the original, in whatever history they fall."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest

from consumers.conformance.held import held
from domain.case.events import CaseReferred, EventCorrected, PattoDrafted, PersonalDataErased
from domain.disclosure.order import entitled
from domain.fact import Fact
from domain.ledger.discloser import Discloser
from domain.message import Message
from projections.shown import Shown
from projections.view import Connection, enter
from tests.integration.test_discloser import RECIPIENTS, Register, register
from tests.integration.test_erasure import disclose, shown_something_of
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    EVERYONE,
    FAMILY,
    LINES,
    SUPPORTS,
    analysis,
    component,
    condition,
    contact,
    correction,
    decurtazione,
    draft,
    household,
    make,
    missed,
    referral,
    referred,
    signed,
    team,
    updated,
)

__all__ = ["register"]

pytestmark = pytest.mark.integration

SEEDS = range(150) if os.environ.get("AMBITO_TORTURE") == "1" else range(3)

FACTS: tuple[Any, ...] = (
    household(),
    household(*FAMILY[:2]),
    analysis(),
    condition("EMPLOYED"),
    condition("EMPLOYED", BRUNO),
    condition("REGULAR_STUDY", CARLO),
    referred("cpi"),
    referred("cpi", BRUNO),
    team(*EVERYONE),
    team(component("ust"), component("cpi"), name="smaller"),
    draft(*LINES, supports=SUPPORTS),
    missed("ust"),
    decurtazione(),
)


class History:
    """A case in which anything happens, and what each recipient was sent of it, as it was sent."""

    def __init__(self, register: Register, random: Random) -> None:
        self.register, self.random = register, random
        self.sent: dict[str, list[Message]] = {recipient: [] for recipient in RECIPIENTS}
        self.facts: list[Fact[Any]] = []

    def live(self, steps: int) -> None:
        for event in (referral(), household(), *self.random.choices(FACTS, k=4)):
            self.take(event)
        for _ in range(steps):
            self.take(self.fact() if self.random.random() < 0.5 else self.correction())

    def erase(self, who: UUID) -> None:
        self.take(make(PersonalDataErased, member_id=who, erased_on=self.facts[0].known_on))

    def fact(self) -> Any:
        """Anything but what no office could record: a second referral, a signature under no draft."""
        drafted = any(isinstance(fact.event, PattoDrafted) for fact in self.facts)
        return self.random.choice((*FACTS, signed()) if drafted else FACTS)

    def correction(self) -> EventCorrected:
        """Of anything that an office could correct: not of a draft, which may be signed by now."""
        never = (EventCorrected, PersonalDataErased, PattoDrafted)
        correctable = [fact for fact in self.facts if not isinstance(fact.event, never)]
        of = self.random.choice(correctable)
        if self.random.random() < 0.3 and not isinstance(of.event, CaseReferred):
            return correction(of, voids=True)
        if hasattr(of.event, "members") and of.event.__class__ is type(household()):
            surname = f"Corretti-{len(self.facts)}"
            return correction(of, members=[replace(m, surname=surname) for m in FAMILY])
        if isinstance(of.event, CaseReferred):
            return correction(of, residence_comune=self.random.choice(("058091", "058047")))
        return correction(of, voids=True)

    def take(self, event: Any) -> None:
        """One more fact, told and disclosed; what it brings to whom must be right."""
        before = {recipient: held(m.to_json() for m in sent) for recipient, sent in self.sent.items()}
        had_something = (
            shown_something_of(self.register, event.member_id)
            if isinstance(event, PersonalDataErased)
            else set()
        )
        fact = self.register.tell(event)
        self.facts.append(fact)
        disclose(self.register)
        assert self.register.disclosed.parked() == [], "parked"
        for recipient, sent in self.sent.items():
            new = self.register.new(recipient, sent)
            if isinstance(event, EventCorrected):
                self.check_correction(fact, recipient, new, before[recipient])
            if isinstance(event, PersonalDataErased):
                assert ("erasure" in {m.kind for m in new}) == (recipient in had_something), recipient
            sent += new

    def check_nothing_more(self) -> None:
        """What each holds is what the door gives of the corrected history: no more and no less."""
        facts = self.register.log.facts(self.facts[0].case_id)
        corrections = {str(fact.event_id) for fact in facts if isinstance(fact.event, EventCorrected)}
        for recipient, sent in self.sent.items():
            holds = held(m.to_json() for m in sent).keys() - corrections
            assert holds == {str(event_id) for event_id in entitled(facts, recipient)}, recipient

    def check_correction(
        self, fact: Fact[Any], recipient: str, new: Sequence[Message], had: dict[str, Any]
    ) -> None:
        target = str(fact.event.corrects_event_id)
        told = [m for m in new if m.event_id == fact.event_id]
        withdrawn = {str(m.event_id) for m in new if m.kind == "withdrawn"}
        assert {m.kind for m in told} <= {"correction"}
        if target not in had:
            assert told == [], f"{recipient} never had it"
        else:
            assert told or target in withdrawn, f"{recipient} had it"
        assert withdrawn <= had.keys(), f"{recipient} never had what is withdrawn"
        for message in told:
            given = message.data.get("new_value") or {}
            assert given.keys() <= had[target].keys(), "with the same fields"


def shown(connection: Connection, messages: Sequence[Message], random: Random) -> dict[str, Any]:
    """What the view of every recipient makes of messages, however they are cut into batches."""
    view = Shown()
    view.create(connection)
    for table in view.tables:
        connection.execute(f"delete from {table}".encode())
    rest = list(messages)
    while rest:
        size = random.randint(1, 8)
        batch, rest = rest[:size], rest[size:]
        view.apply(connection, batch)
    return dict(connection.execute("select event_id::text, data from shown_v1").fetchall())


@pytest.fixture
def office(recipient_url: str) -> Iterator[Connection]:
    with psycopg.connect(recipient_url) as connection:
        enter(connection)
        yield connection


@pytest.mark.torture
@pytest.mark.parametrize("seed", SEEDS)
def test_corrections_and_erasures_reach_exactly_those_who_were_shown_the_original(
    register: Register, office: Connection, seed: int
) -> None:
    """So what each recipient holds in the end is its corrected history, and nothing of who was erased."""
    random = Random(seed)
    history = History(register, random)
    history.live(14)
    history.check_nothing_more()
    history.erase(random.choice((ANNA, BRUNO, CARLO)))
    for recipient, sent in history.sent.items():
        as_it_came = held(m.to_json() for m in sent)
        read_again = held(m.to_json() for m in register.messages(recipient))
        assert as_it_came == read_again, "masks reach what a feed would say today"
        assert shown(office, sent, random) == as_it_came


@pytest.mark.parametrize("seed", range(3))
def test_a_void_takes_the_corrections_before_it_away_and_stays_itself(
    register: Register, office: Connection, seed: int
) -> None:
    """They hold values of what never was; those of another fact stay, as one that came after does."""
    told = register.tell_all(referral(), household(), referred("cpi"))
    contacts = register.tell_all(*[updated(ANNA, contact("wrong@esempio.invalid"))] * 2)
    corrections = [
        register.tell(correction(fact, contacts=(contact(value),)))
        for fact, value in ((contacts[0], "gone@b.invalid"), (contacts[1], "stays@b.invalid"))
    ]
    void = register.tell(correction(contacts[0], voids=True))
    right = register.tell(correction(contacts[0], contacts=(contact("right@esempio.invalid"),)))
    after = register.tell(correction(contacts[0], language="it"))
    disclose(register)
    sent = register.messages("cpi")
    assert "gone@b.invalid" in str([dict(m.data) for m in sent])
    holds = shown(office, sent, Random(seed))
    assert holds == held(m.to_json() for m in sent)
    stays = (*told[1:], *contacts, corrections[1], void, after)
    assert holds.keys() == {str(fact.event_id) for fact in stays}
    assert str(right.event_id) not in holds, "it came as the fact told anew"
    assert "gone@b.invalid" not in str(holds) and "stays@b.invalid" in str(holds)


def test_a_correction_that_went_to_who_had_nothing_would_be_noticed(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the check above, against a discloser that forgets to look."""
    real = Discloser._after_correction

    def careless(self: Discloser, entry: Any, story: Any, recipient: str, receiving: bool) -> Any:
        target = entry.fact.event.corrects_event_id
        had = story.had(recipient)
        if target not in had:
            had[target] = frozenset()
        return real(self, entry, story, recipient, True)

    monkeypatch.setattr(Discloser, "_after_correction", careless)
    with pytest.raises(AssertionError, match="never had"):
        History(register, Random(1)).live(14)


def test_a_recipient_that_was_shown_the_original_and_is_passed_over_would_be_noticed(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Discloser._after_correction

    def forgetful(self: Discloser, entry: Any, story: Any, recipient: str, receiving: bool) -> Any:
        return iter(()) if recipient == "cpi" else real(self, entry, story, recipient, receiving)

    monkeypatch.setattr(Discloser, "_after_correction", forgetful)
    with pytest.raises(AssertionError, match="cpi had it"):
        for seed in range(4):
            register.forget()
            History(register, Random(seed)).live(14)
