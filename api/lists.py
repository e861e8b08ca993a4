"""Lists of cases, from the view of the Ambito or from what was disclosed to a seat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from api.problems import Wrong, bad_value
from domain.contract import Json, encode
from domain.ledger.recorder import Pool


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is asked for."""

    phase: str | None
    residence_comune: str | None
    operator: UUID | None
    cursor: UUID | None
    limit: int

    def refuse_any(self) -> None:
        """A filter on what the reader may not read would tell it."""
        for name in ("phase", "residence_comune", "operator"):
            if getattr(self, name) is not None:
                raise bad_value(Wrong(name, "is no filter for your agency"))


@dataclass(frozen=True, slots=True)
class Listing:
    """A query by name of its parameters: those of :class:`Filters`, and who may see."""

    query: str

    def rows(self, pool: Pool, asked: Filters, **seen_by: Any) -> list[dict[str, Json]]:
        names = ("phase", "residence_comune", "operator", "cursor", "limit")
        values = {name: getattr(asked, name) for name in names} | seen_by
        with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(self.query, values).fetchall()
        return [{name: encode(value) for name, value in row.items()} for row in rows]


AMBITO = Listing("""
    select case_id, benefit, residence_comune, phase, version, referred_on, closed_on, last_recorded_at,
           members, open_measures
      from views.cases_v2
     where (%(mine)s::uuid is null or %(mine)s = any(operators))
       and (%(phase)s::text is null or phase = %(phase)s)
       and (%(residence_comune)s::text is null or residence_comune = %(residence_comune)s)
       and (%(operator)s::uuid is null or %(operator)s = any(operators))
       and (%(cursor)s::uuid is null or case_id > %(cursor)s)
     order by case_id limit %(limit)s
""")

# A case whose every row was withdrawn is not listed: the last word on each fact counts; an erasure is none.
SHOWN = Listing("""
    select stream_id as case_id, max(version) as version
      from (select distinct on (event_id) stream_id, version, kind
              from ledger.disclosed
             where recipient = %(recipient)s and (%(cursor)s::uuid is null or stream_id > %(cursor)s)
               and type like 'adi.case.%%'
             order by event_id, seq desc) last_words
     where kind not in ('withdrawn', 'erasure')
     group by stream_id order by stream_id limit %(limit)s
""")
