"""Where the policy fails, PostgreSQL still shows each reader her own rows alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api import desks, lists
from api.gate import UNKNOWN_AFTER
from api.policy import Decision
from domain.case.state import fold
from domain.ledger.access_logs import access_to
from domain.ledger.reading import NOBODY, Reader, read_as, take_in_hand
from tests.databases import Ledger
from tests.integration.api.life import Life, assignment, new_life, sign
from tests.integration.api.office import Office, Register, register_on
from tests.integration.api.test_decisions import project as decide_again
from tests.integration.api.test_desks import project

pytestmark = pytest.mark.integration

Seen = dict[str, frozenset[Any]]
"""The cases of the rows that a reader is shown, by table."""

OPEN = {
    *("log_head", "tiles", "checkpoints", "tree_head", "log_keys", "cosignatures"),
    *("acknowledgements", "recipients", "rule_sets"),
}
"""Tables of the ledger that any reader may read: evidence, keys, texts of the law; of no case."""

TABLES = {
    "ledger.events": "stream_id",
    "ledger.disclosed": "stream_id",
    "views.cases_v3": "case_id",
    "views.deadlines_v2": "case_id",
    "views.worklists_v2": "case_id",
    "views.decisions_v1": "case_id",
}

ON_A_DESK_UNTOLD = """
insert into views.worklists_v2
       (id, stream_id, case_id, worklist, item_id, event_ids, desks, since)
select gen_random_uuid(), stream_id, case_id, worklist, item_id, event_ids, array['ust'], since
  from views.worklists_v2 where 'cpi' = any (desks) and worklist = 'referrals_to_answer'
