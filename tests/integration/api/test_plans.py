"""No list reads all that there is of what grows: the plans of its statements, in a register of many cases.

PostgreSQL tells the rows that it looked at, also those that it left aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.integration.api.life import CODICE_FISCALE, new_life
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration

GROWS = {"events", "disclosed", "people", "cases_v3", "deadlines_v2", "worklists_v2", "decisions_v1"}

# Of a thousand operators each has four cases; of an office too it is a part of all.
MANY = """
create temporary table made as
select n, md5('case' || n)::uuid as case_id, md5('person' || n / 4)::uuid as person,
       date '2026-01-01' + n % 365 as day
  from generate_series(1, 4000) as n;

insert into views.cases_v3
select case_id, 1, 'ADI', lpad((n % 12)::text, 6, '0'), (array['OPEN', 'MET', 'PATTO_SIGNED'])[1 + n % 3],
       day, null, now(), 2, 0, person, array[person], array['cpi', 'servizio-sociale'] from made;

insert into views.deadlines_v2
select md5(n || term)::uuid, case_id, term, md5('event' || n || term)::uuid, day - 30, day, 'SERVIZI',
       case when term = 'D4a' then 'cpi' else 'servizio-sociale' end, null, null, true, false, true, case_id
  from made, unnest(array['D4a', 'D14', 'D15']) as term;

insert into views.worklists_v2
       (id, stream_id, case_id, worklist, item_id, event_ids, desks, since)
select md5(n || list)::uuid, case_id, case_id, list, md5('item' || n)::uuid,
       array[md5('event' || n || list)::uuid],
       array[case when list = 'referrals_to_answer' then 'cpi' else 'servizio-sociale' end], day
  from made, unnest(array['gepi', 'unsigned_pattos', 'referrals_to_answer']) as list;

insert into ledger.disclosed (recipient, seq, kind, position, event_id, stream_id, version, type, ground,
                              paths, payload)
select recipient, row_number() over (partition by recipient order by n, list), 'fact', n,
       md5('event' || n || list)::uuid, case_id, 1, 'adi.case.case_referred.v1', 'residence', '{}', '\\x'
  from made, unnest(array['D4a', 'referrals_to_answer', 'gepi']) as list,
       unnest(array['cpi', 'ust', 'asl', 'comune-058091']) as recipient
 where recipient <> 'ust' or n % 100 = 0;

insert into ledger.people select sha256(n::text::bytea), md5('member' || n)::uuid, case_id from made;
"""


def fill(register: Register, worker: UUID) -> None:
    """Four thousand cases, four of them the worker's."""
    with psycopg.connect(register.database.owner_url, autocommit=True) as owner:
        for statement in MANY.split(";\n"):
            owner.execute(statement.encode())
        owner.execute(
            "update views.cases_v3 set operators = array[%s] where case_id in"
            " (select case_id from made where n <= 4)",
            [worker],
        )
        for table in ("views.cases_v3", "views.deadlines_v2", "views.worklists_v2", "ledger.disclosed"):
            owner.execute(f"vacuum analyze {table}".encode())


@dataclass(frozen=True)
class Plan:
    """What a statement read: the tables of which it read every row, and how many rows it looked at."""

    whole: frozenset[str]
    rows: int


@contextmanager
def plans() -> Iterator[list[Plan]]:
    """The plans of the statements sent meanwhile."""
    found: list[Plan] = []
    execute: Any = psycopg.Cursor.execute

    def noted(cursor: Any, query: Any, params: Any = None, **more: Any) -> Any:
        text = query if isinstance(query, str) else bytes(query).decode()
        if text.strip().lower().startswith(("select", "with")) and "ledger.append" not in text:
            with cursor.connection.cursor() as beside:
                execute(beside, b"explain (analyze, format json) " + text.encode(), params)
                ((plan,),) = beside.fetchall()
            scans = [each for each in _nodes(plan[0]["Plan"]) if each.get("Relation Name") in GROWS]
            whole = frozenset(each["Relation Name"] for each in scans if each["Node Type"] == "Seq Scan")
            found.append(Plan(whole, sum(map(_looked_at, scans))))
        return execute(cursor, query, params, **more)

    with patch.object(psycopg.Cursor, "execute", noted):
        yield found


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def _looked_at(scan: dict[str, Any]) -> int:
    aside = scan.get("Rows Removed by Filter", 0) + scan.get("Rows Removed by Index Recheck", 0)
    return int(scan["Actual Loops"] * (scan["Actual Rows"] + aside))


ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/cases", {}),
    ("/cases", {"phase": "OPEN"}),
    ("/cases", {"residence_comune": "000001"}),
    ("/cases", {"agency": "cpi"}),
    ("/cases", {"term_id": "D14", "due_before": "2026-02-01"}),
    ("/deadlines", {}),
    ("/deadlines", {"term_id": "D14", "state": "LAPSED"}),
    ("/worklists/gepi", {}),
    ("/worklists/referrals_to_answer", {}),
    ("/inbox", {}),
    ("/decisions", {}),
)

A_PAGE = {"/cases", "/deadlines"}
"""Lists of which a page costs what it shows, whoever asks, with the rows that these rest on."""


def test_no_list_reads_every_row_of_what_grows(register: Register) -> None:
    worker = register.office("servizio-sociale")
    new_life(register).begin()
    register.project()
    fill(register, worker.subject)
    asked = 0
    for agency in ("servizio-sociale", "ats", "cpi", "ust"):
        who = register.office(agency)
        for path, filters in ASKED:
            with plans() as found:
                answer = who.get(path, **filters)
            if answer.status_code == 200:
                asked += 1
                assert not any(plan.whole for plan in found), (agency, path, filters)
                looked_at = sum(plan.rows for plan in found)
                # Of the servizio sociale the four cases of the worker, and one more that the life above made.
                most = 60 if agency == "servizio-sociale" else 1_000 if path in A_PAGE and not filters else 0
                assert looked_at <= most or not most, (agency, path, filters, looked_at)
    with plans() as found:
        worker.post("/case-searches", {"tax_code": CODICE_FISCALE})
    assert not any(plan.whole for plan in found) and sum(plan.rows for plan in found) < 20
    assert asked > 25


def test_a_statement_that_reads_every_row_is_seen(register: Register) -> None:
    fill(register, uuid4())
    with plans() as found, register.services.all_rows.connection() as connection:
        connection.execute("select count(*) from views.worklists_v2 where line is null")
    assert found == [Plan(frozenset({"worklists_v2"}), 12_000)]
