"""`ambito clock`: puts on record what time alone brings, case by case. Safe to run twice, or late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from api.problems import unavailable
from domain.case import clock
from domain.case.commands import Law
from domain.contract import Contract, contract_of, encode
from domain.fact import Recorder
from domain.ledger.context import Context
from domain.ledger.digests import canonical
from domain.ledger.recorder import Command
from domain.ledger.store import Log
from domain.refused import Refused

CLOCK = Recorder("system", "clock")
CLIENT = "clock"


@dataclass(slots=True)
class Done:
    """What a run put on record, by the title of the fact; what was refused, and which cases failed.

    Both are for a person to look at. Of an error only its kind is kept: its text may quote values.
    """

    cases: int = 0
    recorded: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[UUID, str]] = field(default_factory=list)
    failed: list[tuple[UUID, str]] = field(default_factory=list)

    def count(self, contract: Contract) -> None:
        self.recorded[contract.title] = self.recorded.get(contract.title, 0) + 1


def run(log: Log, law: Law, today: date, case_ids: Iterator[UUID], progress: Callable[[Done], None]) -> Done:
    """Every case, one after the other. A case that another act moves meanwhile is seen by the next run."""
    done = Done()
    for case_id in case_ids:
        try:
            _tick(log, law, today, case_id, done)
        except Exception as error:
            if unavailable(error):
                raise  # says nothing of the case: the run ends, and the next one goes on
            # One case that cannot be computed must not stop the terms of all the others.
            done.failed.append((case_id, type(error).__name__))
        done.cases += 1
        progress(done)
    return done


def open_cases(log: Log) -> Iterator[UUID]:
    """Every case that was ever referred, in that order; those closed have nothing due."""
    yield from log.recorder.streams_with("adi.case.case_referred")


def _tick(log: Log, law: Law, today: date, case_id: UUID, done: Done) -> None:
    # Until nothing more is due: an evaluation can follow from a birthday that was just recorded.
    while acts := _due(log, law, case_id, today):
        recorded = 0
        for states in acts:
            try:
                outcome = log.act(case_id, states, _context(case_id, states, today), law=law)
            except Refused as refused:
                done.refused.append((case_id, str(refused)))
                continue
            if outcome.last_position >= outcome.first_position and not outcome.replayed:
                done.count(contract_of(states))
                recorded += 1
        if not recorded:
            return


def _due(log: Log, law: Law, case_id: UUID, today: date) -> list[Any]:
    case = log.case(case_id)
    acts: list[Any] = list(clock.due(case, today, law))
    if case.open:
        overdue = clock.answers_overdue(log.access_logs.state(case_id).overdue().items(), today)
        acts += [lapsed for lapsed in overdue if not clock.said(case, lapsed)]
    return acts


def _context(case_id: UUID, states: Any, today: date) -> Context:
    """The command is named by what it says on which day, so that two clocks never say it twice."""
    said = canonical({"type": contract_of(states).name, "on": today.isoformat(), "data": encode(states)})
    command_id = uuid5(case_id, said.decode())
    return Context(
        by=CLOCK,
        known_on=today,
        purpose="CONTROLS",
        command=Command(CLIENT, command_id, said[:0]),
        correlation_id=command_id,
    )