"""
"""A row on the desk of the school office that rests on what was shown to the CPI alone."""


class World:
    """Two cases of two social workers; of the first a member was sent to the CPI, and reported missing."""

    def __init__(self, register: Register) -> None:
        sign(register)
        self.register = register
        self.mine, self.other = self._life("mine"), self._life("other")
        self.mine.refer_to_cpi().to_proposal().to_measure()
        self.other.to_proposal().to_measure()
        self.left, self.voided, self.back = (self._corrected(name) for name in ("left", "voided", "back"))
        self.educator = register.office("ats", "SOCIAL_OPERATOR")
        self.mine.tell("assignments", assignment(self.educator, "ats", "SOCIAL_OPERATOR"), self.educator)
        project(register)
        decide_again(register)
        with psycopg.connect(register.database.owner_url) as owner:
            owner.execute(ON_A_DESK_UNTOLD)
        self.worker, self.stranger = self.mine.worker, register.office("servizio-sociale", person="stranger")
        self.cpi = register.office("cpi", "EMPLOYMENT_OPERATOR")

    def _life(self, person: str) -> Life:
        life = new_life(self.register)
        life.worker = self.register.office("servizio-sociale", person=person)
        return life.begin().to_patto()

    def _corrected(self, name: str) -> Office:
        """One who left, one whose assignment was voided, one whose end was corrected, and then voided."""
        office, life = self.register.office("servizio-sociale", person=name), self.mine
        named = assignment(office)
        ended = {"assignment_id": named["assignment_id"], "until": "2026-06-30", "reason": "REPLACED"}
        event = life.tell("assignments", named)["event_ids"][0]
        if name != "voided":
            event = life.tell("unassignments", ended)["event_ids"][0]
        correction = {"corrects_event_id": event, "reason": "errore"}
        if name == "back":
            life.tell("corrections", correction | {"new_value": {"reason": "LEFT_OFFICE"}})
        if name != "left":
            life.tell("corrections", correction | {"new_value": {}, "voids": True})
        return office

    def seen(self, reader: Reader, in_hand: UUID | None = None) -> Seen:
        """What every table shows to a reader, with a case in hand, whatever is asked of it."""
        read_as(reader)
        if in_hand is not None:
            take_in_hand(in_hand, access_to(in_hand))
        try:
            with self.register.services.pool.connection() as connection:
                return {
                    table: frozenset(
                        row[0]
                        for row in connection.execute(f"select distinct {column} from {table}".encode())
                    )
                    for table, column in TABLES.items()
                }
        finally:
            read_as(NOBODY)

    @property
    def readers(self) -> dict[str, tuple[Reader, UUID | None]]:
        mine, other = self.mine.case_id, self.other.case_id
        worker, cpi = _of_the_services(self.worker), Reader("cpi", "cpi", self.cpi.subject)
        return {
            "nobody": (NOBODY, mine),
            "the Ambito": (Reader("ats"), None),
            "the Ambito with a case": (Reader("ats"), mine),
            "who is assigned": (worker, mine),
            "who is assigned, to another case": (worker, other),
            "who is assigned to nothing": (_of_the_services(self.stranger), mine),
            "who has left": (_of_the_services(self.left), mine),
            "the id of an educator of the Ambito": (_of_the_services(self.educator), mine),
            "whose assignment was voided": (_of_the_services(self.voided), mine),
            "whose end was voided": (_of_the_services(self.back), mine),
            "the person of another agency": (Reader("ets", "ets", self.worker.subject), mine),
            "the CPI": (cpi, None),
            "the CPI with its case": (cpi, mine),
            "the CPI with another case": (cpi, other),
            "the school office": (Reader("ust", "ust"), mine),
        }

    def everything(self) -> dict[str, Seen]:
        return {name: self.seen(*reader) for name, reader in self.readers.items()}

    def streams(self, where: str) -> frozenset[Any]:
        """The streams of some facts that are on record, or were shown to somebody."""
        found = self.register.query(f"select distinct stream_id from ledger.{where}")
        return frozenset(row[0] for row in found)


def _of_the_services(office: Office) -> Reader:
    return Reader("servizio-sociale", None, office.subject)


def _cases(connection: psycopg.Connection[Any], table: str) -> frozenset[Any]:
    query = f"select distinct {TABLES[table]} from {table}"
    return frozenset(row[0] for row in connection.execute(query.encode()))


NOTHING: Seen = dict.fromkeys(TABLES, frozenset())


def expected(world: World) -> dict[str, Seen]:
    """By hand: who may be shown rows of which cases."""
    mine, both = frozenset({world.mine.case_id}), frozenset({world.mine.case_id, world.other.case_id})
    to_cpi, to_ust = (
        world.streams(f"disclosed where recipient = '{recipient}'") for recipient in ("cpi", "ust")
    )
    protocol = world.streams("events where type like 'adi.protocol.%%'")
    of_the_case = mine | _filled(world, access_to(world.mine.case_id))
    views = [table for table in TABLES if table.startswith("views.")]
    every, own = dict.fromkeys(views, both), dict.fromkeys(views, mine)
    assigned = own | {"ledger.events": of_the_case | protocol, "ledger.disclosed": mine}
    desk = {"views.deadlines_v2": mine, "views.worklists_v2": mine}
    cpi = desk | {"ledger.events": to_cpi, "ledger.disclosed": to_cpi}
    shown: dict[str, Seen] = {
        "nobody": {},
        "the Ambito": every,
        "the Ambito with a case": every | {"ledger.events": of_the_case},
        "who is assigned": assigned,
        "who is assigned, to another case": own | {"ledger.events": protocol},
        "who is assigned to nothing": {"ledger.events": protocol},
        "who has left": {"ledger.events": protocol},
        # The lists know a person by her id alone, the case by her agency too.
        "the id of an educator of the Ambito": own | {"ledger.events": protocol},
        "whose assignment was voided": {"ledger.events": protocol},
        "whose end was voided": assigned,
        "the person of another agency": {},
        "the CPI": cpi,
        "the CPI with its case": cpi | {"ledger.events": to_cpi | of_the_case},
        "the CPI with another case": cpi,
        "the school office": {"ledger.events": to_ust, "ledger.disclosed": to_ust},
    }
    return {name: NOTHING | seen for name, seen in shown.items()}


def _filled(world: World, stream: UUID) -> frozenset[Any]:
    """A stream, where it has a fact."""
    return frozenset({stream}) if world.register.services.log.facts(stream) else frozenset()


@pytest.fixture(scope="module")
def world(shared_ledger: Ledger) -> Iterator[World]:
    with register_on(shared_ledger) as register:
        made = World(register)
        made.worker.get(f"/cases/{made.mine.case_id}")  # leaves a line in the access log
        yield made


# --- who is shown what -------------------------------------------------------------------------------------


def test_a_read_that_does_not_say_who_reads_is_shown_nothing(world: World) -> None:
    with world.register.services.pool.connection() as connection:
        for table in TABLES:
            assert connection.execute(f"select 1 from {table} limit 1".encode()).fetchone() is None, table
    assert world.register.query("select 1 from ledger.events limit 1")


def test_each_reader_is_shown_the_rows_that_are_hers_and_no_other(world: World) -> None:
    assert world.everything() == expected(world)


def test_of_what_is_at_hand_a_reader_is_given_what_her_own_connection_shows(world: World) -> None:
    """The register reads the streams first, then each reader, and the register again: nobody spoils them."""
    services, case_id = world.register.services, world.mine.case_id
    streams = {stream: services.log.facts(stream) for stream in (case_id, access_to(case_id))}
    given: dict[str, list[int]] = {}
    for name, (reader, in_hand) in world.readers.items():
        read_as(reader)
        if in_hand is not None:
            take_in_hand(in_hand, access_to(in_hand))
        try:
            for stream in streams:
                shown = services.reading.recorder.select_events(stream)
                facts = services.reading.facts(stream)
                assert [f.event_id for f in facts] == [row.event_id for row in shown], (name, stream)
                given.setdefault(name, []).append(len(facts))
        finally:
            read_as(NOBODY)
        assert all(services.log.facts(stream) == facts for stream, facts in streams.items()), name
    whole = [len(facts) for facts in streams.values()]
    assert given["who is assigned"] == given["the CPI with its case"] == whole
    assert given["nobody"] == given["who has left"] == given["the school office"] == [0, 0]
    assert 0 < given["the CPI"][0] < whole[0] and given["the CPI"][1] == 0


def test_what_one_request_says_of_its_reader_is_gone_before_the_next(world: World) -> None:
    read_as(Reader("ats"))
    pool = world.register.services.pool
    try:
        with pool.connection() as connection:
            assert connection.execute("select 1 from views.cases_v3").fetchone()
    finally:
        read_as(NOBODY)
    for _ in range(8):
        with pool.connection() as connection:
            assert connection.execute("select ledger.reader('kind')").fetchone() == (None,)
            assert connection.execute("select 1 from views.cases_v3").fetchone() is None
        connection = pool.getconn()
        assert connection.execute("select 1 from views.cases_v3").fetchone() is None
        pool.putconn(connection)


def test_a_reader_can_write_nothing_and_become_nobody_else(world: World) -> None:
    with psycopg.connect(world.register.database.app_url, autocommit=True) as app:
        app.execute("set role ambito_reader")
        may = app.execute(
            "select proname::text from pg_proc where pronamespace = 'ledger'::regnamespace"
            " and has_function_privilege(oid, 'execute') order by 1"
        ).fetchall()
        rights = app.execute(
            "select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = current_user"
        )
        assert rights.fetchone() == (False,)
    assert [name for (name,) in may] == ["all_shown", "cases_assigned", "reader", "streams_in_hand"]


def test_every_table_that_a_reader_may_read_has_policies_or_is_of_no_case(world: World) -> None:
    """A new table is granted to nobody who reads, unless somebody says so and says whose its rows are."""
    found = world.register.query(
        "select n.nspname || '.' || c.relname, c.relrowsecurity,"
        " (select count(*) from pg_policy p where p.polrelid = c.oid)"
        " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname in ('ledger', 'views', 'beside', 'public') and c.relkind in ('r', 'p', 'v', 'm')"
        " and has_table_privilege('ambito_reader', c.oid, 'select')"
    )
    assert {name for name, guarded, policies in found if guarded and policies} == TABLES.keys()
    assert {name for name, guarded, _ in found if not guarded} == {f"ledger.{name}" for name in OPEN}


# --- the first wall falls ----------------------------------------------------------------------------------


def without_the_first_wall(patch: pytest.MonkeyPatch) -> None:
    """Everybody is allowed everything, and no list is filtered by who may see."""
    for module in ("caller", "readers", "extracts"):
        patch.setattr(f"api.{module}.allowed", lambda *_: Decision.ALLOWED)
    patch.setattr(desks.Sight, "condition", lambda *_: "true")
    patch.setattr(lists, "DISCLOSED", lists.DISCLOSED.replace("recipient = %(recipient)s", "true"))


def given_to(world: World, by: Office, case_id: UUID, measure: UUID) -> dict[str, str]:
    paths = {
        "show_case": f"/cases/{case_id}",
        "list_events": f"/cases/{case_id}/events",
        "list_accesses": f"/cases/{case_id}/accesses",
        "list_readers": f"/cases/{case_id}/readers",
        "reconstruct_measure": f"/measures/{measure}/reconstruction",
        "list_cases": "/cases",
        "list_deadlines": "/deadlines",
        "show_timeline": f"/cases/{case_id}/timeline",
        "show_inbox": "/inbox",
        "show_worklist": "/worklists/measures_without_report",
        "list_decisions": "/decisions",
    }
    return {name: by.get(path).text for name, path in paths.items()}


def distinctive(world: World, life: Life) -> set[str]:
    """Ids of the facts of a case, and of the case itself."""
    facts = world.register.services.log.facts(life.case_id)
    return {str(fact.event_id) for fact in facts} | {str(life.member), "Marrocù"}


def leaked(world: World, by: Office) -> set[str]:
    """The routes that give somebody a value of the case of others."""
    values = distinctive(world, world.other)
    given = given_to(world, by, world.other.case_id, world.other.measure)
    found = {name for name, text in given.items() if any(value in text for value in values)}
    many = {"list_cases", "list_deadlines", "show_worklist", "show_inbox", "list_decisions"}
    return found | {name for name in many if str(world.other.case_id) in given[name]}


@pytest.fixture
def strangers(world: World) -> dict[str, Office]:
    """Offices to which the other case is nothing: colleagues, and two that were not told of it."""
    return {
        "who is assigned to nothing": world.stranger,
        "who is assigned elsewhere": world.worker,
        "the CPI": world.cpi,
        "the school office": world.register.office("ust", "SCHOOL"),
    }


def test_where_the_policy_lets_everybody_in_nobody_reads_the_case_of_others(
    world: World, strangers: dict[str, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_first_wall(monkeypatch)
    assert {name: leaked(world, by) for name, by in strangers.items()} == {name: set() for name in strangers}
    # It is the wall that keeps them out, not an error: who has the case reads it all the same.
    assert "list_events" in leaked(world, world.other.worker)


def test_control_without_row_level_security_they_do(
    world: World, strangers: dict[str, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_first_wall(monkeypatch)
    with without_row_level_security(world):
        found = leaked(world, world.stranger)
    assert {"show_case", "list_events", "reconstruct_measure", "list_cases", "list_decisions"} <= found


@contextmanager
def without_row_level_security(world: World) -> Iterator[None]:
    with psycopg.connect(world.register.database.owner_url, autocommit=True) as owner:
        for verb in ("disable", "enable"):
            for table in TABLES:
                owner.execute(f"alter table {table} {verb} row level security".encode())
            if verb == "disable":
                yield


def test_a_case_is_gone_for_who_is_unassigned_with_the_next_request(world: World) -> None:
    life = new_life(world.register).begin()
    colleague = world.register.office("servizio-sociale", person="leaves")
    named = assignment(colleague)
    life.tell("assignments", named)
    path = f"/cases/{life.case_id}"
    reader = Reader("servizio-sociale", None, colleague.subject)
    assert colleague.get(path).status_code == 200
    assert life.case_id in world.seen(reader, life.case_id)["ledger.events"]
    ended = {"assignment_id": named["assignment_id"], "until": "2026-06-30", "reason": "REPLACED"}
    life.tell("unassignments", ended)
    for each in (path, f"{path}/events", f"{path}/accesses"):
        assert colleague.get(each).status_code == 404
    assert life.case_id not in world.seen(reader, life.case_id)["ledger.events"]


def test_what_is_hidden_and_what_is_not_there_are_told_alike(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[float] = []

    async def sleep(seconds: float) -> None:
        held.append(seconds)

    monkeypatch.setattr("api.gate.asyncio.sleep", sleep)
    hidden = f"/cases/{world.other.case_id}"
    for tail in ("", "/events", "/accesses", "/readers", "/timeline"):
        first, second = world.worker.get(hidden + tail), world.worker.get(f"/cases/{UUID(int=7)}{tail}")
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert first.headers.keys() == second.headers.keys()
    assert len(held) == 10 and all(0 <= seconds <= UNKNOWN_AFTER for seconds in held)
    world.worker.get(f"/cases/{world.mine.case_id}")
    assert len(held) == 10


def test_the_wall_counts_assignments_as_the_case_does(world: World) -> None:
    """Assigned, ended, the end voided, the assignment voided: whatever is corrected, both say the same."""
    life = new_life(world.register).begin()
    colleague = world.register.office("servizio-sociale", person="corrected")
    reader = Reader("servizio-sociale", None, colleague.subject)
    named = assignment(colleague)
    ended = {"assignment_id": named["assignment_id"], "until": "2026-06-30", "reason": "REPLACED"}

    def both() -> tuple[bool, bool]:
        case = fold(world.register.services.log.facts(life.case_id))
        seen = life.case_id in world.seen(reader, life.case_id)["ledger.events"]
        return case.assigned(colleague.subject, "servizio-sociale"), seen

    def voided(event_id: str) -> None:
        correction = {"corrects_event_id": event_id, "reason": "errore", "new_value": {}, "voids": True}
        life.tell("corrections", correction)

    assert both() == (False, False)
    assigned = life.tell("assignments", named)["event_ids"][0]
    assert both() == (True, True)
    end = life.tell("unassignments", ended)["event_ids"][0]
    assert both() == (False, False)
    voided(end)
    assert both() == (True, True)
    voided(assigned)
    assert both() == (False, False)


# --- mutants -----------------------------------------------------------------------------------------------

CLAUSES = {
    "is_assigned": [
        ("a.said ->> 'agency' = 'servizio-sociale'", "true"),
        ("(a.said ->> 'person_id')::uuid = p_person", "true"),
        ("u.said ->> 'assignment_id' = a.said ->> 'assignment_id'", "false"),
        ("stream_id = p_case", "true"),
        ("where c.voids is not true", "where true"),
        (", version desc", ", version"),
    ],
    "streams_in_hand": [
        ("when 'ats' then true", "when 'ats' then false"),
        ("ledger.is_assigned(in_hand, ledger.reader('person')::uuid)", "true"),
        ("d.stream_id = in_hand", "true"),
        ("d.recipient = ledger.reader('recipient')", "true"),
        ("case when held then", "case when true then"),
        (", ledger.reader('access_log')::uuid]", "]"),
    ],
    "cases_assigned": [
        ("c.operators @> array[ledger.reader('person')::uuid]", "true"),
        ("and ledger.reader('kind') = 'servizio-sociale'", ""),
    ],
    "all_shown": [
        ("d.recipient = ledger.reader('recipient')", "true"),
        ("'withdrawn') = 'withdrawn'", "'withdrawn') <> 'withdrawn'"),
    ],
}
"""Clauses of the functions that the policies ask, and each made to say nothing."""

POLICIES = """
select schemaname || '.' || tablename, policyname, qual from pg_policies
 where 'ambito_reader' = any (roles) order by 1, 2
