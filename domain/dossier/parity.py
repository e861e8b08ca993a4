"""Point 12: how comparable cases were treated. Counts of cases, the small ones hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.contract import Json
from domain.dossier.matter import Matter
from domain.dossier.point import Point, Row, Table, tables
from domain.indicators.suppression import SMALL


@dataclass(frozen=True, slots=True)
class Comparable:
    """What makes two measures comparable: the same rules, the same infraction, the same occurrence."""

    rule_set_id: str
    infraction: str
    occurrence: int


def comparable(measure: Any) -> Comparable | None:
    """To which others a measure can be compared; None where it cites no infraction that stands."""
    return comparable_by(measure.rule_set_id, measure.inputs)


def comparable_by(rule_set_id: object, inputs: Json) -> Comparable | None:
    """The same, from what a measure stores."""
    if not isinstance(rule_set_id, str) or not isinstance(inputs, dict):
        return None
    infraction, occurrence = inputs.get("infraction"), inputs.get("occurrence")
    if not isinstance(infraction, str) or not isinstance(occurrence, int):
        return None
    return Comparable(rule_set_id, infraction, occurrence)


def parity(matter: Matter, others: Mapping[str, int]) -> Point:
    """12. What was ordered in the other cases in which the same rule met the same occurrence."""
    told = matter.reader.sees(matter.measure) and not matter.kept_back
    rows = _rows(matter, others) if told and comparable(matter.measure.event) else ()
    return Point(
        12,
        "La parità di trattamento",
        "Cost. art. 97; L. 241/1990 art. 1",
        tables=tables(Table("Casi comparabili di questo Ambito", ("Misura ordinata", "Casi"), rows)),
        missing=matter.lacks(
            rows or matter.kept_back, "Nessun altro caso comparabile è nel registro a questa data."
        ),
        notes=(
            "Comparabili sono gli altri fascicoli in cui le stesse regole hanno letto la stessa violazione "
            f"per la stessa volta. I numeri da 1 a {SMALL - 1} non si mostrano.",
        ),
    )


HIDDEN = "meno di 5"


def _rows(matter: Matter, others: Mapping[str, int]) -> tuple[Row, ...]:
    seen = matter.reader.source(matter.measure, "rule_set_id")
    rows = [Row((what, _shown(count)), seen) for what, count in sorted(others.items()) if count]
    small = [count for count in others.values() if 0 < count < SMALL]
    if rows and not small:
        # With a cell hidden the sum would give it away.
        rows.append(Row(("In tutto", sum(others.values())), seen))
    return tuple(rows)


def _shown(count: int) -> Json:
    return count if count >= SMALL else HIDDEN
