"""Facts day by day, each under its Italian name: those that a dossier cites, or all of a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from domain.case.events import TermLapsed
from domain.contract import Json, contract_of, instant
from domain.fact import Fact
from domain.rules.deadlines import norms


@dataclass(frozen=True, slots=True)
class Moment:
    """A fact on the timeline.

    ``day`` is that of the fact where the reader may know it, else the day on which it became known;
    ``known_on`` when who recorded it learnt of it.
    """

    day: date
    of_the_fact: bool
    title: str
    article: str
    agency: str
    known_on: date
    recorded_at: str | None
    event_id: UUID
    position: int

    def to_json(self) -> Json:
        return {
            "day": self.day.isoformat(),
            "of_the_fact": self.of_the_fact,
            "title": self.title,
            "article": self.article,
            "agency": self.agency,
            "known_on": self.known_on.isoformat(),
            "recorded_at": self.recorded_at,
            "event_id": str(self.event_id),
            "position": self.position,
        }


class Reader(Protocol):
    """For whom the timeline is drawn: what is open to it of a fact, and of the envelope."""

    def data(self, fact: Fact[Any]) -> Mapping[str, Json]: ...

    def day(self, fact: Fact[Any]) -> str | None:
        """The day of the fact; None where it is not open."""

    def known_on(self, fact: Fact[Any]) -> date: ...

    def agency(self, fact: Fact[Any]) -> str: ...


def timeline(reader: Reader, facts: Iterable[Fact[Any]]) -> tuple[Moment, ...]:
    """By the day of the fact, then in the order of the log."""
    moments = (_moment(reader, fact) for fact in facts)
    return tuple(sorted(moments, key=lambda moment: (moment.day, moment.position)))


def _moment(reader: Reader, fact: Fact[Any]) -> Moment:
    day = reader.day(fact)
    return Moment(
        day=date.fromisoformat(day) if day else reader.known_on(fact),
        of_the_fact=day is not None,
        title=_title(reader, fact),
        article=_article(fact),
        agency=reader.agency(fact),
        known_on=reader.known_on(fact),
        recorded_at=instant(fact.recorded_at) if fact.recorded_at else None,
        event_id=fact.event_id,
        position=fact.position,
    )


def _title(reader: Reader, fact: Fact[Any]) -> str:
    """The Italian term; of a term that lapsed, also which."""
    title = contract_of(fact.event).title
    if isinstance(fact.event, TermLapsed) and reader.data(fact).get("term_id"):
        return f"{title} {fact.event.term_id} ({norms()[fact.event.term_id].title})"
    return title


def _article(fact: Fact[Any]) -> str:
    """What the docstring of a fact cites, all after its Italian term; of a term, where that is from."""
    if isinstance(fact.event, TermLapsed):
        return norms()[fact.event.term_id].legal_ref
    text = " ".join((type(fact.event).__doc__ or "").split())
    return text.partition(". ")[2].rstrip(".")
