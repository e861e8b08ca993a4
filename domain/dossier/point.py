"""What a dossier is made of: points of the law's list, each with lines that name the facts they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar
from uuid import UUID

from domain.contract import Json

T = TypeVar("T")

State = Literal["stated", "missing", "withheld"]
"""``stated``: there are facts. ``missing``: they should be on record and are not. ``withheld``: this reader
may know nothing on the point. A point that is stated can still lack something: see ``missing``."""


@dataclass(frozen=True, slots=True)
class Source:
    """A fact that a line comes from, and the values of it that the line shows or was computed from."""

    event_id: UUID
    version: int
    position: int
    paths: tuple[str, ...] = ()

    def to_json(self) -> Json:
        return {
            "event_id": str(self.event_id),
            "version": self.version,
            "position": self.position,
            "paths": list(self.paths),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a point says. ``value`` is plain JSON: a text, a day, an instant, a code, yes or no."""

    label: str
    value: Json
    sources: tuple[Source, ...]

    def to_json(self) -> Json:
        return {"label": self.label, "value": self.value, "sources": [s.to_json() for s in self.sources]}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: a cell for each column, None where there is nothing to say."""

    cells: tuple[Json, ...]
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Things of one kind, side by side."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def to_json(self) -> Json:
        return {
            "title": self.title,
            "columns": list(self.columns),
            "rows": [
                {"cells": list(row.cells), "sources": [s.to_json() for s in row.sources]} for row in self.rows
            ],
        }


@dataclass(frozen=True, slots=True)
class Point:
    """A point of DOMAIN section 8, as this reader may know it.

    ``basis`` is the law that asks for it. ``notes`` are remarks of the law, not facts of the case.
    """

    number: int
    title: str
    basis: str
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        if self.lines or self.tables:
            return "stated"
        return "missing" if self.missing else "withheld"

    def sources(self) -> Iterator[Source]:
        for line in self.lines:
            yield from line.sources
        for table in self.tables:
            for row in table.rows:
                yield from row.sources

    def to_json(self) -> Json:
        return {
            "number": self.number,
            "title": self.title,
            "basis": self.basis,
            "state": self.state,
            "lines": [line.to_json() for line in self.lines],
            "tables": [table.to_json() for table in self.tables],
            "missing": list(self.missing),
            "notes": list(self.notes),
        }


def tables(*made: Table) -> tuple[Table, ...]:
    """Those that have rows."""
    return tuple(table for table in made if table.rows)


def once(found: Iterable[T]) -> tuple[T, ...]:
    """Each entry once, in order; lines hold lists, which no set takes."""
    kept: list[T] = []
    for each in found:
        if each not in kept:
            kept.append(each)
    return tuple(kept)


def sentences(*said: Iterable[str]) -> tuple[str, ...]:
    """Each sentence once, in order."""
    return tuple(dict.fromkeys(sentence for some in said for sentence in some))
