"""What each case adds to the indicators of the Tavolo, and how much of it falls in a period.

Rows are counts on days: no member is in them and nothing personal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.case.commands import AS_SHIPPED, Law
from domain.fact import Fact
from domain.indicators.formulas import Atom, Tallies, Tally
from domain.indicators.observations import STOCKS, Observation, observations
from domain.indicators.period import Period
from domain.ledger.mapper import Entry
from projections.view import Connection
from projections.whole import behind, of_a_case

CREATE = """
create table if not exists indicator_cases_v1 (
    case_id uuid primary key,
    version integer not null
);
create table if not exists indicators_v1 (
    case_id    uuid    not null,
    population text    not null,
    day        date    not null,
    grp        text    not null,
    marks      text    not null,   -- in order, a space between
    days       integer,
    until      date,               -- of a stock: the first day on which it no longer holds
    times      integer not null
);
create index if not exists indicators_v1_by_case on indicators_v1 (case_id);
create index if not exists indicators_v1_by_day on indicators_v1 (population, day);
"""

FORGET = "delete from indicators_v1 where case_id = any(%s)"

WRITE = """
insert into indicators_v1 (case_id, population, day, grp, marks, days, until, times)
select * from unnest(%s::uuid[], %s::text[], %s::date[], %s::text[], %s::text[], %s::integer[], %s::date[],
                     %s::integer[])
"""

STAND_AT = """
insert into indicator_cases_v1 select * from unnest(%s::uuid[], %s::integer[])
on conflict (case_id) do update set version = excluded.version
"""

FALLS_IN = """
  from views.indicators_v1
 where case when population = any(%(stocks)s)
            then day <= %(last)s and (until is null or until > %(last)s)
            else day between %(first)s and %(last)s end
"""

TALLY = f"select population, grp, marks, sum(times), count(distinct case_id) {FALLS_IN} group by 1, 2, 3"

MEDIANS = f"""
select population, case when grouping(grp) = 0 then grp end, percentile_cont(0.5) within group (order by days)
{FALLS_IN} and days is not null
 group by grouping sets ((population), (population, grp))
"""


class Indicators:
    """``indicators_v1``. ``facts(case_id)`` gives the facts of a case in clear, e.g. ``Log.facts``."""

    name, version = "indicators", 1
    tables: tuple[str, ...] = ("indicators_v1", "indicator_cases_v1")

    def __init__(self, facts: Callable[[UUID], Sequence[Fact[Any]]], law: Law = AS_SHIPPED) -> None:
        self._facts, self._law = facts, law

    def create(self, connection: Connection) -> None:
        connection.execute(CREATE)

    def wants(self, item: Entry) -> bool:
        return of_a_case(item)

    def apply(self, connection: Connection, batch: Sequence[Entry]) -> None:
        moved = behind(connection, "indicator_cases_v1", batch)
        if moved:
            _replace(connection, {case_id: self._facts(case_id) for case_id in moved}, self._law)


def _replace(connection: Connection, cases: dict[UUID, Sequence[Fact[Any]]], law: Law) -> None:
    rows = [(case_id, seen) for case_id, facts in cases.items() for seen in observations(facts, law)]
    connection.execute(FORGET, [list(cases)], prepare=True)
    connection.execute(
        WRITE,
        [
            [case_id for case_id, _ in rows],
            [seen.population for _, seen in rows],
            [seen.day for _, seen in rows],
            [seen.group for _, seen in rows],
            [_written(seen) for _, seen in rows],
            [seen.days for _, seen in rows],
            [seen.until for _, seen in rows],
            [seen.times for _, seen in rows],
        ],
        prepare=True,
    )
    connection.execute(STAND_AT, [list(cases), [facts[-1].version for facts in cases.values()]], prepare=True)


def _written(seen: Observation) -> str:
    return " ".join(sorted(seen.marks))


@dataclass(frozen=True, slots=True)
class Counted:
    """What a period holds; ``medians`` by population and group, None for all groups together."""

    tallies: Tallies
    medians: dict[tuple[str, str | None], float]


def counted(connection: Connection, period: Period) -> Counted:
    """All that falls in a period, by two queries: the caller's transaction sees that both see the same."""
    asked = {"stocks": sorted(STOCKS), "first": period.first, "last": period.last}
    tallies = {
        Atom(population, group, frozenset(marks.split())): Tally(times, cases)
        for population, group, marks, times, cases in connection.execute(TALLY.encode(), asked)
    }
    medians = {
        (population, group): float(days)
        for population, group, days in connection.execute(MEDIANS.encode(), asked)
    }
    return Counted(tallies, medians)