"""


def mutants(owner: psycopg.Connection[Any]) -> Iterator[tuple[str, str, str]]:
    """Each policy that shows nothing, or all; each clause of a function left out; each table unguarded.

    A name, the statement that does it, and the one that puts it right again.
    """
    for table, policy, qual in owner.execute(POLICIES).fetchall():
        for instead in ("true", "false"):
            alter = f"alter policy {policy} on {table} using "
            if qual != instead:
                yield f"{policy} on {table}: {instead}", f"{alter}({instead})", f"{alter}({qual})"
    for table in TABLES:
        alter = f"alter table {table} {{}} row level security"
        yield f"{table} unguarded", alter.format("disable"), alter.format("enable")
    for function, clauses in CLAUSES.items():
        (text,) = owner.execute(
            f"select pg_get_functiondef('ledger.{function}'::regproc)".encode()
        ).fetchone()  # type: ignore[misc]
        for clause, instead in clauses:
            assert clause in text, (function, clause)
            yield f"{function}: without {clause}", text.replace(clause, instead), text


def test_every_mutant_of_the_second_wall_is_noticed(world: World) -> None:
    tried, survived = 0, list[str]()
    should = expected(world)
    with psycopg.connect(world.register.database.owner_url, autocommit=True) as owner:
        for name, put, put_back in list(mutants(owner)):
            owner.execute(put.encode())
            try:
                found: object = world.everything()
            except psycopg.Error as error:
                found = error
            finally:
                owner.execute(put_back.encode())
            tried += 1
            if found == should:
                survived.append(name)
    print(f"mutants of the second wall: {tried - len(survived)} killed of {tried}")
    assert survived == []
    assert world.everything() == should


# --- by the structure of the API ---------------------------------------------------------------------------

ROOM = Path(__file__).parents[3] / "api"

OF_THE_REGISTER = {
    "acts.py": "an act is decided on the whole case",
    "delivery.py": "how far each recipient is; what a recipient says of itself",
    "desks.py": "whether a body has left the protocol",
    "extracts.py": "an invitation may stand where nothing was disclosed to the seat yet",
    "indicators.py": "figures of the whole Ambito",
    "log.py": "hashes and signatures",
    "noted.py": "the access log is written, not read",
    "operations.py": "counts and ages",
    "reached.py": "how far the views are",
    "searches.py": "candidates by blind index, each of which is then judged",
    "readers.py": "what ties somebody to a case, which is judged before anything is read",
    "dossiers/routes.py": "signed states of the log, for the bundle",
}
"""The modules that see more than their caller may, and for what."""

SEES_ALL = re.compile(r"services\.(log|disclosed|all_rows)\b")


def test_only_who_must_see_all_does(world: World) -> None:
    found = {
        str(path.relative_to(ROOM))
        for path in ROOM.rglob("*.py")
        if SEES_ALL.search(ast.unparse(ast.parse(path.read_text("utf-8"))))
    }
    assert found - {"services.py"} == OF_THE_REGISTER.keys()
