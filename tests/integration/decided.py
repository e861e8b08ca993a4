"""Cases that come to decisions, told to a real log: by every rule set, corrected, reviewed, annulled, erased.

The lives are those of the demo, and one that every benefit has: somebody does not come to an appointment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from deploy.demo import breach, controls, history, schooling, work
from deploy.demo.households import Household
from deploy.demo.life import Life, close, convoke, open_case
from deploy.demo.lives import CORRECTIONS, FIRST_DAY, Seldom, annulled, drawn, sanctioned, suspended
from deploy.demo.memory import Memory
from deploy.demo.offices import INPS
from deploy.demo.protocol import protocol_lines, tell_protocol
from deploy.erase import OPERATOR
from deploy.lines import Line, event_of, with_events
from domain.case.commands import Law
from domain.case.events import DecurtazioneOrdered
from domain.catalogue import ACTS
from domain.contract import decode
from domain.ledger import erasing
from domain.ledger.context import Context
from domain.ledger.keys import KeyFile
from domain.ledger.recorder import Command
from domain.ledger.store import PROTOCOL, TABLE, Log
from domain.refused import Refused
from domain.replay import DECISIONS

LAW = Law()
FINAL = timedelta(days=60)
"""After its notifica a measure is final, and holds back no erasure any more."""


def opened(tell: Callable[[Life], None]) -> Callable[[Life], None]:
    def told(life: Life) -> None:
        open_case(life)
        tell(life)

    return told


def missed_appointment(life: Life, benefit: str) -> Line:
    """The applicant does not come to the first appointment."""
    open_case(life, benefit)
    came = [life.household.applicant]
    missed = breach.miss_appointment(life, came[0], convoke(life, came))
    breach.ask_reason(life, missed)
    breach.report_to_inps(life, missed)
    return missed


def not_there(life: Life, benefit: str, fraction: str | None) -> None:
    """Who did not come loses a share of the benefit, or all of it."""
    missed = missed_appointment(life, benefit)
    breach.propose(life, missed, "DECURTAZIONE" if fraction else "DECADENZA")
    breach.report_again(life, missed)
    if fraction:
        breach.order_decurtazione(life, fraction, "la norma del beneficio")
    else:
        breach.order_decadenza(life)


def unproposed(life: Life) -> None:
    """NASpI: nobody may propose it of who has no conditional duty yet; INPS orders it all the same."""
    missed = missed_appointment(life, "NASPI")
    order = {
        "measure_id": life.new_id(),
        "infraction_refs": [event_of(missed)],
        "legal_ref": "D.Lgs. 150/2015 art. 21 c. 7 lett. a)",
        "authority": "INPS",
        "act_ref": f"INPS-INVENTATO-{life.key}",
        "ordered_on": life.wait(15, 35),
        "motivation": "Mancata presentazione",
        "affected_scope": "MEMBER",
        "remedies": breach.REMEDIES,
        "months_charged": [{"month": f"{life.day:%Y-%m}", "share": "1/4"}],
        "months_fraction": "1/4",
        "amount": {"amount": "120.00", "currency": "EUR"},
        "effective_from": f"{life.day:%Y-%m}",
    }
    life.tell("record_decurtazione", INPS, order)
    breach.notify(life, str(order["measure_id"]))


def bound(found: Household) -> bool:
    return found.bound


def of(benefit: str, since: date, fraction: str | None = None) -> Seldom:
    return Seldom(partial(not_there, benefit=benefit, fraction=fraction), bound, since, 60)


KINDS = (
    Seldom(opened(sanctioned), bound),
    of("ADI", date(2024, 2, 5)),
    of("ADI", FIRST_DAY),
    of("REI", date(2018, 3, 5), "1/4"),
    of("RDC", date(2022, 3, 7), "1"),
    Seldom(unproposed, bound),
    Seldom(annulled, bound),
    Seldom(schooling.not_documented, lambda found: bool(found.pupils), within=45),
    Seldom(controls.mendacious),
    Seldom(history.of_the_rdc, lambda found: bool(found.pupils), since=history.BEGAN_ON, within=40),
    Seldom(opened(suspended)),
    Seldom(work.offer_refused, bound),
)


@dataclass(frozen=True)
class Told:
    """A case as the log has it, and who of it may be erased when it is over."""

    case_id: UUID
    decisions: int
    erasable: UUID | None
    last: date


def lives(seed: str) -> Iterator[tuple[Life, UUID | None]]:
    """Lives without end, each kind in its turn, and of every fifth who is erased at its end."""
    register = Memory()
    tell_protocol(register)
    number = 0
    while True:
        for kind in KINDS:
            number += 1
            key = f"{seed}/{number}"
            rng = Random(key)
            life = drawn(key, rng, register, kind)
            with suppress(Refused):  # what was told until then stands
                kind.tell(life)
                _afterwards(life)
            yield life, life.household.applicant.id if _over(life, number) else None


def _afterwards(life: Life) -> None:
    """A review is asked for, a fact is corrected."""
    orders = [fact.event for fact in life.case.all(DecurtazioneOrdered)]
    if orders and "annul_measure" not in life.told and life.rng.random() < 0.3:
        breach.ask_review(life, annulled=life.rng.random() < 0.5)
    if life.case.open and life.rng.random() < 0.5:
        life.rng.choice(CORRECTIONS)(life)


def _over(life: Life, number: int) -> bool:
    """Whether somebody may be erased: every fifth case is closed, where it is not closed already."""
    if number % 5 == 0 and life.case.open:
        with suppress(Refused):
            close(life, "BENEFIT_ENDED")
    return number % 5 == 0 and not life.case.open


# --- into the log ----------------------------------------------------------------------------------------


class Teller:
    """Tells lines to a log, as an import does."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._events: dict[UUID, UUID] = {}
        for line in protocol_lines():
            self._line(line)

    def life(self, life: Life, erasable: UUID | None) -> Told:
        """Tell a case."""
        for line in life.lines:
            self._line(line)
        decided = sum(isinstance(fact.event, DECISIONS) for fact in self.log.facts(life.case_id))
        return Told(life.case_id, decided, erasable, life.day + life.lag)

    def erase(self, told: Told) -> bool:
        """Erase who may be erased, once the case is over; whether the law let it."""
        if told.erasable is None:
            return False
        on = told.last + FINAL
        command = Command("campaign", told.case_id, b"erasure")
        context = Context(OPERATOR, on, "ERASURE", command, told.case_id)
        try:
            erasing.record(self.log, told.erasable, "REQUEST", LAW, context)
        except Refused as refused:
            assert refused.rule == "LEGAL_HOLD", refused
            return False
        assert isinstance(self.log.keys, KeyFile)
        erasing.carry_out(told.erasable, self.log, self.log.keys)
        return True

    def _line(self, line: Line) -> None:
        contract = ACTS[line.act]
        states: Any = decode(contract.type, with_events(line.states, self._events.__getitem__))
        command = Command("campaign", line.command_id, line.to_text().encode())
        context = Context(line.by, line.known_on, line.purpose, command, line.command_id)
        if contract.aggregate == "table":
            stream = TABLE
            self.log.act_on_table(states, context)
        elif line.case_id is None:
            stream = PROTOCOL
            self.log.act_on_protocol(states, context)
        else:
            stream = line.case_id
            self.log.act(stream, states, context, law=LAW)
        self._events[line.command_id] = self.log.facts(stream)[-1].event_id
