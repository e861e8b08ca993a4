"""What the log holds for the dossier of a measure: the case, who read it, who was shown what, like cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.access.state import fold as fold_access
from domain.case.commands import Law
from domain.case.state import MEASURES
from domain.contract import contract_of, stored_as
from domain.dossier import Comparable, Record, Shown, comparable
from domain.dossier.measure import KINDS
from domain.ledger.recorder import Pool
from domain.ledger.store import PROTOCOL, Log, access_to
from domain.protocol.law import under
from domain.protocol.state import fold as fold_protocol
from domain.reconstruct import as_known, reconstruct

# The few measures of a log are found by their type: ids lie readable beside the sealed values.
CASE_OF = """
select distinct stream_id from ledger.events
 where type like any (%s) and convert_from(sealed, 'UTF8')::jsonb ->> 'measure_id' = %s
"""

LIKE = """
select type, count(distinct stream_id)
  from (select type, stream_id, convert_from(sealed, 'UTF8')::jsonb as said
          from ledger.events
         where type like any (%s) and recorded_at <= %s and stream_id <> %s) as measures
 where said ->> 'rule_set_id' = %s
   and said -> 'inputs' ->> 'infraction' = %s
   and said -> 'inputs' ->> 'occurrence' = %s
 group by type
"""

TOLD = """
select d.recipient, d.seq, d.kind, d.event_id, d.paths, d.disclosed_at,
       (select a.received_at from ledger.acknowledgements a
         where a.recipient = d.recipient and a.received >= d.seq
         order by a.received, a.received_at limit 1)
  from ledger.disclosed d
 where d.stream_id = %s
 order by d.disclosed_at, d.recipient, d.seq
"""

ORDERS = [f"{contract_of(kind).name}.v%" for kind in MEASURES]


def cases_of(pool: Pool, measure_id: UUID) -> list[UUID]:
    """The cases in which a measure of this id was ordered: one, unless an id was used twice."""
    with pool.connection() as connection:
        found = connection.execute(CASE_OF, [ORDERS, str(measure_id)]).fetchall()
    return [case_id for (case_id,) in found]


def moments(pool: Pool) -> tuple[datetime, datetime]:
    """The instant of the last fact of the log, and the present one, by the clock of the log."""
    with pool.connection() as connection:
        row = connection.execute("select recorded_at, clock_timestamp() from ledger.log_head").fetchone()
    assert row is not None
    return row[0], row[1]


def record_of(log: Log, pool: Pool, law: Law, case_id: UUID, measure_id: UUID, as_of: datetime) -> Record:
    """All that the dossier of a measure of this case is made from, as of an instant.

    ``law`` holds the settings of the Ambito; the protocol is read as it was known then.
    """
    facts, accesses = log.facts(case_id), log.facts(access_to(case_id))
    overdue = fold_access(as_known(accesses, as_of)).overdue()
    known = under(fold_protocol(as_known(log.facts(PROTOCOL), as_of)), law)
    found = reconstruct(as_known(facts, as_of), measure_id)
    like = comparable(found.measure) if found else None
    return Record(
        facts=facts,
        accesses=accesses,
        shown=_told(pool, case_id),
        law=replace(known, unanswered=overdue),
        comparable=_like(pool, like, case_id, as_of) if like else {},
    )


def _told(pool: Pool, case_id: UUID) -> list[Shown]:
    with pool.connection() as connection:
        rows = connection.execute(TOLD, [case_id]).fetchall()
    return [
        Shown(who, seq, kind, event_id, tuple(paths), at, had)
        for who, seq, kind, event_id, paths, at, had in rows
    ]


def _like(pool: Pool, like: Comparable, case_id: UUID, as_of: datetime) -> dict[str, int]:
    """The other cases in which the same rule met the same occurrence, by the measure that was ordered."""
    same = [like.rule_set_id, like.infraction, str(like.occurrence)]
    with pool.connection() as connection:
        rows = connection.execute(LIKE, [ORDERS, as_of, case_id, *same]).fetchall()
    return {KINDS[stored_as(type_)[0].type.__name__]: count for type_, count in rows}
