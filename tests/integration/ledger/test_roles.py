"""Who may do what to the log: its owner migrates it, the application appends and reads, nothing else."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from domain.ledger.recorder import Pending
from domain.ledger.store import Log
from tests.databases import Ledger
from tests.integration.ledger.acts import bare, command

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[tuple[object, ...]]

TABLE_VERBS = {
    "INSERT": "insert into ledger.{table} overriding system value select * from ledger.{table}",
    "UPDATE": "update ledger.{table} set {column} = {column}",
    "DELETE": "delete from ledger.{table}",
    "TRUNCATE": "truncate ledger.{table} cascade",
    "DROP": "drop table ledger.{table} cascade",
    "ALTER": "alter table ledger.{table} disable trigger all",
    "ALTER OWNER": "alter table ledger.{table} owner to current_user",
    "LOCK": "do $$ begin lock table ledger.{table} in share mode; end $$",
    "SELECT FOR UPDATE": "select * from ledger.{table} for update",
    "CREATE TRIGGER": "create trigger t before insert on ledger.{table}"
    " execute function suppress_redundant_updates_trigger()",
    "CREATE RULE": "create rule r as on insert to ledger.{table} do instead nothing",
    "CREATE INDEX": "create index on ledger.{table} ({column})",
}
SCHEMA_VERBS = {
    "CREATE TABLE": "create table ledger.another (x int)",
    "CREATE FUNCTION": "create function ledger.another() returns int language sql as 'select 1'",
    "CREATE VIEW": "create view ledger.another as select 1",
    "CREATE SEQUENCE": "create sequence ledger.another",
    "DROP SCHEMA": "drop schema ledger cascade",
    "ALTER SCHEMA": "alter schema ledger rename to another",
    "REPLACE a function": "create or replace function"
    " ledger.leaf_hash(bigint, timestamptz, uuid, integer, text, bytea) returns bytea"
    " language sql as 'select null::bytea'",
    "ALTER append": "alter function ledger.append security invoker",
    "DROP append": "drop function ledger.append",
    "CREATE in public": "create table public.another (x int)",
    "change a migration": "delete from public.migrations",
    "owner": "set role postgres",
}

MAY_EXECUTE = {
    "app": {
        "append",
        "leaf_hash",
        "disclose",
        "mark_relayed",
        "acknowledge",
        "write_mail",
        "try_mail",
        "note_mail",
        "add_checkpoint",
        "cosign",
        "name_people",
        "note_erasure",
    },
    "views": {"leaf_hash"},
}


@pytest.fixture(params=["app", "views"])
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connection(ledger: Ledger, log: Log, role: str) -> Iterator[Connection]:
    """A connection of the role to a log with one event."""
    stream = uuid4()
    log.recorder.append(Pending(stream, 1, [bare(stream, 1)], command(), takes="one"))
    with psycopg.connect({"app": ledger.app_url, "views": ledger.views_url}[role], autocommit=True) as opened:
        yield opened


def tables(connection: Connection) -> list[tuple[str, str]]:
    """Every table of the schema, with a column that is not generated."""
    rows = connection.execute(
        "select c.relname, a.attname from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum = 2"
        " where n.nspname = 'ledger' and c.relkind in ('r', 'p', 'v', 'm') order by 1"
    ).fetchall()
    return [(str(table), str(column)) for table, column in rows]


def fingerprint(ledger: Ledger) -> list[object]:
    """All rows of all tables, and what the schema holds."""
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        found: list[object] = []
        for table, _ in tables(owner):
            query = sql.SQL("select t::text from ledger.{} t order by 1").format(sql.Identifier(table))
            found.append((table, owner.execute(query).fetchall()))
        found += owner.execute(
            "select proname, prosrc, proconfig, prosecdef from pg_proc p"
            " where pronamespace = 'ledger'::regnamespace order by 1"
        ).fetchall()
        return found


@pytest.mark.parametrize("verb", TABLE_VERBS)
def test_no_verb_but_select_on_any_table(ledger: Ledger, connection: Connection, verb: str) -> None:
    before = fingerprint(ledger)
    found = tables(connection)
    assert {"events", "log_head", "commands", "claims", "disclosed"} <= {table for table, _ in found}
    for table, column in found:
        connection.execute(f"select * from ledger.{table} limit 1".encode())
        with pytest.raises(InsufficientPrivilege):
            connection.execute(TABLE_VERBS[verb].format(table=table, column=column).encode())
    assert fingerprint(ledger) == before


@pytest.mark.parametrize("verb", SCHEMA_VERBS)
def test_nothing_of_the_schema_can_be_made_changed_or_dropped(
    ledger: Ledger, connection: Connection, verb: str
) -> None:
    before = fingerprint(ledger)
    with pytest.raises(InsufficientPrivilege):
        connection.execute(SCHEMA_VERBS[verb].encode())
    assert fingerprint(ledger) == before


def test_each_role_executes_its_own_functions_and_no_other(connection: Connection, role: str) -> None:
    rows = connection.execute(
        "select p.proname, has_function_privilege(p.oid, 'execute') from pg_proc p"
        " where p.pronamespace = 'ledger'::regnamespace"
    ).fetchall()
    may = {str(name) for name, allowed in rows if allowed}
    assert may == MAY_EXECUTE[role]
    assert {str(name) for name, _ in rows} >= MAY_EXECUTE["app"] | {"enrol"}


@pytest.mark.parametrize(
    "call",
    [
        "select ledger.append('{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}',false)",
        "select ledger.disclose(0, 0, '{}','{}','{}','{}','{}','{}','{}','{}','{}','{}')",
        "select ledger.acknowledge('cpi', gen_random_uuid(), 1, 1, '{}', '')",
        "select ledger.mark_relayed('cpi', 1)",
        "select ledger.write_mail(0, 0, '{}','{}','{}','{}','{}','{}','{}','{}','{}','{}')",
        "select ledger.try_mail('<x@y>')",
        "select ledger.note_mail('<x@y>', 'SENT', null, null, null)",
        "select ledger.add_checkpoint(0, gen_random_uuid(), 1, '', '', '', '{}','{}','{}','{}')",
        "select ledger.cosign('cpi', gen_random_uuid(), 1, '', now())",
        "select ledger.enrol('cpi', 'key')",
        "select ledger.name_people(gen_random_uuid(), '{}', '{}')",
        "select ledger.note_erasure('person/00000000-0000-0000-0000-000000000000')",
    ],
)
def test_the_views_role_cannot_execute_what_writes(ledger: Ledger, call: str) -> None:
    with psycopg.connect(ledger.views_url, autocommit=True) as views, pytest.raises(InsufficientPrivilege):
        views.execute(call.encode())


def test_the_application_appends(ledger: Ledger, log: Log) -> None:
    stream = uuid4()
    assert log.recorder.append(Pending(stream, 1, [bare(stream, 1)])).first_position == 1


def test_functions_that_write_for_their_owner_take_no_table_of_the_caller(ledger: Ledger) -> None:
    """A temporary table of the same name is found first, unless pg_temp is named last."""
    with psycopg.connect(ledger.owner_url) as owner:
        rows = owner.execute(
            "select proname, coalesce(array_to_string(proconfig, ';'), '') from pg_proc"
            " where pronamespace = 'ledger'::regnamespace and prosecdef"
        ).fetchall()
    paths = {str(name): str(config) for name, config in rows}
    assert "append" in paths
    assert [name for name, config in paths.items() if "pg_catalog, ledger, pg_temp" not in config] == []


def test_a_temporary_log_head_moves_no_position(ledger: Ledger) -> None:
    stream = uuid4()
    with psycopg.connect(ledger.app_url, autocommit=True) as app:
        app.execute("create temporary table log_head as select * from ledger.log_head")
        app.execute("update pg_temp.log_head set position = 1000, recorded_at = '2999-01-01'")
        app.execute("grant all on pg_temp.log_head to public")
        row = app.execute(
            "select first_position, at < '2999-01-01' from ledger.append("
            " '{null}', '{null}', '{null}', %s::uuid[], '{1}', '{1}', '{null}', '{null}',"
            " %s::uuid[], '{t}', '{x}', '{x}', false)",
            [[stream], [uuid4()]],
        ).fetchone()
    assert row == (1, True)
