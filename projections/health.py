"""How well the register keeps up, as its database tells: no case, no person, only counts and ages.

Any login that may read the log can ask. An age is that of the first thing that waits; 0 where nothing does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.rows import class_row

from projections.deadlines import OF_OFFICES
from projections.view import Connection

LOG = """
select h.position,
       h.position - d.position as undisclosed,
       coalesce(extract(epoch from clock_timestamp() - shown_next.recorded_at), 0)::float8
         as undisclosed_seconds,
       (select count(distinct stream_id) from ledger.parked) as parked_cases,
       h.position - t.size as unsigned,
       coalesce(extract(epoch from clock_timestamp() - signed_next.recorded_at), 0)::float8
         as unsigned_seconds,
       c.size as checkpoint_size,
       extract(epoch from clock_timestamp() - c.made_at)::float8 as checkpoint_seconds
  from ledger.log_head h
 cross join ledger.disclosed_head d
 cross join ledger.tree_head t
  left join ledger.events shown_next on shown_next.position = d.position + 1
  left join ledger.events signed_next on signed_next.position = t.size + 1
  left join ledger.checkpoints c on c.number = t.number
"""

# An acknowledgement counts in the epoch in which it was said: who has not met the new one has nothing of it.
RECIPIENTS = """
select r.recipient,
       coalesce(last.seq, 0) as disclosed,
       relayed.seq as relayed,
       case when relayed.seq is null then 0
            else coalesce(extract(epoch from clock_timestamp() - relayed_next.disclosed_at), 0) end::float8
         as unrelayed_seconds,
       coalesce(said.applied, 0) as applied,
       coalesce(extract(epoch from clock_timestamp() - applied_next.disclosed_at), 0)::float8 as lag_seconds,
       (select count(distinct d.stream_id) from ledger.disclosed d
         where d.recipient = r.recipient and d.seq = any(said.parked)) as parked_cases
  from unnest(%s::text[]) with ordinality as r (recipient, n)
 cross join ledger.log_head h
  left join lateral (
       select max(d.seq) as seq from ledger.disclosed d where d.recipient = r.recipient) last on true
  left join ledger.relayed on relayed.recipient = r.recipient
  left join lateral (
       select a.log_epoch, a.applied, a.parked from ledger.acknowledgements a
        where a.recipient = r.recipient order by a.id desc limit 1) said on said.log_epoch = h.log_epoch
  left join ledger.disclosed relayed_next
    on relayed_next.recipient = r.recipient and relayed_next.seq = relayed.seq + 1
  left join ledger.disclosed applied_next
    on applied_next.recipient = r.recipient and applied_next.seq = coalesce(said.applied, 0) + 1
 order by r.n
"""

# Of a view that was replaced by a newer version the older rows stay, and nobody keeps them level.
VIEWS = """
select p.view, p.version, p.position,
       h.position - p.position as lag,
       coalesce(extract(epoch from clock_timestamp() - next.recorded_at), 0)::float8 as lag_seconds,
       (select count(distinct case_id) from views.parked k
         where k.view = p.view and k.version = p.version) as parked_cases
  from (select distinct on (view) view, version, position from views.progress order by view, version desc) p
 cross join ledger.log_head h
  left join ledger.events next on next.position = p.position + 1
 order by p.view
"""

TERMS = """
select count(*) as overdue,
       min(due_on) as oldest_due_on,
       count(*) filter (where by_clock) as unrecorded,
       min(due_on) filter (where by_clock) as oldest_unrecorded_on
  from (select due_on, not lapse_recorded and not term_id = any(%s) as by_clock
          from views.deadlines_v2
         where due_on < %s and kept_on is null and may_lapse and stands_for_all) lapsed
"""

KEPT = """
select to_regclass('views.progress') is not null and to_regclass('views.parked') is not null,
       to_regclass('views.deadlines_v2') is not null
"""


@dataclass(frozen=True, slots=True)
class LogHealth:
    """The log: its last position, and what of it was not yet disclosed, or not yet signed.

    ``parked_cases`` could not be disclosed: nobody is shown what follows in them.
    """

    position: int
    undisclosed: int
    undisclosed_seconds: float
    parked_cases: int
    unsigned: int
    unsigned_seconds: float
    checkpoint_size: int | None
    checkpoint_seconds: float | None


@dataclass(frozen=True, slots=True)
class RecipientHealth:
    """One recipient: the last seq there is for it, handed to Kafka (None: never), acknowledged as applied.

    ``lag_seconds`` is the age of the first row that it has not applied, ``unrelayed_seconds`` that of the
    first one that Kafka does not have.
    """

    recipient: str
    disclosed: int
    relayed: int | None
    unrelayed_seconds: float
    applied: int
    lag_seconds: float
    parked_cases: int

    @property
    def lag(self) -> int:
        """Rows shown and not yet applied."""
        return self.disclosed - self.applied

    @property
    def unrelayed(self) -> int:
        """Rows shown and not yet handed to Kafka; 0 where nothing ever was: then there is no Kafka."""
        return 0 if self.relayed is None else self.disclosed - self.relayed


@dataclass(frozen=True, slots=True)
class ViewHealth:
    """One of the Ambito's views, in the version that is read."""

    view: str
    version: int
    position: int
    lag: int
    lag_seconds: float
    parked_cases: int


@dataclass(frozen=True, slots=True)
class TermsHealth:
    """Terms that are over and were not kept. ``unrecorded``: of these, those that ``ambito clock`` has not
    put on record yet."""

    overdue: int
    oldest_due_on: date | None
    unrecorded: int
    oldest_unrecorded_on: date | None


@dataclass(frozen=True, slots=True)
class Health:
    """All of it at one moment; without views where none was ever made."""

    log: LogHealth
    recipients: tuple[RecipientHealth, ...]
    views: tuple[ViewHealth, ...]
    terms: TermsHealth | None


def health(connection: Connection, recipients: Sequence[str], today: date) -> Health:
    """How well the register keeps up with these recipients; ``today`` judges the terms."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        positions, terms = connection.execute(KEPT).fetchone() or (False, False)
        return Health(
            log=_rows(connection, LogHealth, LOG)[0],
            recipients=tuple(_rows(connection, RecipientHealth, RECIPIENTS, list(recipients))),
            views=tuple(_rows(connection, ViewHealth, VIEWS)) if positions else (),
            terms=_rows(connection, TermsHealth, TERMS, [*OF_OFFICES, "D13"], today)[0] if terms else None,
        )


def _rows(connection: Connection, kind: type[Any], query: str, *arguments: Any) -> list[Any]:
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query.encode(), arguments).fetchall()
