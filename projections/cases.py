"""The cases of the Ambito, as its lists show and filter them. Nothing here is personal, so nothing is sealed.

A row follows its case fact by fact. A correction may change what any earlier fact said, so after one the row
is made anew from the whole case; a row never goes back, because it knows the version it stands at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from domain.case.events import (
    AppointmentHeld,
    CaseClosed,
    CaseReferred,
    DecadenzaOrdered,
    DecurtazioneOrdered,
    EquipeFormed,
    EventCorrected,
    HouseholdCompositionRecorded,
    HouseholdConvoked,
    OperatorAssigned,
    OperatorUnassigned,
    PattoDrafted,
    PattoSigned,
    PreliminaryAnalysisCompleted,
)
from domain.case.state import PHASES, Case
from domain.contract import contract_of
from domain.fact import Fact
from domain.ledger.mapper import Entry
from projections.view import Connection

REACHED: dict[type, str] = {
    HouseholdConvoked: "CONVENED",
    AppointmentHeld: "MET",
    PreliminaryAnalysisCompleted: "ANALYSED",
    EquipeFormed: "EM_FORMED",
    PattoDrafted: "PATTO_DRAFTED",
    PattoSigned: "PATTO_SIGNED",
}
"""The phase that a fact leads to, as in :func:`domain.case.state.evolve`; a test holds the two together."""

CREATE = """
create table if not exists views.cases_v1 (
    case_id          uuid primary key,
    version          integer     not null,
    benefit          text,
    residence_comune text,
    phase            text        not null,
    referred_on      date,
    closed_on        date,
    last_recorded_at timestamptz,
    members          integer     not null,
    open_measures    integer     not null,
    operators        uuid[]      not null,   -- with an open assignment
    agencies         text[]      not null,   -- of these operators, or in the team
    kept             jsonb       not null    -- what the next fact needs: assignments, team, measures
);
create index if not exists cases_v1_by_comune on views.cases_v1 (residence_comune, phase);
create index if not exists cases_v1_by_operator on views.cases_v1 using gin (operators);
create index if not exists cases_v1_by_agency on views.cases_v1 using gin (agencies);
"""

READ = """
select case_id, version, benefit, residence_comune, phase, referred_on, closed_on, last_recorded_at, members,
       kept
  from views.cases_v1 where case_id = any(%s)
"""

WRITE = """
insert into views.cases_v1
select r.case_id, r.version, r.benefit, r.residence_comune, r.phase, r.referred_on, r.closed_on,
       r.last_recorded_at, r.members, r.open_measures,
       array(select jsonb_array_elements_text(r.operators::jsonb)::uuid),
       array(select jsonb_array_elements_text(r.agencies::jsonb)), r.kept::jsonb
  from unnest(%s::uuid[], %s::integer[], %s::text[], %s::text[], %s::text[], %s::date[], %s::date[],
              %s::timestamptz[], %s::integer[], %s::integer[], %s::text[], %s::text[], %s::text[])
       as r (case_id, version, benefit, residence_comune, phase, referred_on, closed_on,
             last_recorded_at, members, open_measures, operators, agencies, kept)
