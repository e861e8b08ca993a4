"""What holds for every life of a case, whatever happens in it; and that these properties can fail."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from functools import cache
from random import Random
from types import ModuleType
from typing import Any
from uuid import uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.demo.lives import live, lives
from deploy.demo.memory import Memory
from deploy.demo.protocol import tell_protocol
from deploy.demo.walk import walk
from deploy.lines import Line
from domain import contract
from domain.case import decide as deciding
from domain.case import state
from domain.case.commands import Act
from domain.case.decide import decide
from domain.case.events import EventCorrected, PersonalDataErased, TermLapsed
from domain.case.rulings import meeting, on_record
from domain.contract import contract_of, decode, encode
from domain.fact import Fact
from domain.refused import RULES, Refused

SEED, CASES = 4711, 80
Facts = list[Fact[Any]]


@cache
def told() -> list[list[Line]]:
    """The lives of this seed, and the walk of the demo."""
    return [life.lines for life in lives(SEED, CASES)] + [[step.line for step in walk()]]


def opened() -> Memory:
    register = Memory()
    tell_protocol(register)
    return register


def history(lines: Sequence[Line]) -> Facts:
    register = opened()
    return [fact for line in lines for fact in register.tell(line)]


def random_life(number: int) -> list[Line]:
    return live(f"random/{number}", opened()).lines


# --- the properties --------------------------------------------------------------------------------------


def accepted(lines: Sequence[Line]) -> None:
    """Every act leads to one fact."""
    assert len(history(lines)) == len(lines) > 0


def repeats_decide_nothing(lines: Sequence[Line]) -> None:
    """Every act said twice in a row leads to one fact."""
    register = opened()
    for line in lines:
        once = register.tell(line)
        assert len(once) == 1
        assert register.tell(replace(line, command_id=line.case_id)) == [], line.act


def folds_one_by_one(facts: Facts) -> None:
    """A case that is one fact older is the fold of one fact more, corrections apart."""
    for length, fact in enumerate(facts):
        if not isinstance(fact.event, EventCorrected):
            assert state.evolve(state.fold(facts[:length]), fact) == state.fold([*facts[:length], fact])


def read_as_written(facts: Facts) -> None:
    """Every fact is read from its JSON as it was written."""
    for fact in facts:
        written = json.loads(json.dumps(encode(fact.event)))
        assert decode(type(fact.event), written) == fact.event
        assert encode(decode(type(fact.event), written)) == written


# --- seeded lives ----------------------------------------------------------------------------------------


def test_every_act_of_every_life_is_accepted():
    for lines in told():
        accepted(lines)


def test_an_act_that_is_repeated_decides_nothing():
    for lines in told():
        repeats_decide_nothing(lines)


def test_a_case_one_fact_later_is_the_fold_of_one_fact_more():
    for lines in told():
        folds_one_by_one(history(lines))


def test_every_fact_is_read_as_it_was_written():
    for lines in told():
        read_as_written(history(lines))


NOT_LIVED = {TermLapsed, PersonalDataErased}
"""What no life tells: the clock writes the first, and the second is asked for when a life is over."""


def test_the_seeded_lives_hold_every_fact_and_every_kind_of_correction():
    facts = [fact for lines in told() for fact in history(lines)]
    of_cases = {each.type for each in contract.CONTRACTS.values() if each.name.startswith("adi.case.")}
    assert {type(fact.event) for fact in facts} == of_cases - NOT_LIVED
    voids = {fact.event.voids for fact in facts if isinstance(fact.event, EventCorrected)}
    assert voids == {True, False}


# --- random lives ----------------------------------------------------------------------------------------

RANDOMLY = settings(max_examples=60, deadline=None, derandomize=True, database=None)
NUMBERS = st.integers(min_value=0, max_value=10**9)


@RANDOMLY
@given(number=NUMBERS)
def test_what_holds_for_the_seeded_lives_holds_for_any(number):
    lines = random_life(number)
    accepted(lines)
    repeats_decide_nothing(lines)
    folds_one_by_one(history(lines))
    read_as_written(history(lines))


def corrections(facts: Facts, rng: Random) -> Iterator[tuple[Fact[Any], EventCorrected]]:
    """Corrections that somebody could ask for of any of these facts: some sound, some not."""
    for fact in rng.sample(facts, min(4, len(facts))):
        stated = [f.name for f in fields(fact.event) if f.name in contract_of(fact.event).stated]
        value = encode(fact.event)
        names = [name for name in rng.sample(stated, min(2, len(stated))) if name in value]
        changed = {name: _changed(value[name], rng) for name in names}
        voids = rng.random() < 0.4
        yield (
            fact,
            EventCorrected(
                corrects_event_id=fact.event_id,
                reason="errore",
                new_value={} if voids else changed,
                voids=voids,
                second_person_id=fact.event_id,
            ),
        )


def _changed(value: Any, rng: Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return value[: rng.randrange(len(value) + 1)]
    if isinstance(value, str) and value[:4] in ("2024", "2025", "2026") and len(value) == 10:
        return date.fromordinal(date.fromisoformat(value).toordinal() + rng.randrange(-40, 40)).isoformat()
    return value


def life_with_corrections(number: int) -> Facts:
    """A life in which some facts are corrected or voided on the way; the acts that then fail are left out.

    An act may be refused for it; nothing but a refusal with a rule may come of it.
    """
    rng, lines, register = Random(number), random_life(number), opened()
    facts: Facts = []
    for line in lines:
        facts += _tell(register, line)
        if facts and rng.random() < 0.15:
            for wrong, correction in corrections(facts, rng):
                facts += _tell(register, _line(line, wrong, correction))
    return facts


def _line(after: Line, wrong: Fact[Any], correction: EventCorrected) -> Line:
    states = encode(correction)
    command_id = uuid5(after.command_id, json.dumps(states))
    return replace(after, act="correct_event", by=wrong.recorder, states=states, command_id=command_id)


def _tell(register: Memory, line: Line) -> Facts:
    try:
        return register.tell(line)
    except Refused as refused:
        assert refused.rule in RULES
        return []


@RANDOMLY
@given(number=NUMBERS)
def test_a_case_that_is_corrected_on_the_way_goes_on(number):
    facts = life_with_corrections(number)
    folds_one_by_one(facts)
    read_as_written(facts)


def test_the_random_lives_are_corrected_and_their_acts_refused_for_it():
    lived = [life_with_corrections(number) for number in range(30)]
    corrected = [fact for facts in lived for fact in facts if isinstance(fact.event, EventCorrected)]
    assert sum(fact.event.voids for fact in corrected) > 10
    assert sum(not fact.event.voids for fact in corrected) > 10
    acts = sum(len(random_life(number)) for number in range(30))
    assert sum(map(len, lived)) - len(corrected) < acts


def test_a_correction_that_is_repeated_decides_nothing():
    repeated = 0
    for number in range(20):
        facts = life_with_corrections(number)
        for length, fact in enumerate(facts, 1):
            if isinstance(fact.event, EventCorrected):
                said = replace(fact.event, member_id=None, affects=None)
                case = state.fold(facts[:length])
                assert decide(Act(fact.recorder, said), opened().law, case) == []
                repeated += 1
    assert repeated > 20


# --- controls: what is broken is noticed -----------------------------------------------------------------

Check = Callable[[list[Line]], None]


def _backwards(facts: Any) -> Facts:
    return list(facts)[::-1]


def _forgets_corrections(facts: Any) -> Facts:
    facts = list(facts)
    last = facts[-1:] and isinstance(facts[-1].event, EventCorrected)
    return facts if last else _CORRECTED(facts)


_CORRECTED = state.corrected

BROKEN: dict[str, tuple[ModuleType, str, Any, Check]] = {
    "a fold that runs backwards": (
        state,
        "corrected",
        _backwards,
        lambda lines: folds_one_by_one(history(lines)),
    ),
    "a fold that applies a correction one fact late": (
        state,
        "corrected",
        _forgets_corrections,
        lambda lines: folds_one_by_one(history(lines)),
    ),
    "a decision that does not know a repetition": (
        deciding,
        "_repeats",
        lambda *_: False,
        repeats_decide_nothing,
    ),
    "a decision that refuses what is sound": (
        meeting,
        "_own_contact",
        lambda *_: on_record.member(None, state.Case()),
        accepted,
    ),
    "an instant that loses its hour": (
        contract,
        "_WRITERS",
        contract._WRITERS | {datetime: lambda moment: moment.strftime("%Y-%m-%dT00:00:00.000000Z")},
        lambda lines: read_as_written(history(lines)),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_makes_a_property_fail(name, monkeypatch):
    module, attribute, broken, check = BROKEN[name]
    monkeypatch.setattr(module, attribute, broken)
    with pytest.raises((AssertionError, Refused)):
        for lines in told():
            check(lines)
