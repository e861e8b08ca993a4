"""A person whose key is destroyed stops nobody: the case reads on, the discloser goes on."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

from deploy.demo.protocol import protocol_lines
from deploy.demo.walk import MOTHER, walk, walk_case
from deploy.lines import with_events
from domain.case.commands import Law
from domain.catalogue import ACTS
from domain.contract import decode
from domain.ledger.context import Context
from domain.ledger.disclosed import Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.recipients import Enrolled
from domain.ledger.recorder import Command
from domain.ledger.store import Log
from tests.databases import Ledger


def test_after_an_erasure_the_case_folds_and_is_disclosed_to_its_end(ledger: Ledger) -> None:
    log = ledger.log()
    try:
        live(log)
        log.keys.destroy(f"person/{MOTHER.id}")
        assert log.case(walk_case()).measures
        disclosed = Disclosed(log.recorder.pool, log.keys)
        while Discloser(log, disclosed, Enrolled.of(("cpi", "ust", "asl", "comune-058091"))).step():
            pass
        assert disclosed.position() == log.recorder.max_notification_id()
        told = [m.data for m in disclosed.messages("cpi", 0, case_id=walk_case())]
        assert MOTHER.person.name not in str(told)
        assert "{'erased': True}" in str(told)
    finally:
        log.recorder.pool.close()
        log.keys.close()


def live(log: Log) -> None:
    events: dict[UUID, UUID] = {}
    for line in (*protocol_lines(), *(step.line for step in walk())):
        stated = decode(ACTS[line.act].type, with_events(line.states, events.__getitem__))
        context = Context(
            by=line.by,
            known_on=date(2025, 12, 1),
            purpose=line.purpose,
            command=Command("test", line.command_id, b""),
            correlation_id=uuid5(line.command_id, "correlation"),
        )
        if line.case_id is None:
            table = ACTS[line.act].aggregate == "table"
            (log.act_on_table if table else log.act_on_protocol)(stated, context)
        else:
            outcome = log.act(line.case_id, stated, context, law=Law())
            (entry,) = log.after(outcome.first_position - 1, 1)
            events[line.command_id] = entry.fact.event_id
