"""A decurtazione as it comes about: decided by the rules, in a household that has a husband too."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access.events import CaseFileAccessed
from domain.case import events as e
from domain.case.commands import Act
from domain.case.decide import decide
from domain.case.state import fold
from domain.contract import contract_of, decode_stored, encode, leaves
from domain.disclosure import entitled
from domain.dossier import Dossier, Judge, Member, Record, Redaction, Shown, dossier
from domain.dossier.point import Point
from domain.fact import Fact
from domain.refused import Refused
from tests.telling import CLOCK, INPS, SOCIAL_WORKER, Said, id_of
from tests.unit.case import world as w

START = datetime(2025, 1, 7, 9, tzinfo=UTC)
NOW = START + timedelta(days=400)
MEASURE = w.new("measure")
JUDGE, MOTHER, HUSBAND = Judge(), Member(w.MOTHER.member_id), Member(w.HUSBAND.member_id)


def lived(*told: Any) -> list[Fact[Any]]:
    """Facts as the register would have recorded them, one a day; what it would refuse, as it is stated."""
    facts: list[Fact[Any]] = []
    for each in told:
        by, states = (each.by, each.event) if isinstance(each, Said) else (_by(each), each)
        try:
            events = decide(Act(by, states), w.WHOLE_LAW, fold(facts))
        except Refused:
            events = [states]  # it can be any history
        for event in events:
            facts.append(_fact(event, id_of(states), by, len(facts) + 1))
    return facts


def _by(event: Any) -> Any:
    if isinstance(event, e.Ordered | e.MeasureNotified | e.MeasureAnnulled | e.PadSigned | e.BenefitGranted):
        return INPS
    return CLOCK if isinstance(event, e.TermLapsed) else SOCIAL_WORKER


def _fact(event: Any, event_id: UUID, by: Any, version: int) -> Fact[Any]:
    at = START + timedelta(days=version)
    return Fact(
        event_id=event_id,
        case_id=w.new("case"),
        version=version,
        event=event,
        recorder=by,
        known_on=at.date(),
        purpose="TAKING_CHARGE",
        command_id=UUID(int=version),
        correlation_id=UUID(int=version),
        position=version + 100,
        recorded_at=at,
    )


def sent(facts: list[Fact[Any]], recipient: str, acknowledged: bool = True) -> list[Shown]:
    """What a recipient was sent of these facts, two days before today."""
    at = NOW - timedelta(days=2)
    return [
        Shown(recipient, seq, "fact", event_id, tuple(sorted(shown.paths)), at, at if acknowledged else None)
        for seq, (event_id, shown) in enumerate(entitled(facts, recipient).items(), start=1)
    ]


def read_by(agency: str, day: int = 300) -> Fact[CaseFileAccessed]:
    at = START + timedelta(days=day)
    event = CaseFileAccessed(
        accessor=w.new(agency),
        agency=agency,
        purpose="ACCESS",
        subject_case_id=w.new("case"),
        as_of=at,
        events_shown=(),
        accessed_at=at,
    )
    return replace(_fact(event, w.new(f"read/{agency}/{day}"), CLOCK, 1), recorded_at=at)


def told(record: Record | list[Fact[Any]], reader: Redaction = JUDGE, as_of: datetime = NOW) -> Dossier:
    record = record if isinstance(record, Record) else Record(record, law=w.WHOLE_LAW)
    return dossier(record, MEASURE, as_of, reader)


def point(made: Dossier, number: int) -> Point:
    return next(point for point in made.points if point.number == number)


def values(made: Dossier, number: int) -> dict[str, Any]:
    return {line.label: line.value for line in point(made, number).lines}


def rows(made: Dossier, number: int, title: str) -> list[tuple[Any, ...]]:
    return [row.cells for table in point(made, number).tables if table.title == title for row in table.rows]


PROPOSED = w.proposal()
CUT = w.decurtazione(proposal_id=PROPOSED.proposal_id)
NOTICE = replace(w.NOTICE, proposal_id=PROPOSED.proposal_id)
REPORTED = w.inps_report(proposal_id=PROPOSED.proposal_id)
BEFORE = (*w.OPENED[:2], w.PAD, *w.OPENED[2:], w.ILL, w.OBLIGED, w.EXCLUDED)
SIGNED = (*BEFORE, w.CONVOKED, w.DELIVERED, w.HELD, w.ANALYSIS, w.TEAM, w.DRAFTED, w.PATTO)
DECIDED = (
    *SIGNED,
    w.MISSED,
    w.asked(),
    w.submitted(),
    w.decided(),
    PROPOSED,
    REPORTED,
    NOTICE,
    CUT,
    w.NOTIFIED,
)


def erased(facts: list[Fact[Any]], person: UUID) -> list[Fact[Any]]:
    """The same facts once the key of a person was destroyed."""
    return [fact.telling(_without(fact.event, person)) for fact in facts]


def _without(event: Any, person: UUID) -> Any:
    data, contract = encode(event), contract_of(event)
    for leaf in leaves(contract.type, data):
        if leaf.personal and leaf.subject == str(person):
            *path, last = [int(s) if s.isdigit() else s for s in re.findall(r"[^.\[\]]+", leaf.path)]
            at = data
            for step in path:
                at = at[step]
            at[last] = {"erased": True}
    return decode_stored(contract.stored_name, data)
