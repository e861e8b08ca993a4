"""The points of a dossier, put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case.state import fold
from domain.contract import Json, contract_of, instant
from domain.disclosure.convictions import reserved
from domain.dossier import (
    convocation,
    facts,
    integrity,
    matter,
    measure,
    outcome,
    parity,
    patto,
    person,
    persons,
    procedure,
    services,
)
from domain.dossier.opened import opened, own
from domain.dossier.point import Point
from domain.dossier.reader import Reader
from domain.dossier.record import Record
from domain.dossier.redaction import Member, Redaction
from domain.dossier.timeline import Moment, timeline
from domain.fact import Fact
from domain.reconstruct import as_known, reconstruct
from domain.refused import Refused
from domain.rules.calendar import legal_day


@dataclass(frozen=True, slots=True)
class Dossier:
    """The dossier of a measure, as it was known at an instant, for one kind of reader.

    ``opens`` are the values of the log that it shows as they are stored, by event: no others need be opened
    to check it. A fact whose recorder the reader may not know is not among them: its envelope would tell.
    ``recipients`` are the bodies of which the reader may know what they were shown of these facts.
    """

    measure_id: UUID
    case_id: UUID
    title: str
    as_of: datetime
    redaction: Redaction
    points: tuple[Point, ...]
    timeline: tuple[Moment, ...]
    opens: Mapping[UUID, frozenset[str]]
    recipients: frozenset[str]

    def to_json(self) -> Json:
        """The dossier as plain JSON: the same in, the same out."""
        return {
            "measure_id": str(self.measure_id),
            "case_id": str(self.case_id),
            "title": self.title,
            "as_of": instant(self.as_of),
            "for": str(self.redaction),
            "points": [point.to_json() for point in self.points],
            "timeline": [moment.to_json() for moment in self.timeline],
        }


def dossier(record: Record, measure_id: UUID, as_of: datetime, redaction: Redaction) -> Dossier:
    """The dossier of a measure of this case.

    Raises Refused (BAD_VALUE) for an instant before the case or the measure, UNKNOWN_MEMBER for a person
    who was never of the household, NOT_RECORDED where this reader was never told of the measure.
    """
    about = _matter(record, measure_id, as_of, redaction)
    reader = about.reader
    told = (
        measure.measure(about),
        measure.norm(about),
        person.person(about),
        patto.patto(about),
        convocation.convocation(about),
        facts.facts(about),
        facts.reason(about),
        procedure.procedure(about),
        procedure.proportionality(about),
        outcome.report(about),
        outcome.notifica(about),
        parity.parity(about, record.comparable),
    )
    lacked = services.supports(about), services.late(about, legal_day(as_of))
    cited = _cited(reader, (*told, *lacked))
    checked = integrity.integrity(about, record, cited, as_of)
    gaps = integrity.not_there((*told, checked, *lacked), about)
    points = (*told, checked, integrity.left_out(about), gaps, *lacked)
    opens = _opens(reader, points)
    return Dossier(
        measure_id=measure_id,
        case_id=about.measure.case_id,
        title=contract_of(about.measure.event).title,
        as_of=as_of,
        redaction=redaction,
        points=points,
        timeline=timeline(reader, cited),
        opens=opens,
        recipients=integrity.tellable(reader, record, opens.keys(), as_of),
    )


def _opens(reader: Reader, points: Iterable[Point]) -> dict[UUID, frozenset[str]]:
    """What the points show of the case, as it is stored; a value that reads otherwise stays closed."""
    found: dict[UUID, frozenset[str]] = {}
    for source in (source for point in points for source in point.sources()):
        fact = reader.fact(source.event_id)
        shown = reader.shown(fact) if fact else None
        if fact is not None and shown is not None and reader.agency(fact) == fact.recorder.agency:
            kept = frozenset(source.paths) - shown.replaced.keys()
            found[source.event_id] = found.get(source.event_id, frozenset()) | kept
    return found


def _matter(record: Record, measure_id: UUID, as_of: datetime, redaction: Redaction) -> matter.Matter:
    known = as_known(record.facts, as_of)
    if not known:
        raise Refused("BAD_VALUE", "as_of: nothing of the case was on record at that instant")
    found = reconstruct(known, measure_id)
    if found is None:
        raise Refused("BAD_VALUE", "as_of: the measure was not on record at that instant")
    if isinstance(redaction, Member) and redaction.member_id not in fold(record.facts).members:
        raise Refused("UNKNOWN_MEMBER", "the person was never of this household")
    ordered = [f for f in known if isinstance(f.event, e.Ordered) and f.event.measure_id == measure_id]
    secret = reserved(record.facts)
    kept_back = ordered[-1].event_id in secret
    cited = _infractions(known, found.measure, measure_id)
    told = [fact for fact in cited if not (kept_back and fact.event_id in secret)]
    reads_of = own(record, redaction, _concerned(record, found.measure, cited, told))
    open_ = opened(record, known, as_of, redaction, reads_of, secret)
    reader = Reader(known, redaction, reads_of, open_)
    fact = reader.fact(ordered[-1].event_id) or ordered[-1]
    if not reader.sees(fact):
        raise Refused("NOT_RECORDED", "for: this reader was not told of the measure")
    return matter.Matter(
        reader=reader,
        measure=fact,
        proposal=_proposal(reader, fact),
        infractions=tuple(each for ref in told if (each := reader.fact(ref.event_id))),
        found=found,
        law=record.law,
        kept_back=kept_back,
    )


def _infractions(known: Sequence[Fact[Any]], ordered: Any, measure_id: UUID) -> list[Fact[Any]]:
    """What a measure cites, and what the proposal that led to it does."""
    proposals = [f.event for f in known if isinstance(f.event, e.SanctionProposalOpened)]
    refs = [*ordered.infraction_refs]
    refs += [r for p in proposals if p.proposal_id == ordered.proposal_id for r in p.infraction_refs]
    by_id = {fact.event_id: fact for fact in known}
    return [by_id[ref] for ref in dict.fromkeys(refs) if ref in by_id]


def _concerned(
    record: Record, measure: Any, cited: Sequence[Fact[Any]], told: Sequence[Fact[Any]]
) -> frozenset[UUID]:
    """Whom a measure is about: whose the infractions are; of a duty of the household, every adult.

    Where it falls on the household for a conviction, nobody: whose that is would be known by whose facts are
    read.
    """
    today = fold(record.facts)
    infractions = told if measure.affected_scope == "HOUSEHOLD" else cited
    if cited and not infractions:
        return frozenset()
    whose = [getattr(fact.event, "member_id", None) for fact in infractions]
    if whose and all(whose):
        return frozenset(each for each in whose if each)
    last = max(fact.known_on for fact in record.facts)
    return persons.adults(today, last)


def _proposal(reader: Reader, fact: Fact[Any]) -> Fact[e.SanctionProposalOpened] | None:
    if fact.event.proposal_id is None:
        return None
    raw = (f for f in reader.known if isinstance(f.event, e.SanctionProposalOpened))
    found = next((f for f in raw if f.event.proposal_id == fact.event.proposal_id), None)
    return reader.fact(found.event_id) if found else None


def _cited(reader: Reader, points: Iterable[Point]) -> list[Fact[Any]]:
    """The facts that these points come from, in the order of the log."""
    ids = {source.event_id for point in points for source in point.sources()}
    return [reader.fact(fact.event_id) or fact for fact in reader.known if fact.event_id in ids]
