"""A case as somebody may read it at an instant: every value that a point shows goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from domain.case.events import EventCorrected
from domain.case.state import fold
from domain.contract import Json, contract_of, cut, encode, occurred_on
from domain.disclosure import Shown, agency_shown
from domain.dossier.opened import Opened
from domain.dossier.point import Line, Source
from domain.dossier.redaction import Judge, Redaction, Signatory
from domain.fact import Fact
from domain.lazy import lazy

Seen = tuple[Fact[Any], str]
"""A field of a fact, or a value below one (``contact_used[0].value``)."""


class Reader:
    """The facts known at an instant, as corrected by then, with what is open of them."""

    def __init__(
        self, known: Iterable[Fact[Any]], redaction: Redaction, own: frozenset[UUID], opened: Opened
    ) -> None:
        self.known = list(known)
        self.redaction, self.own, self._opened = redaction, own, opened
        self.case = fold(self.known)
        self._raw = {fact.event_id: fact for fact in self.known}

    @property
    def is_judge(self) -> bool:
        return isinstance(self.redaction, Judge)

    @property
    def is_signatory(self) -> bool:
        return isinstance(self.redaction, Signatory)

    def fact(self, event_id: UUID) -> Fact[Any] | None:
        """A fact as it stands; one that a correction voided, as it was recorded."""
        return self.case.facts.get(event_id) or self._raw.get(event_id)

    def sees(self, fact: Fact[Any]) -> bool:
        return fact.event_id in self._opened

    def shown(self, fact: Fact[Any]) -> Shown | None:
        return self._opened.get(fact.event_id)

    def data(self, fact: Fact[Any]) -> Mapping[str, Json]:
        """What is open of a fact."""
        shown = self._opened.get(fact.event_id)
        return cut(encode(fact.event), shown.paths, shown.replaced) if shown else {}

    def value(self, fact: Fact[Any], name: str) -> Json | None:
        """A field as far as it is open; None where it is not, or was never said."""
        return self.data(fact).get(name)

    def has(self, fact: Fact[Any], name: str) -> bool:
        return bool(self._paths(fact, name)) or name == ""

    def rows(self, fact: Fact[Any], name: str) -> Iterator[tuple[Mapping[str, Json], str]]:
        """The entries of a list that are open at all, each with its path."""
        shown = self._opened.get(fact.event_id)
        whole = encode(fact.event).get(name)
        for index, entry in enumerate(whole if shown and isinstance(whole, list) else ()):
            assert shown is not None
            path = f"{name}[{index}]"
            inner = {p[len(path) + 1 :] for p in shown.paths if p.startswith(f"{path}.")}
            said = {p[len(path) + 1 :]: v for p, v in shown.replaced.items() if p.startswith(f"{path}.")}
            if inner and isinstance(entry, dict):
                yield cut(entry, frozenset(inner), said), path

    # --- lines ---------------------------------------------------------------------------------------------

    def line(self, label: str, fact: Fact[Any] | None, name: str) -> tuple[Line, ...]:
        """A field as a line; nothing where it is not open, or was never said."""
        value = self.value(fact, name) if fact else None
        return (Line(label, value, self.source(fact, name)),) if fact and value is not None else ()

    def lines(self, fact: Fact[Any] | None, *named: tuple[str, str]) -> tuple[Line, ...]:
        """Several fields as lines: each with its label."""
        return tuple(line for name, label in named for line in self.line(label, fact, name))

    def told(self, label: str, value: Json, *from_: Seen) -> tuple[Line, ...]:
        """What was computed from facts; nothing unless every value of them is open."""
        if value is None or not all(self.sees(fact) and self.has(fact, name) for fact, name in from_):
            return ()
        return (Line(label, value, self.sources(*from_)),)

    def sources(self, *from_: Seen) -> tuple[Source, ...]:
        return tuple(source for fact, name in from_ for source in self.source(fact, name))

    def source(self, fact: Fact[Any], name: str = "") -> tuple[Source, ...]:
        """A fact with the values shown of it; a field that was corrected is a value of its correction."""
        paths = self._paths(fact, name)
        found = []
        for correction in self._corrections.get(fact.event_id, ()):
            amended = [p for p in paths if p.split(".")[0].split("[")[0] in correction.event.new_value]
            paths = [p for p in paths if p not in amended]
            found.append(_source(correction, [p for p in self._paths(correction, "new_value") if amended]))
        return (_source(fact, paths), *found)

    def _paths(self, fact: Fact[Any], name: str) -> list[str]:
        shown = self._opened.get(fact.event_id)
        if shown is None or not name:
            return []
        return sorted(p for p in shown.paths if p == name or p.startswith((f"{name}.", f"{name}[")))

    @lazy
    def _corrections(self) -> dict[UUID, list[Fact[EventCorrected]]]:
        found: dict[UUID, list[Fact[EventCorrected]]] = {}
        for fact in self.known:
            if isinstance(fact.event, EventCorrected) and isinstance(fact.event.new_value, dict):
                found.setdefault(fact.event.corrects_event_id, []).append(fact)
        return found

    # --- words of the envelope -----------------------------------------------------------------------------

    def agency(self, fact: Fact[Any]) -> str:
        """Who recorded, as this reader may know it."""
        reads_as = self.redaction.recipient if isinstance(self.redaction, Signatory) else "person"
        return agency_shown(fact, reads_as)

    def known_on(self, fact: Fact[Any]) -> date:
        return fact.known_on

    def day(self, fact: Fact[Any]) -> str | None:
        """The day of a fact; None where it is not open to the reader."""
        happened = contract_of(fact.event).happened
        day = occurred_on(fact.event)
        return day.isoformat() if day and happened and self.has(fact, happened) else None


def _source(fact: Fact[Any], paths: Iterable[str]) -> Source:
    return Source(fact.event_id, fact.version, fact.position, tuple(paths))
