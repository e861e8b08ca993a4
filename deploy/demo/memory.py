"""A register in memory: lines are decided and folded as the log would, without a database."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from deploy.lines import Line, with_events
from domain.case import state
from domain.case.commands import Act, Law
from domain.case.decide import decide
from domain.case.events import EventCorrected
from domain.case.state import Case
from domain.catalogue import ACTS
from domain.contract import decode
from domain.fact import Fact
from domain.protocol.decide import decide as decide_protocol
from domain.protocol.state import Protocol
from domain.protocol.state import fold as fold_protocol

PROTOCOL = UUID(int=0)


def event_id(command_id: UUID) -> UUID:
    """The made-up id of the one event that a command of these lives leads to."""
    return uuid5(command_id, "event")


class Memory:
    """What the log would hold after the lines told so far. Raises Refused as the register does."""

    def __init__(self) -> None:
        self.facts: dict[UUID, list[Fact[Any]]] = {PROTOCOL: []}
        self.cases: dict[UUID, Case] = {}

    @property
    def protocol(self) -> Protocol:
        return fold_protocol(self.facts[PROTOCOL])

    @property
    def law(self) -> Law:
        protocol = self.protocol
        return Law(protocol_from=protocol.effective_on, protocol_until=protocol.ended_on)

    def tell(self, line: Line) -> list[Fact[Any]]:
        """Decide a line and keep its facts; none where it repeats what is on record."""
        states: Any = decode(ACTS[line.act].type, with_events(line.states, event_id))
        stream = line.case_id or PROTOCOL
        told = self.facts.setdefault(stream, [])
        if line.case_id is None:
            events: list[Any] = list(decide_protocol(line.by, states, self.protocol))
        else:
            events = list(decide(Act(line.by, states), self.law, self.case(stream)))
        facts = [_fact(line, stream, len(told) + 1, event) for event in events]
        told.extend(facts)
        if facts and line.case_id is not None:
            self._evolve(stream, facts)
        return facts

    def case(self, case_id: UUID) -> Case:
        return self.cases.get(case_id, Case())

    def _evolve(self, case_id: UUID, facts: list[Fact[Any]]) -> None:
        for fact in facts:
            corrects = isinstance(fact.event, EventCorrected)
            case = state.fold(self.facts[case_id]) if corrects else state.evolve(self.case(case_id), fact)
            self.cases[case_id] = case


def _fact(line: Line, stream: UUID, version: int, event: Any) -> Fact[Any]:
    return Fact(
        event_id=event_id(line.command_id),
        case_id=stream,
        version=version,
        event=event,
        recorder=line.by,
        known_on=line.known_on,
        purpose=line.purpose,
        command_id=line.command_id,
        correlation_id=line.command_id,
    )
