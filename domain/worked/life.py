"""An invented case, told act by act to `decide`: what stands in it the register has accepted."""

from datetime import date
from typing import Any, TypeVar
from uuid import UUID, uuid5

from domain.case.commands import Act, Law
from domain.case.decide import decide
from domain.case.events import CaseEvent
from domain.case.state import Case, evolve
from domain.fact import Fact, Recorder

WORLD = UUID("5b0f2c1e-7f0a-5d6b-9d63-0f6c1a8f7c11")


def new(name: str) -> UUID:
    """A made-up id by name: the same example makes the same case."""
    return uuid5(WORLD, name)


def _operator(agency: str, role: str) -> Recorder:
    return Recorder(agency, role, new(f"operator/{agency}"))


SOCIAL_WORKER = _operator("servizio-sociale", "SOCIAL_WORKER")
CPI = _operator("cpi", "EMPLOYMENT_OPERATOR")
COMUNE_CODE = "999999"
COMUNE = _operator(f"comune-{COMUNE_CODE}", "CLERK")
INPS = Recorder("inps", "machine")
CLOCK = Recorder("system", "machine")


E = TypeVar("E", bound=CaseEvent)


def stated(kind: type[E], **values: Any) -> E:
    """A fact as an office states it: what the rules compute of it is left out."""
    return kind(**values)


class CannotHold(Exception):
    """No case can hold these facts as events: the rules alone judge them. It says why."""


class Life:
    """A case and the law around it, one act after the other."""

    def __init__(self, law: Law) -> None:
        self.law = law
        self.case = Case()

    def copy(self) -> "Life":
        """The same case so far, to try in it what the case itself is not told."""
        other = Life(self.law)
        other.case = self.case
        return other

    def tell(self, by: Recorder, states: CaseEvent, on: date) -> UUID:
        """The id of the fact that an act leads to, learnt on a day; raises Refused as the register does."""
        (event,) = decide(Act(by, states), self.law, self.case)
        version = self.case.version + 1
        event_id = new(f"event/{version}")
        self.case = evolve(
            self.case,
            Fact(
                event_id=event_id,
                case_id=new("case"),
                version=version,
                event=event,
                recorder=by,
                known_on=on,
                purpose="TAKING_CHARGE",
                command_id=new(f"command/{version}"),
                correlation_id=new("case"),
            ),
        )
        return event_id