on conflict (case_id) do update
   set version = excluded.version, benefit = excluded.benefit, residence_comune = excluded.residence_comune,
       phase = excluded.phase, referred_on = excluded.referred_on, closed_on = excluded.closed_on,
       last_recorded_at = excluded.last_recorded_at, members = excluded.members,
       open_measures = excluded.open_measures, operators = excluded.operators,
       agencies = excluded.agencies, kept = excluded.kept
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list. ``assignments`` are the open ones: person and agency by assignment id."""

    case_id: UUID
    version: int = 0
    benefit: str | None = None
    residence_comune: str | None = None
    phase: str = "UNKNOWN"
    referred_on: date | None = None
    closed_on: date | None = None
    last_recorded_at: datetime | None = None
    members: int = 0
    assignments: dict[str, list[str]] = field(default_factory=dict)
    team: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)

    @property
    def operators(self) -> list[str]:
        return sorted({person for person, _ in self.assignments.values()})

    @property
    def agencies(self) -> list[str]:
        return sorted({agency for _, agency in self.assignments.values()} | set(self.team))


class Cases:
    """``views.cases_v1``. ``fold(case_id)`` gives the case as its facts now tell it, e.g. ``Log.case``."""

    name, version = "cases", 1
    tables: tuple[str, ...] = ("views.cases_v1",)

    def __init__(self, fold: Callable[[UUID], Case]) -> None:
        self._fold = fold

    def create(self, connection: Connection) -> None:
        connection.execute(CREATE)

    def wants(self, item: Entry) -> bool:
        return contract_of(item.fact.event).name.startswith("adi.case.")

    def apply(self, connection: Connection, batch: Sequence[Entry]) -> None:
        cases = list({entry.fact.case_id for entry in batch})
        rows = {row[0]: _read(row) for row in connection.execute(READ, [cases], prepare=True)}
        for entry in batch:
            case_id = entry.fact.case_id
            row = rows.get(case_id, Row(case_id))
            if entry.fact.version <= row.version:
                continue
            if isinstance(entry.fact.event, EventCorrected):
                rows[case_id] = row_of(case_id, self._fold(case_id))
            else:
                rows[case_id] = after(row, entry.fact)
        _write(connection, list(rows.values()))


def after(row: Row, fact: Fact[Any]) -> Row:
    """The row, one fact (not a correction) later."""
    event = fact.event
    row = replace(row, version=fact.version, last_recorded_at=fact.recorded_at)
    if (reached := REACHED.get(type(event))) and row.phase != "CLOSED":
        row = replace(row, phase=max(row.phase, reached, key=PHASES.index))
    match event:
        case CaseReferred():
            return replace(
                row,
                benefit=event.benefit,
                residence_comune=event.residence_comune,
                referred_on=event.referred_on,
                phase="OPEN",
            )
        case OperatorAssigned():
            assigned = [str(event.person_id), event.agency]
            return replace(row, assignments=row.assignments | {str(event.assignment_id): assigned})
        case OperatorUnassigned():
            left = {key: a for key, a in row.assignments.items() if key != str(event.assignment_id)}
            return replace(row, assignments=left)
        case HouseholdCompositionRecorded():
            return replace(row, members=len(event.members))
        case EquipeFormed():
            return replace(row, team=_agencies(event))
        case DecurtazioneOrdered() | DecadenzaOrdered():
            return replace(row, measures=sorted({*row.measures, str(event.measure_id)}))
        case CaseClosed():
            return replace(row, closed_on=event.closed_on, phase="CLOSED")
    return row


def row_of(case_id: UUID, case: Case) -> Row:
    """The row of a whole case."""
    last = max(case.facts.values(), key=lambda fact: fact.version)
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
        members=len(case.household.members) if case.household else 0,
        assignments={str(key): [str(a.person_id), a.agency] for key, a in case.assignments.items()},
        team=_agencies(case.team) if case.team else [],
        measures=sorted(str(measure_id) for measure_id in case.measures),
    )


def _agencies(team: EquipeFormed) -> list[str]:
    # An agency whose key was destroyed is no text any more.
    found: list[object] = [component.agency for component in team.components]
    return sorted({agency for agency in found if isinstance(agency, str)})


def _read(columns: Sequence[Any]) -> Row:
    row = Row(*columns[:-1])
    return replace(row, **columns[-1])


def _write(connection: Connection, rows: Sequence[Row]) -> None:
    connection.execute(
        WRITE,
        [
            [r.case_id for r in rows],
            [r.version for r in rows],
            [r.benefit for r in rows],
            [r.residence_comune for r in rows],
            [r.phase for r in rows],
            [r.referred_on for r in rows],
            [r.closed_on for r in rows],
            [r.last_recorded_at for r in rows],
            [r.members for r in rows],
            [len(r.measures) for r in rows],
            [orjson.dumps(r.operators).decode() for r in rows],
            [orjson.dumps(r.agencies).decode() for r in rows],
            [
                orjson.dumps({"assignments": r.assignments, "team": r.team, "measures": r.measures}).decode()
                for r in rows
            ],
        ],
        prepare=True,
    )
