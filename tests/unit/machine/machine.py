"""What a life of a case is to the machine: steps, sensible ones and any, and a look at everything after each.

:mod:`tests.unit.machine.lives` takes the steps, as a state machine of hypothesis.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from random import Random
from typing import Any, get_args
from uuid import UUID, uuid5

from domain.case import clock, infractions, observe, state, terms
from domain.case import decide as deciding
from domain.case import events as e
from domain.case.commands import Act, Agreement, Law, Puc
from domain.case.events import CaseEvent
from domain.case.rulings import sanction
from domain.contract import contract_of, decode, encode
from domain.fact import Fact, Recorder
from domain.refused import RULES, Refused
from domain.rules.ladder import Measure, Rung, RungsDecision, months
from tests.unit.machine import oracles
from tests.unit.machine.likely import PUCS, sensible, speak
from tests.unit.machine.oracles import Around, Told
from tests.unit.machine.people import FIRST_DAYS, INPS, OFFICES, SYSTEM, named
from tests.unit.machine.speech import Speaker, ids_in

CASE = named("case")
KINDS: tuple[type, ...] = get_args(CaseEvent)


@dataclass(frozen=True)
class Try:
    """An agency tries an act."""

    act: Act

    def __str__(self) -> str:
        return f"{self.act.by.seat}: {self.act.states}"


@dataclass(frozen=True)
class Wait:
    """Days pass."""

    days: int


@dataclass(frozen=True)
class Strike:
    """The clock puts on record what time alone brings."""


@dataclass(frozen=True)
class Legislate:
    """The law around the case is another one."""

    law: Law


Step = Try | Wait | Strike | Legislate


@dataclass
class Tally:
    """What the steps of a campaign came to."""

    steps: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def unheard(self) -> list[str]:
        """Facts that were never accepted."""
        return sorted({kind.__name__ for kind in KINDS} - set(self.accepted))

    def __str__(self) -> str:
        accepted = ", ".join(f"{name} {count}" for name, count in sorted(self.accepted.items()))
        refused = ", ".join(f"{name} {count}" for name, count in self.refused.most_common())
        facts, refusals = self.accepted.total(), self.refused.total()
        return (
            f"{self.steps} acts: {facts} facts, {self.repeated} repetitions, {refusals} refusals\n"
            f"accepted: {accepted}\nrefused: {refused}"
        )


class Life:
    """A case, its facts as they were told, and the law around it; ``steps`` are those taken so far."""

    def __init__(self, tally: Tally | None = None) -> None:
        self.tally = tally or Tally()
        self.steps: list[Step] = []
        self.facts: list[Fact[Any]] = []
        self.told: list[Told] = []
        self.case = state.Case()
        self.law = Law()
        self.today: date = FIRST_DAYS["ADI"]
        self.seen: dict[str, list[UUID]] = {}
        self.acts: list[Act] = []
        self.count: Counter[type] = Counter()

    # --- what can happen ----------------------------------------------------------------------------------

    def choose(self, rng: Random) -> Step:
        """The next step of a life, by chance."""
        s = Speaker(rng, self.today, self.law, self.case, self.seen)
        way = rng.choices(list(WAYS), list(WAYS.values()))[0]
        if way == "goes on":
            return Try(Act(*speak(s, sensible(s, self.count))))
        if way == "anything":
            return Try(anything(s))
        if way == "corrects" and self.facts:
            return Try(self.correction(s))
        if way == "again" and self.acts:
            return Try(s.pick(self.acts))
        if way == "law":
            return Legislate(some_law(rng, self.today))
        return Strike() if way == "clock" else Wait(rng.randrange(1, 25))

    def correction(self, s: Speaker) -> Act:
        wrong = s.pick(self.facts[-12:] if s.chance(0.5) else self.facts)
        by = s.pick(OFFICES) if s.chance(0.15) else wrong.recorder
        return Act(by, correction(s, wrong))

    def take(self, step: Step) -> None:
        """A step, and a look at everything after it."""
        self.steps.append(step)
        match step:
            case Try(act):
                if isinstance(act.states, e.CaseReferred) and not self.facts:
                    self.today = act.states.referred_on
                self.tries(act)
            case Wait(days):
                self.today += timedelta(days=days)
            case Legislate(law):
                self.law = law
            case Strike():
                self.strikes()
        self.reads()

    def strikes(self) -> None:
        """Until it has nothing more to say; then it is silent for the day, and none of it was refused."""
        for _ in range(5):
            due = clock.due(self.case, self.today)
            for states in due:
                self.tries(Act(SYSTEM, states), sure=True)
            if not due:
                return
        assert not clock.due(self.case, self.today), "the clock never falls silent"

    # --- one act ------------------------------------------------------------------------------------------

    def tries(self, act: Act, sure: bool = False) -> None:
        """One act, with all that must be so whether it is accepted or not."""
        self.tally.steps += 1
        try:
            events = deciding.decide(act, self.law, self.case)
        except Refused as refused:
            assert not sure, f"the clock is refused: {refused}"
            self.is_refused(act, refused)
        else:
            assert deciding.decide(act, self.law, self.case) == events, "decided otherwise the second time"
            self.is_decided(act, events)

    def is_refused(self, act: Act, refused: Refused) -> None:
        assert refused.rule in RULES
        self.tally.refused[refused.rule] += 1
        assert not _must_be_recorded(act, self.case), f"an act of its authority is refused: {refused}"

    def is_decided(self, act: Act, events: list[Any]) -> None:
        if not events:
            self.tally.repeated += 1
            return
        (event,) = events
        assert type(event) is type(act.states)
        assert decode(type(event), json.loads(json.dumps(encode(event)))) == event
        self.is_not_doubled(act.by, event)
        fact = self.envelope(act, event)
        told = _told(fact)
        assert not (found := oracles.broken(told, self.told, self.around())), found
        self.records(act, fact, told)
        again = deciding.decide(act, self.law, self.case)
        assert again == [], f"said twice in a row: {again}"

    def is_not_doubled(self, by: Recorder, event: Any) -> None:
        """What stands already is not told a second time, unless the rules read something else meanwhile.

        What its author is not shown of the others may stand a second time, by her office (decision 31).
        """
        if isinstance(event, e.ObligationEvaluated):
            return
        sees_all = by.kind in ("servizio-sociale", "system") or not isinstance(event, deciding.UNSEEN)
        contract = contract_of(event)
        slot = {name: encode(getattr(event, name)) for name in contract.slot}
        same = [
            each.data
            for each in oracles.standing(self.told)
            if each.name == type(event).__name__ and {n: each.data.get(n) for n in slot} == slot
            if each.agency == by.agency or sees_all
        ]
        stated = _stated(encode(event), contract.stated)
        assert not same or _stated(same[-1], contract.stated) != stated, "told a second time"

    def records(self, act: Act, fact: Fact[Any], told: Told) -> None:
        self.facts.append(fact)
        self.told.append(told)
        before = self.case
        if isinstance(fact.event, e.EventCorrected):
            self.case = state.fold(self.facts)
        else:
            self.case = state.evolve(before, fact)
        assert state.fold(self.facts) == self.case, "the fold says otherwise"
        self.stands_as_told()
        self.acts.append(act)
        self.count[type(fact.event)] += 1
        self.tally.accepted[type(fact.event).__name__] += 1
        for name, each in ids_in(fact.event):
            self.seen.setdefault(name, []).append(each)

    def envelope(self, act: Act, event: Any) -> Fact[Any]:
        """The id of a fact follows from what it says, so that it stays when other steps are left out."""
        said = json.dumps([type(event).__name__, act.by.seat, encode(act.states)], sort_keys=True)
        version, times = len(self.facts) + 1, self.acts.count(act)
        return Fact(
            event_id=uuid5(CASE, f"{said}/{times}"),
            case_id=CASE,
            version=version,
            event=event,
            recorder=act.by,
            known_on=self.today,
            purpose="TAKING_CHARGE",
            command_id=UUID(int=version),
            correlation_id=CASE,
        )

    def around(self) -> Around:
        agreements = tuple((a.party, a.from_on, a.to_on) for a in self.law.agreements)
        return Around((self.law.protocol_from, self.law.protocol_until), self.law.setting, agreements)

    # --- what always holds --------------------------------------------------------------------------------

    def stands_as_told(self) -> None:
        """Nothing is ever deleted or rewritten: the facts are as they were told, the case as they stand."""
        assert [(str(f.event_id), encode(f.event)) for f in self.facts] == [(t.id, t.data) for t in self.told]
        standing = {each.id: each.data for each in oracles.standing(self.told)}
        assert {str(key): encode(fact.event) for key, fact in self.case.facts.items()} == standing
        for ref in self.case.infractions:
            assert standing[str(ref)].get("duty_bearer") != "SERVIZI", (
                "a term of the services is an infraction"
            )

    def reads(self) -> None:
        """Whatever is asked of the case is answered, or refused by a rule."""
        terms.terms_of(self.case)
        clock.due(self.case, self.today)
        for ref in [*self.case.infractions][-8:]:
            infractions.facts_of(self.case, ref)
            infractions.evidence_of(self.case, ref)
            for measure in (Measure.DECADENZA, Measure.DECURTAZIONE):
                self.asks(
                    lambda ref=ref, measure=measure: sanction._judge((ref,), measure, self.law, self.case)
                )
        for member in self.case.members.values():
            observe.member_on(self.case, member, self.today)
        observe.benefit_ended(self.case, self.today)

    def asks(self, question: Callable[[], object]) -> None:
        try:
            question()
        except Refused as refused:
            assert refused.rule in RULES


def _told(fact: Fact[Any]) -> Told:
    person = fact.recorder.person
    written = json.loads(json.dumps(encode(fact.event)))
    name = type(fact.event).__name__
    return Told(str(fact.event_id), name, fact.recorder.agency, person and str(person), written)  # type: ignore[arg-type]


def _stated(data: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: data[name] for name in names if name in data}


def _must_be_recorded(act: Act, case: state.Case) -> bool:
    """An act of its authority on this case, whatever the rules find on it (DOMAIN section 2, no. 4)."""
    states = act.states
    if not isinstance(states, state.Measure) or case.referral is None:
        return False
    by_authority = act.by == INPS and states.authority in ("INPS", "COURT")
    sound = bool(states.act_ref.strip()) and set(states.infraction_refs) <= set(case.facts)
    if isinstance(states, e.DecurtazioneOrdered):
        sound = sound and states.months_fraction in ("1/4", "1", "2")
    return by_authority and sound and states.measure_id not in case.measures


WAYS = {"goes on": 60, "anything": 16, "corrects": 6, "again": 6, "days": 12, "clock": 4, "law": 4}
"""How often a step is of which kind."""


def anything(s: Speaker) -> Act:
    """Any fact by anybody, now and then with a field that nobody would write."""
    by, states = speak(s, s.pick([each for each in KINDS if each not in (e.EventCorrected, e.CaseClosed)]))
    if s.chance(0.5):
        states = garbled(s, states)
    return Act(s.pick(OFFICES) if s.chance(0.25) else by, states)


def garbled(s: Speaker, states: Any) -> Any:
    """The same with one field as anything at all."""
    name = s.pick(contract_of(states).stated)
    other = s.fill(type(states), {})
    return replace(states, **{name: getattr(other, name)})


def correction(s: Speaker, wrong: Fact[Any]) -> e.EventCorrected:
    """A correction of a fact: voided, or with one or two fields as somebody else would have said them."""
    voids = s.chance(0.35)
    value: dict[str, Any] = {}
    if not voids:
        other = encode(s.fill(type(wrong.event), {})) if type(wrong.event) is not e.EventCorrected else {}
        names = [f.name for f in fields(wrong.event) if f.name in other]
        value = {name: other[name] for name in s.rng.sample(names, min(2, len(names)))}
        if s.chance(0.05):
            value["no_such_field"] = 1
    second = s.pick([office.person for office in OFFICES]) if s.chance(0.8) else None
    return e.EventCorrected(
        corrects_event_id=wrong.event_id if s.chance(0.95) else s.new(),
        reason="errore",
        new_value=value,
        voids=voids,
        second_person_id=second,
    )


def some_law(rng: Random, today: date) -> Law:
    """A protocol that runs, has ended or has not begun; agreements and PUC, some of them over."""
    begun = today - timedelta(days=rng.randrange(-30, 200))
    ended = rng.choice((None, None, begun + timedelta(days=rng.randrange(1, 300))))
    rungs = (Rung(Measure.DECURTAZIONE, months("1/4")), Rung(Measure.DECADENZA))
    decided = RungsDecision(
        "PROTOCOLLO-ADI",
        "PAIS_COMMITMENT_BREACH",
        rungs,
        "ASCERTAINED",
        "verbale/1",
        begun + timedelta(days=1),
    )
    begins = today - timedelta(days=90)
    return Law(
        protocol_from=rng.choice((begun, begun, None)),
        protocol_until=ended,
        setting=rng.choice(("PROTOCOLLO-ADI", "PROTOCOLLO-ADI", "ADI-2023")),
        rungs=rng.choice(((), (decided,))),
        agreements=rng.choice(((), (Agreement("ets-casa", "ETS", begins, None),))),
        pucs={
            PUCS[0]: Puc("comune-058091", 10, begins, None),
            PUCS[1]: Puc("comune-058091", 1, begins, None, ((begins, None),)),
            PUCS[2]: Puc("comune-058091", 1, begins, begins),
        },
        unanswered={named("request"): today - timedelta(days=1)},
    )
