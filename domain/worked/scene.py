"""What a worked sanction asks of a case: which office acts, which patto is meant, what no case can hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from domain.case import observe
from domain.fact import Recorder
from domain.rules.breach import deadline
from domain.rules.deadlines import last_day
from domain.rules.ladder import Infraction, infraction
from domain.rules.rule_set import RuleSet
from domain.worked.life import CPI, SOCIAL_WORKER, CannotHold, Life
from domain.worked.sanction import Facts, SanctionExample

TERMS = {
    "FIRST_APPOINTMENT_NOT_HELD_NO_CONVOCATION": "D1",
    "UPDATE_90D_MISSED": "D2",
    "MINOR_SCHOOLING_NOT_DOCUMENTED": "D18",
}
"""The term whose lapse is an infraction; what starts it is told by :mod:`domain.worked.terms`."""

Kind = Literal["PAIS", "PSP"]


@dataclass(frozen=True)
class Scene:
    """A case that has begun, and the infraction that is to be told in it."""

    life: Life
    example: SanctionExample
    rules: RuleSet
    norm: Infraction

    @property
    def facts(self) -> Facts:
        return self.example.facts

    @property
    def day(self) -> date:
        return self.facts.fact_date

    def rests_on(self, ground: str) -> bool:
        """Whether the infraction rests on such a fact, and the example gives it."""
        return ground in self.norm.data["rests_on"] and getattr(self.facts, ground) is not None

    @property
    def office(self) -> Recorder:
        """The CPI for the NASpI, the patto di servizio and offers of work; else the servizio sociale."""
        psp = self.rests_on("commitment") or self.rests_on("patto")
        of_cpi = self.facts.benefit == "NASPI" or self.rests_on("offer") or (psp and self.kind == "PSP")
        return CPI if of_cpi else SOCIAL_WORKER

    @property
    def kind(self) -> Kind:
        """The patto that is meant; where the example names none, the one of which such a breach is."""
        if self.facts.patto is not None:
            return self.facts.patto.kind
        table = self.rules.data["commitments"]
        of_pais = (*table.get("PAIS", {}).values(), *OF_PAIS)
        return "PAIS" if "PAIS" in table and self.norm.code in of_pais else "PSP"

    @property
    def signed(self) -> bool:
        """Whether that patto is in force on the day of the fact."""
        return "patto" not in self.norm.data if self.facts.patto is None else self.facts.patto.in_force


OF_PAIS = ("ADULT_EDUCATION_18_29_MISSED",)
"""Breaches of a commitment with the servizi sociali that the tables of the rule sets do not name by area."""


def scene(life: Life, example: SanctionExample) -> Scene:
    """The scene of an example; raises CannotHold, or Refused where its rule set knows no such infraction."""
    rules = observe.rules_for(life.case, example.facts.fact_date, example.law)
    if rules.id != example.rule_set:
        raise CannotHold(f"the register applies {rules.id} to a fact of that benefit and day")
    found = Scene(life, example, rules, infraction(rules, example.infraction))
    for why in _obstacles(found):
        raise CannotHold(why)
    return found


def _obstacles(scene: Scene) -> Iterator[str]:
    """Why no case can hold the facts of a scene."""
    facts = scene.facts
    if facts.compulsory_education_done and "only_without_compulsory_education" in scene.norm.data:
        yield "no event says that compulsory education was done"
    if facts.member == "household" and "household" not in scene.norm.bound:
        yield "the duty of one member is never recorded of the household"
    if scene.rests_on("convocation"):
        yield from _convocation(facts)
    if scene.rests_on("term"):
        yield from _term(scene)
    if scene.rests_on("offer") and facts.offer and not 1 <= facts.offer.fte_pct <= 100:
        yield "an offer is of 1 to 100 % of full time"


def _convocation(facts: Facts) -> Iterator[str]:
    told = facts.convocation
    if told is None:
        return
    if told.appointment_on != facts.fact_date:
        yield "who is absent is absent on the day of the appointment, the day of the fact is another"
    if told.sent_on and (
        told.sent_on > told.appointment_on or (told.delivered_on or date.max) < told.sent_on
    ):
        yield "a convocation is sent before it is delivered and before its appointment"


def _term(scene: Scene) -> Iterator[str]:
    term, term_id = scene.facts.term, TERMS.get(scene.norm.code)
    if term is None or term_id is None:
        return
    due, exempt_by_age = deadline(term), scene.facts.member in ("household", "voluntary")
    if last_day(term_id, term.starts_on, scene.rules) != due:
        yield f"{term_id} does not last {term.days} days in the register"
    if (term.as_of > due) != (scene.day > due):
        yield "the question is asked before the end of the term, and the fact comes after it, or the reverse"
    if term.exempt and not (term_id == "D2" and exempt_by_age):
        yield "no event exempts this member from this term"
    if term_id == "D2" and scene.facts.member == "voluntary" and not term.exempt:
        yield "who may volunteer, disabled or aged 60 and over, is exempt from the updates"
