"""A dossier in words: what the page and the paper print, every value a text already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.dossiers.words import READERS, STATES, citation, said
from domain.contract import Json
from domain.italian import in_words


@dataclass(frozen=True, slots=True)
class Shown:
    """A line or a row: its texts, and the positions of the facts it comes from."""

    texts: tuple[str, ...]
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: tuple[str, ...]
    rows: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Point:
    number: int
    title: str
    basis: str
    state: str
    state_said: str
    lines: tuple[Shown, ...]
    tables: tuple[Table, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    day: date
    day_said: str
    title: str
    article: str
    agency: str
    position: int
    event_id: str
    known_late: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole dossier; ``reader`` is the version, never a name."""

    title: str
    reader: str
    as_of: str
    measure_id: str
    case_id: str
    points: tuple[Point, ...]
    moments: tuple[Moment, ...]

    @property
    def gaps(self) -> int:
        """How many things should be on record and are not."""
        return len(self.points[14].missing)


LATE = 10
"""Days after which a fact that became known is said to be known late (I18 counts the same)."""


def sheet(dossier: Mapping[str, Json]) -> Sheet:
    """The words of a dossier, from its JSON: the same JSON, the same words."""
    return Sheet(
        title=dossier["title"],
        reader=READERS[dossier["for"].partition(":")[0]],
        as_of=said(dossier["as_of"]),
        measure_id=dossier["measure_id"],
        case_id=dossier["case_id"],
        points=tuple(_point(point) for point in dossier["points"]),
        moments=tuple(_moment(moment) for moment in dossier["timeline"]),
    )


def _point(point: Mapping[str, Json]) -> Point:
    return Point(
        number=point["number"],
        title=point["title"],
        basis=point["basis"],
        state=point["state"],
        state_said=STATES[point["state"]],
        lines=tuple(_shown([line["label"], line["value"]], line["sources"]) for line in point["lines"]),
        tables=tuple(_table(table) for table in point["tables"]),
        missing=tuple(point["missing"]),
        notes=tuple(point["notes"]),
    )


def _table(table: Mapping[str, Json]) -> Table:
    rows = tuple(_shown(row["cells"], row["sources"]) for row in table["rows"])
    return Table(table["title"], tuple(table["columns"]), rows)


def _shown(values: Sequence[Json], sources: Sequence[Mapping[str, Json]]) -> Shown:
    positions = sorted({source["position"] for source in sources})
    return Shown(tuple(said(value) for value in values), tuple(positions))


def _moment(moment: Mapping[str, Json]) -> Moment:
    day, known = date.fromisoformat(moment["day"]), date.fromisoformat(moment["known_on"])
    late = moment["of_the_fact"] and (known - day).days > LATE
    return Moment(
        day=day,
        day_said=in_words(day),
        title=moment["title"],
        article=citation(moment["article"]),
        agency=said(moment["agency"]),
        position=moment["position"],
        event_id=moment["event_id"],
        known_late=in_words(known) if late else None,
    )


def sentence(moment: Mapping[str, Json]) -> str:
    """A fact of a timeline in one sentence, as the page prints it."""
    told = _moment(moment)
    late = f" Conosciuto il {told.known_late}." if told.known_late else ""
    return f"{told.day_said}: {told.title} – {told.agency}.{late}"
