"""The indicators of the Tavolo over a period, as JSON or CSV: figures of the whole Ambito, never of a case.

Whoever sits at the Tavolo reads all of them, but for the school office: those on infractions and measures are
left out of its answer. What is hidden is chosen on the whole answer first, so less is never more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from starlette.responses import Response

from api.caller import Caller
from api.json import Json
from api.parameters import at_position
from api.paths import BASE
from api.problems import Wrong, bad_value
from api.reached import Look, reached
from api.services import Given
from api.tables import AS_CSV, Accept, Format, as_csv, table
from api.who import Who
from domain.contract import Json as JsonValue
from domain.indicators.formulas import (
    INDICATORS,
    ON_SANCTIONS,
    Cell,
    Indicator,
    cells_of,
    times,
    value_of,
)
from domain.indicators.period import Period, last_twelve_months, period
from domain.indicators.suppression import hidden
from domain.ledger.recorder import Pool
from domain.refused import Refused
from domain.rules.calendar import legal_day
from projections.indicators import Counted, Indicators, counted

NO_SANCTIONS = frozenset({"ust"})
"""Kinds of agency that are told nothing of sanctions, not even how many."""

Position = Annotated[Look, Depends(reached(Indicators))]
Month = Annotated[str | None, Query(max_length=7, pattern="^[0-9]{4}-[0-9]{2}$")]


def add_routes(app: FastAPI) -> None:
    app.add_api_route(
        f"{BASE}/indicators",
        list_indicators,
        methods=["GET"],
        operation_id="list_indicators",
        tags=["indicators"],
        response_model=None,
        responses={200: AS_CSV},
    )


def list_indicators(
    who: Caller,
    services: Given,
    look: Position,
    from_month: Annotated[Month, Query(alias="from")] = None,
    to_month: Annotated[Month, Query(alias="to")] = None,
    format: Format = None,
    accept: Accept = "*/*",
) -> Response:
    """The indicators of the Tavolo, I1 to I19: of whole calendar quarters or of twelve months, all over.

    Without a period, of the last twelve months. Counts under 5 are suppressed, and what would tell them.
    """
    at = look()
    asked = _period(from_month, to_month, services)
    rows = _rows(_counted(services.all_rows, asked), who)
    return _csv(asked, rows, at) if as_csv(format, accept) else _json(asked, rows, at)


def _period(from_month: str | None, to_month: str | None, services: Given) -> Period:
    today = legal_day(services.clock())
    if from_month is None and to_month is None:
        return last_twelve_months(today)
    if from_month is None or to_month is None:
        raise bad_value(Wrong("from" if from_month is None else "to", "is missing: a period has two ends"))
    try:
        return period(from_month, to_month, today)
    except Refused as refused:
        where, _, because = refused.because.partition(": ")
        raise bad_value(Wrong(where, because)) from None


def _counted(pool: Pool, asked: Period) -> Counted:
    with pool.connection() as connection, connection.transaction():
        # Totals and medians must be of the same rows.
        connection.execute("set transaction isolation level repeatable read, read only")
        return counted(connection, asked)


# --- figures -----------------------------------------------------------------------------------------------


def _rows(found: Counted, who: Who) -> list[tuple[Cell, dict[str, JsonValue]]]:
    """Every cell that the caller is told of, with its figure."""
    cells = [cell for indicator in INDICATORS for cell in cells_of(indicator, found.tallies)]
    concealed = hidden(cells, found.tallies)
    told = [cell for cell in cells if not (cell.indicator.id in ON_SANCTIONS and who.kind in NO_SANCTIONS)]
    return [(cell, _figure(cell, found, cell in concealed)) for cell in told]


def _figure(cell: Cell, found: Counted, suppressed: bool) -> dict[str, JsonValue]:
    if suppressed:
        return {"value": None, "numerator": None, "denominator": None, "suppressed": True}
    population = cell.denominator.population if cell.denominator else ""
    numbers = [
        times(count.of(found.tallies), found.tallies) if count else None
        for count in (cell.numerator, cell.denominator)
    ]
    return {
        "value": value_of(cell, found.tallies, found.medians.get((population, cell.group))),
        "numerator": numbers[0],
        "denominator": numbers[1],
        "suppressed": False,
    }


def _json(asked: Period, rows: Sequence[tuple[Cell, dict[str, JsonValue]]], at: int) -> Response:
    items: dict[Indicator, dict[str, JsonValue]] = {}
    for cell, figure in rows:
        if cell.group is None:
            items[cell.indicator] = _described(cell.indicator) | figure | {"by": []}
        else:
            items[cell.indicator]["by"].append({"group": cell.group} | figure)
    first, last = asked.months
    body = {"period": {"from": first, "to": last}, "items": list(items.values()), "next_cursor": None}
    return Json(body, headers={"Vary": "Accept"} | at_position(at))


def _described(indicator: Indicator) -> dict[str, JsonValue]:
    names = ("id", "measure", "title", "formula", "legal_ref", "unit")
    return {name: getattr(indicator, name) for name in names} | {"breakdown": indicator.by}


# --- CSV --------------------------------------------------------------------------------------------------

COLUMNS = (
    "from",
    "to",
    "id",
    "measure",
    "title",
    "unit",
    "breakdown",
    "group",
    "value",
    "numerator",
    "denominator",
    "suppressed",
)


def _csv(asked: Period, rows: Sequence[tuple[Cell, dict[str, JsonValue]]], at: int) -> Response:
    first, last = asked.months
    lines = [
        {"from": first, "to": last, "group": cell.group} | _described(cell.indicator) | figure
        for cell, figure in rows
    ]
    return table(f"indicators-{first}-{last}", COLUMNS, lines, at=at)
