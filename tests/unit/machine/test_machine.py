"""Whatever is tried on a case, in whatever order, its invariants hold; and that the machine would notice."""

import os
from collections.abc import Callable
from dataclasses import replace
from random import SystemRandom
from types import ModuleType
from typing import Any

import pytest

from domain.case import clock, observe, state
from domain.case import decide as deciding
from domain.case import events as e
from domain.case.rulings import employment, equipe, infraction, meeting, patto, sanction
from domain.refused import RULES, Refused
from domain.rules import sanctions
from tests.unit.machine import shrinking
from tests.unit.machine.lives import Wrong, campaign, same_lives

IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"
ACTS = 50_000 if IN_FULL else 2_000
SEED = int(os.environ.get("AMBITO_SEED", "0")) or (SystemRandom().randrange(1, 10**6) if IN_FULL else 4711)

ELSEWHERE = {
    "REFERENT_NOT_INVITED",
    "SECRETARY_NOT_PRESENT",
    "BAD_RULE_SET",
    "PERSON_ERASED",
    "IN_OTHER_CASES",
}
"""Rules of the Tavolo, of the files of the law and of the log, which no decision on a case meets."""


@pytest.mark.torture
def test_whatever_is_tried_on_a_case_its_invariants_hold():
    """`AMBITO_SEED=n` lives the lives of an earlier campaign again."""
    print(f"\nthe seed of this campaign is AMBITO_SEED={SEED}")
    tally = campaign(SEED, ACTS)
    print(tally)
    assert tally.steps >= ACTS
    if IN_FULL:
        assert tally.unheard() == []
        assert set(RULES) - set(tally.refused) <= ELSEWHERE


# --- controls: each of these would be noticed --------------------------------------------------------------

Broken = tuple[ModuleType, str, Callable[[Any], Any]]
"""A module, a function of it, and what a careless hand made of that function."""


def silent(*_: Any, **__: Any) -> None:
    return None


def forgets(kind: type) -> Callable[[Any], Any]:
    return lambda evolve: lambda case, fact: case if isinstance(fact.event, kind) else evolve(case, fact)


def without_reason(is_due: Any) -> Any:
    asked = lambda facts: replace(facts, reason="none") if facts.reason == "not_asked" else facts  # noqa: E731
    return lambda rules, norm, facts: is_due(rules, norm, asked(facts))


def rewriting(corrected: Any) -> Any:
    """A correction that writes over the fact that it corrects."""

    def rewrite(facts: Any) -> Any:
        facts = list(facts)
        for fact, after in zip(facts, corrected(facts), strict=False):
            if fact.event_id == after.event_id and fact.event is not after.event:
                object.__setattr__(fact, "event", after.event)
        return corrected(facts)

    return rewrite


def stern(order: Any) -> Any:
    """The CPI's caution applied to everybody: a measure without basis is refused instead of recorded."""

    def refuse(*given: Any) -> Any:
        measure = order(*given)
        if measure.finding == "NO_LEGAL_BASIS":
            raise Refused("NO_LEGAL_BASIS", "no such measure")
        return measure

    return refuse


BROKEN: dict[str, Broken] = {
    "a commitment that is in no patto is missed": (infraction, "_in_patto", lambda _: silent),
    "an absence needs no proof of the convocation": (
        meeting.observe,
        "delivered_on",
        lambda _: lambda case, convocation_id, member_id: case.referral.referred_on,
    ),
    "the reason need not be asked for": (sanctions, "_is_due", without_reason),
    "the benefit never ends": (observe, "benefit_ended", lambda _: lambda case, day: False),
    "a patto is signed whatever it lacks": (patto, "blocking", lambda _: lambda failed: ()),
    "an équipe lacks whom it wants": (equipe, "_complete", lambda _: silent),
    "a support need not be active": (infraction, "active_on", lambda _: lambda *_: True),
    "a protection path hides nobody": (meeting, "_own_contact", lambda _: silent),
    "the third sector needs no agreement": (patto, "under_agreement", lambda _: silent),
    "anybody acts on any case": (deciding, "_assigned", lambda _: silent),
    "anybody records anything": (deciding, "_allowed", lambda _: silent),
    "a measure without basis is not recorded": (sanction, "order", stern),
    "a fact is forgotten": (state, "evolve", forgets(e.ContactsUpdated)),
    "a correction rewrites what it corrects": (state, "corrected", rewriting),
    "a repetition is not known": (deciding, "_repeats", lambda _: lambda *_: False),
    "a rule falls over its own case": (infraction, "waits", lambda _: lambda *_: {}["nobody"]),
    "the clock repeats itself": (clock, "said", lambda _: lambda case, told: False),
    "the statute cuts": (
        sanction.observe,
        "rules_for",
        lambda rules_for: (
            lambda case, day, law: sanctions.load(
                "PROTOCOLLO-ADI" if case.referral.benefit == "ADI" else "ADI-2023"
            )
        ),
    ),
    "an act of the Region is not asked for": (employment, "refer", lambda _: lambda states, case: states),
}


SLOWLY = {
    "the reason need not be asked for",
    "the benefit never ends",
    "a protection path hides nobody",
    "an act of the Region is not asked for",
}
"""What only a few lives come to: noticed within half a minute, so looked for in full only."""


@pytest.mark.torture
@pytest.mark.parametrize("name", BROKEN if IN_FULL else sorted(BROKEN.keys() - SLOWLY)[::4])
def test_the_machine_notices_when(name, monkeypatch):
    module, attribute, made_of = BROKEN[name]
    monkeypatch.setattr(module, attribute, made_of(getattr(module, attribute)))
    monkeypatch.setattr(shrinking, "SECONDS", 0)
    with pytest.raises(Wrong):
        same_lives(4711, 20_000 if IN_FULL else 3_000)
