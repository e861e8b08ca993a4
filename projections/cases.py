"""The cases of the Ambito, as its lists show and filter them. Nothing is personal, so nothing is sealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import orjson

from domain.case import events as e
from domain.case.state import Case
from domain.ledger.mapper import Entry
from projections.guard import guard
from projections.linked import linked
from projections.view import Connection
from projections.whole import behind, of_a_case

CREATE = """
create table if not exists cases_v3 (
    case_id          uuid primary key,
    version          integer     not null,
    benefit          text,
    residence_comune text,
    phase            text        not null,
    referred_on      date,
    closed_on        date,
    last_recorded_at timestamptz,
    members          integer     not null,   -- of the household, as the changes on record leave it
    open_measures    integer     not null,   -- neither annulled nor, of a sospensione, lifted
    case_manager     uuid,
    operators        uuid[]      not null,   -- with an open assignment
    agencies         text[]      not null    -- that the case is linked to
);
create index if not exists cases_v3_by_comune on cases_v3 (residence_comune, phase);
create index if not exists cases_v3_by_manager on cases_v3 (case_manager);
create index if not exists cases_v3_by_operator on cases_v3 using gin (operators);
create index if not exists cases_v3_by_agency on cases_v3 using gin (agencies);
"""

OWN = """
(select ledger.reader('kind')) = 'servizio-sociale'
and (select ledger.reader('person'))::uuid = any (operators)
"""

WRITE = """
insert into cases_v3
select * from json_to_recordset(%s) as r (
    case_id uuid, version integer, benefit text, residence_comune text, phase text, referred_on date,
    closed_on date, last_recorded_at timestamptz, members integer, open_measures integer, case_manager uuid,
    operators uuid[], agencies text[])
on conflict (case_id) do update
   set version = excluded.version, benefit = excluded.benefit, residence_comune = excluded.residence_comune,
       phase = excluded.phase, referred_on = excluded.referred_on, closed_on = excluded.closed_on,
       last_recorded_at = excluded.last_recorded_at, members = excluded.members,
       open_measures = excluded.open_measures, case_manager = excluded.case_manager,
       operators = excluded.operators, agencies = excluded.agencies
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list."""

    case_id: UUID
    version: int
    benefit: str | None
    residence_comune: str | None
    phase: str
    referred_on: date | None
    closed_on: date | None
    last_recorded_at: datetime | None
    members: int
    open_measures: int
    case_manager: UUID | None
    operators: list[str]
    agencies: list[str]


class Cases:
    """``cases_v3``. ``fold(case_id)`` gives the case as its facts now tell it, e.g. ``Log.case``."""

    name, version = "cases", 3
    tables: tuple[str, ...] = ("cases_v3",)

    def __init__(self, fold: Callable[[UUID], Case]) -> None:
        self._fold = fold

    def create(self, connection: Connection) -> None:
        connection.execute(CREATE)
        # By the row itself: which cases are a person's is asked of this table.
        guard(connection, "cases_v3", assigned=OWN)

    def wants(self, item: Entry) -> bool:
        return of_a_case(item)

    def apply(self, connection: Connection, batch: Sequence[Entry]) -> None:
        moved = behind(connection, "cases_v3", batch)
        _write(connection, [row_of(case_id, self._fold(case_id)) for case_id in moved])


def row_of(case_id: UUID, case: Case) -> Row:
    """The row of a whole case."""
    last = next(reversed(case.facts.values()))
    referral = case.referral
    return Row(
        case_id=case_id,
        version=case.version,
        benefit=referral.benefit if referral else None,
        residence_comune=referral.residence_comune if referral else None,
        phase=case.phase,
        referred_on=referral.referred_on if referral else None,
        closed_on=case.closed_on,
        last_recorded_at=last.recorded_at,
        members=len(case.members_on(date.max)),
        open_measures=len(case.measures.keys() - over(case)),
        case_manager=case.case_manager.person_id if case.case_manager else None,
        operators=sorted({str(a.person_id) for a in case.assignments.values()}),
        agencies=linked(case),
    )


def over(case: Case) -> frozenset[UUID]:
    """Measures that bite no more: annulled, or a sospensione that was lifted."""
    return case.annulled | {fact.event.measure_id for fact in case.all(e.SuspensionLifted)}


def _write(connection: Connection, rows: Sequence[Row]) -> None:
    if not rows:
        return
    connection.execute(WRITE, [orjson.dumps(rows).decode()], prepare=True)
