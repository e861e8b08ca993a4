"""For lives that nobody thought of: nobody reads what is another's, and the same question has one answer."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

import pytest

from domain.case import events as e
from domain.case.commands import Law
from domain.case.observe import is_adult
from domain.case.state import fold
from domain.disclosure import entitled
from domain.dossier import Dossier, Judge, Member, Record, Redaction, Shown, Signatory, dossier
from domain.dossier.persons import with_minors
from domain.fact import Fact
from domain.refused import Refused
from tests.unit.dossier.planting import HEALTH, mark, planted
from tests.unit.machine.machine import Life, Tally
from tests.unit.machine.people import RESIDENCE

pytestmark = [pytest.mark.unit, pytest.mark.torture]

LIVES = 400 if os.environ.get("AMBITO_TORTURE") == "1" else 6
STEPS = 150
START = datetime(2018, 1, 1, tzinfo=UTC)
RECIPIENTS = ("cpi", "inps", "ats", "ust", "asl-serd", f"comune-{RESIDENCE}")


@cache
def lives() -> list[tuple[list[Fact[Any]], Law]]:
    return list(_lives())


def _lives() -> Iterator[tuple[list[Fact[Any]], Law]]:
    for number in range(LIVES):
        life, rng = Life(Tally()), Random(f"dossier/{number}")
        for _ in range(STEPS):
            life.take(life.choose(rng))
        facts = planted(life.facts)
        yield [recorded(fact) for fact in facts], life.law


def recorded(fact: Fact[Any]) -> Fact[Any]:
    """With the place in the log that the append would give it."""
    return replace(fact, position=fact.version, recorded_at=START + timedelta(days=fact.version))


def sent(facts: list[Fact[Any]]) -> list[Shown]:
    """What each recipient was sent of a life."""
    return [
        Shown(recipient, seq, "fact", event_id, tuple(sorted(shown.paths)), START + timedelta(days=999))
        for recipient in RECIPIENTS
        for seq, (event_id, shown) in enumerate(entitled(facts, recipient).items(), start=1)
    ]


def measures(facts: list[Fact[Any]]) -> list[UUID]:
    return list(dict.fromkeys(f.event.measure_id for f in facts if isinstance(f.event, e.Ordered)))


def asked(record: Record, measure_id: UUID, redaction: Redaction) -> Dossier | None:
    try:
        return dossier(record, measure_id, START + timedelta(days=1_000), redaction)
    except Refused as refused:
        assert refused.rule in ("NOT_RECORDED", "UNKNOWN_MEMBER")
        return None


def text(made: Dossier) -> str:
    return json.dumps(made.to_json(), ensure_ascii=False)


def test_nobody_reads_what_is_anothers_and_a_judge_nothing_of_health() -> None:
    read = {Judge: 0, Member: 0, Signatory: 0}
    for facts, law in lives():
        record, case = Record(facts, shown=sent(facts), law=law), fold(facts)
        now = max(fact.known_on for fact in facts)
        for measure_id in measures(facts):
            if made := asked(record, measure_id, Judge()):
                read[Judge] += 1
                whole_numbered(made)
                assert HEALTH not in text(made)
                of_others(made, set(case.members) - concerned(facts, measure_id) - minors(case, now))
            for member_id in case.members:
                if made := asked(record, measure_id, Member(member_id)):
                    read[Member] += 1
                    whole_numbered(made)
                    of_others(made, set(case.members) - with_minors(case, member_id, now))
            for recipient in RECIPIENTS:
                if made := asked(record, measure_id, Signatory(recipient)):
                    read[Signatory] += 1
                    whole_numbered(made)
                    was = entitled(facts, recipient)
                    assert all(paths <= was[event_id].paths for event_id, paths in made.opens.items())
    assert all(read.values()), read


def whole_numbered(made: Dossier) -> None:
    """Every point is there, and each says something, what is missing, or that it is withheld."""
    assert [point.number for point in made.points] == list(range(1, 18))
    assert all(point.state in ("stated", "missing", "withheld") for point in made.points)
    assert all(line.sources for point in made.points for line in point.lines), "a line without a source"


def of_others(made: Dossier, others: set[UUID]) -> None:
    said = text(made)
    for person in others:
        assert mark(person) not in said
        assert str(person) not in said


def concerned(facts: list[Fact[Any]], measure_id: UUID) -> set[UUID]:
    """Whom a measure is about: of one that rests on a duty of the household, everybody."""
    by_id = {fact.event_id: fact.event for fact in facts}
    by_id |= {fact.event_id: fact.event for fact in fold(facts).facts.values()}
    orders = [f.event for f in facts if isinstance(f.event, e.Ordered) and f.event.measure_id == measure_id]
    refs = {ref for order in orders for ref in order.infraction_refs}
    proposals = {order.proposal_id for order in orders}
    refs |= {
        ref
        for event in by_id.values()
        if isinstance(event, e.SanctionProposalOpened) and event.proposal_id in proposals
        for ref in event.infraction_refs
    }
    whose = {getattr(by_id[ref], "member_id", None) for ref in refs if ref in by_id}
    return whose if whose and None not in whose else set(fold(facts).members)


def minors(case: Any, now: Any) -> set[UUID]:
    return {member_id for member_id, member in case.members.items() if not is_adult(member, now)}


def test_a_dossier_follows_from_what_is_asked_and_later_facts_do_not_change_it() -> None:
    compared = 0
    for facts, law in lives():
        for measure_id in measures(facts)[:1]:
            at = next(f for f in facts if getattr(f.event, "measure_id", None) == measure_id)
            as_of = at.recorded_at
            assert as_of is not None
            whole = Record(facts, law=law)
            short = Record([fact for fact in facts if fact.version <= at.version], law=law)
            try:
                made = dossier(whole, measure_id, as_of, Judge())
            except Refused:
                continue
            assert made.to_json() == dossier(whole, measure_id, as_of, Judge()).to_json()
            then = dossier(short, measure_id, as_of, Judge())
            assert {s for p in made.points for s in p.sources()} <= {
                s for p in then.points for s in p.sources()
            } | {s for p in made.points for s in p.sources() if s.version <= at.version}
            assert all(s.version <= at.version for p in made.points for s in p.sources())
            compared += 1
    assert compared
