"""Whose rows of the Ambito's views somebody may be shown: those of the cases assigned, of all, of one's desk.

Deny by default. The servizio sociale sees the cases assigned to the person. The Ambito sees every case, in
the lists whose facts its cells of the disclosure matrix show. Any other office sees what lies on its own
desk, and of it only rows whose facts stand disclosed to it: the record of that decides, not a second rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import dict_row

from api.services import Services
from api.who import Who
from domain.contract import Json, encode
from domain.disclosure import may_receive
from domain.ledger.recorder import Pool
from domain.rules.calendar import legal_day
from projections.waiting import EVERY_SIGNATORY

Reach = Literal["mine", "every", "desk"]

MINE = """
shown.case_id = any ((select ledger.cases_assigned())::uuid[])
and exists (select from views.cases_v3 mine
             where mine.case_id = shown.case_id and %(mine)s = any(mine.operators))
"""
"""The second half decides. The first finds the rows by an index: under row-level security PostgreSQL uses one
only for what cannot tell a row that may not be read.
"""

KNOWN = """
not exists (
    select from unnest({events}) as source (event_id)
     where coalesce((select last_word.kind from ledger.disclosed last_word
                      where last_word.event_id = source.event_id and last_word.recipient = %(recipient)s
                      order by last_word.seq desc limit 1), 'withdrawn') = 'withdrawn')
"""
"""Every fact that a row rests on was shown to the recipient, and none was withdrawn since."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees of a view, with the values that the queries ask for."""

    reach: Reach
    values: dict[str, Any]

    def condition(self, on_desk: str, events: str) -> str:
        """As SQL on the row ``shown``: its desk and the facts that it rests on are given as SQL too."""
        if self.reach == "desk":
            return f"({on_desk}) and ({KNOWN.format(events=events)})"
        return MINE if self.reach == "mine" else "true"


def sight(services: Services, who: Who) -> Sight | None:
    """What somebody sees; None for nothing: a body whose withdrawal has effect works on no more cases."""
    asking: dict[str, Any] = {"today": legal_day(services.clock()), "person": who.person}
    if who.kind == "servizio-sociale":
        return Sight("mine", asking | {"mine": who.person or UUID(int=0)})
    if who.kind == "ats":
        return Sight("every", asking)
    recipient = who.reads_as(services.recipients)
    if recipient not in services.enrolled().since or not may_receive(
        services.log.protocol(), recipient, asking["today"]
    ):
        return None
    return Sight("desk", asking | {"recipient": recipient, "desks": list(_desks(who, recipient))})


def _desks(who: Who, recipient: str) -> Iterator[str]:
    yield from (recipient, EVERY_SIGNATORY)
    if who.kind == "asl":
        yield "asl"  # what lies before a unit is not named in the view: what was disclosed to it tells


def rows(pool: Pool, query: str, values: dict[str, Any]) -> list[dict[str, Json]]:
    """The rows of a query, as plain JSON."""
    with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query.encode(), values).fetchall()
    return [{name: encode(value) for name, value in row.items()} for row in found]
