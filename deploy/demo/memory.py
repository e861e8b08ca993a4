"""A register in memory: lines are decided and folded as the log would, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from deploy.lines import Line, with_events
from domain.case import state
from domain.case.commands import Act, Law
from domain.case.decide import decide
from domain.case.events import EventCorrected, PucAssigned
from domain.case.state import Case
from domain.catalogue import ACTS
from domain.contract import decode
from domain.fact import Fact
from domain.protocol.decide import decide as decide_protocol
from domain.protocol.law import under
from domain.protocol.state import Protocol
from domain.protocol.state import fold as fold_protocol
from domain.table.decide import decide as decide_table
from domain.table.state import Table
from domain.table.state import fold as fold_table

PROTOCOL, TABLE = UUID(int=0), UUID(int=1)


def event_id(command_id: UUID) -> UUID:
    """The made-up id of the one event that a command of these lives leads to."""
    return uuid5(command_id, "event")


class Memory:
    """What the log would hold after the lines told so far. Raises Refused as the register does."""

    def __init__(self) -> None:
        self.facts: dict[UUID, list[Fact[Any]]] = {PROTOCOL: [], TABLE: []}
        self.cases: dict[UUID, Case] = {}
        self._seats: dict[UUID, list[tuple[date, date | None]]] = {}

    @property
    def protocol(self) -> Protocol:
        return fold_protocol(self.facts[PROTOCOL])

    @property
    def table(self) -> Table:
        return fold_table(self.facts[TABLE])

    @property
    def law(self) -> Law:
        law = under(self.protocol, Law())
        pucs = {key: replace(puc, taken=tuple(self._seats.get(key, ()))) for key, puc in law.pucs.items()}
        return replace(law, pucs=pucs)

    def tell(self, line: Line) -> list[Fact[Any]]:
        """Decide a line and keep its facts; none where it repeats what is on record."""
        states: Any = decode(ACTS[line.act].type, with_events(line.states, event_id))
        table = ACTS[line.act].aggregate == "table"
        stream = line.case_id or (TABLE if table else PROTOCOL)
        told = self.facts.setdefault(stream, [])
        if table:
            events: list[Any] = list(decide_table(line.by, states, self.table, self.protocol))
        elif line.case_id is None:
            approved = self.table.approved_minutes
            events = list(decide_protocol(line.by, states, self.protocol, approved))
        else:
            events = list(decide(Act(line.by, states, line.known_on), self.law, self.case(stream)))
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
            if isinstance(fact.event, PucAssigned):
                self._seats.setdefault(fact.event.puc_id, []).append((fact.event.start_on, fact.event.end_on))
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
