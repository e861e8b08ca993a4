"""What the interface of an office works with: its own database, and the public key of who issues tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from api.bounds import AS_SHIPPED, Bounds
from api.tokens import Verifier
from domain.contract import Json, encode
from domain.rules.calendar import legal_day
from projections.offices.desk import Office
from projections.view import Connection


@dataclass(frozen=True, slots=True)
class OfficeServices:
    """The office that is served, a pool on its database, who checks tokens, the instant in UTC, where others
    reach it, and how much it takes on.
    """

    recipient: str
    office: Office
    pool: ConnectionPool[Connection]
    verifier: Verifier
    clock: Callable[[], datetime]
    public_url: str = "https://ufficio.example"
    bounds: Bounds = AS_SHIPPED

    @property
    def today(self) -> date:
        return legal_day(self.clock())

    def rows(self, query: str, values: dict[str, Any]) -> list[dict[str, Json]]:
        """The rows of a query, as plain JSON; a column that is null is left out."""
        with self.pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(query.encode(), values).fetchall()
        return [{name: encode(value) for name, value in row.items() if value is not None} for row in found]


async def _services(request: Request) -> OfficeServices:
    return cast(OfficeServices, request.app.state.services)


Given = Annotated[OfficeServices, Depends(_services)]
"""What an endpoint is given to work with."""
