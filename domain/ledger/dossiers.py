"""What the log holds for the dossier of a measure: the case, who read it, who was shown what, like cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.access.state import fold as fold_access
from domain.case.commands import Law
from domain.dossier import Record, Redaction, Shown, Signatory, comparable
from domain.ledger.access_logs import Lines
from domain.ledger.recorder import Pool
from domain.ledger.store import PROTOCOL, Log
from domain.protocol.law import under
from domain.protocol.state import fold as fold_protocol
from domain.reconstruct import as_known, reconstruct

TOLD = """
select d.recipient, d.seq, d.kind, d.event_id, d.paths, d.disclosed_at,
       (select a.received_at from ledger.acknowledgements a
         where a.recipient = d.recipient and a.received >= d.seq
         order by a.received, a.received_at limit 1)
  from ledger.disclosed d
 where d.stream_id = %s
 order by d.disclosed_at, d.recipient, d.seq
"""


def moments(pool: Pool) -> tuple[datetime, datetime]:
    """The instant of the last fact of the log, and the present one, by the clock of the log."""
    with pool.connection() as connection:
        row = connection.execute("select recorded_at, clock_timestamp() from ledger.log_head").fetchone()
    assert row is not None
    return row[0], row[1]


def latest(pool: Pool, redaction: Redaction) -> datetime:
    """The instant that is meant where none is named: that of the last fact; so to ask twice is to ask once.

    For a body the present one: what the last facts tell it is sent a moment after them.
    """
    last, now = moments(pool)
    return now if isinstance(redaction, Signatory) else last


def record_of(log: Log, pool: Pool, law: Law, case_id: UUID, measure_id: UUID, as_of: datetime) -> Record:
    """All that the dossier of a measure of this case is made from, as of an instant.

    ``law`` holds the settings of the Ambito; the protocol is read as it was known then.
    """
    facts = log.facts(case_id)
    overdue = fold_access(as_known(log.access_logs.requests(case_id).facts, as_of)).overdue()
    known = under(fold_protocol(as_known(log.facts(PROTOCOL), as_of)), law)
    found = reconstruct(as_known(facts, as_of), measure_id)
    like = comparable(found.measure) if found else None
    return Record(
        facts=facts,
        accesses=Lines(log.access_logs, case_id),
        shown=_told(pool, case_id),
        law=replace(known, unanswered=overdue),
        comparable=log.measures.like(like, case_id, as_of) if like else {},
    )


def _told(pool: Pool, case_id: UUID) -> list[Shown]:
    with pool.connection() as connection:
        rows = connection.execute(TOLD, [case_id]).fetchall()
    return [
        Shown(who, seq, kind, event_id, tuple(paths), at, had)
        for who, seq, kind, event_id, paths, at, had in rows
    ]
