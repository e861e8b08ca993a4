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
from tests.integration.ledger.conftest import close

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
    "CREATE SCHEMA": "create schema another",
    "CREATE EXTENSION": "create extension file_fdw",
    "CREATE PUBLICATION": "create publication p for table ledger.events",
    "CREATE SUBSCRIPTION": "create subscription s connection 'dbname=x' publication p with (connect = false)",
    "CREATE EVENT TRIGGER": "create event trigger t on ddl_command_start"
    " execute function suppress_redundant_updates_trigger()",
    "CREATE ROLE": "create role another superuser",
    "GRANT a role": "grant postgres to current_user",
    "ALTER DATABASE": "alter database template1 set default_transaction_read_only = on",
    "ALTER SYSTEM": "alter system set fsync = off",
    "COPY TO PROGRAM": "copy ledger.events to program 'cat'",
    "COPY FROM PROGRAM": "copy ledger.events from program 'true'",
    "COPY TO a file": "copy ledger.events to '/tmp/another'",
    "COPY FROM STDIN": "copy ledger.events from stdin",
    "read a file": "select pg_read_file('PG_VERSION')",
    "list a folder": "select pg_ls_dir('.')",
    "replay from here": "select pg_create_restore_point('here')",
    "skip the triggers": "set session_replication_role = 'replica'",
    "reload settings": "select pg_reload_conf()",
    "terminate another": "select pg_terminate_backend(pid) from pg_stat_activity"
    " where usename <> current_user",
    "renew the epoch": "select ledger.renew_epoch(null)",
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
        "park",
        "unpark",
        "park_again",
        "keep_rule_set",
        "note_list_read",
        "append_signed",
        "keep_exchange",
        "use_once",
        # As ambito_reader, which it may become: what the policies of the rows ask.
        "reader",
        "streams_in_hand",
        "cases_assigned",
        "all_shown",
    },
    "views": {"leaf_hash"},
}


@pytest.fixture(params=["app", "views"])
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def begun(shared_ledger: Ledger) -> Ledger:
    """A log with one event, which stays as it is: each test that tries to change it looks."""
    stream, log = uuid4(), shared_ledger.log(size=1)
    log.recorder.append(Pending(stream, 1, [bare(stream, 1)], command(), takes="one"))
    close(log)
    return shared_ledger


@pytest.fixture
def connection(begun: Ledger, role: str) -> Iterator[Connection]:
    with psycopg.connect({"app": begun.app_url, "views": begun.views_url}[role], autocommit=True) as opened:
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


SCHEMAS = {
    "app": {"ledger": "U", "public": "U", "views": "U", "beside": ""},
    "views": {"ledger": "U", "public": "U", "views": "UC", "beside": "UC"},
}
"""What each role may do with which schema: use it, create in it. Any other one is new, without a test."""

RELATION_RIGHTS = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


def of_the_catalogue(connection: Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(f"{query} order by 1".encode()).fetchall()


def test_of_all_relations_in_the_catalogue_none_can_be_written(connection: Connection, role: str) -> None:
    """Tables, views, sequences and foreign tables of every schema, whatever a migration adds."""
    rights = ", ".join(f"has_table_privilege(c.oid, '{right}')" for right in RELATION_RIGHTS)
    found = of_the_catalogue(
        connection,
        "select n.nspname || '.' || c.relname, c.relkind::text, pg_get_userbyid(c.relowner) = 'ambito_views',"
        f" has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES'), {rights}"
        " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p', 'v', 'm', 'f')"
        " and n.nspname not like 'pg_%' and n.nspname <> 'information_schema'",
    )
    assert {"ledger.events", "ledger.restores", "public.migrations"} <= {str(name) for name, *_ in found}
    writable = [name for name, _, own, *may in found if any(may) and not (own and role == "views")]
    assert writable == []


def test_of_all_relations_of_the_log_every_one_can_be_read(connection: Connection) -> None:
    unread = of_the_catalogue(
        connection,
        "select relname from pg_class where relnamespace = 'ledger'::regnamespace"
        " and relkind in ('r', 'p', 'v', 'm') and not has_table_privilege(oid, 'SELECT')",
    )
    assert unread == []


def test_no_sequence_can_be_moved(connection: Connection) -> None:
    found = of_the_catalogue(
        connection,
        "select oid::regclass::text, has_sequence_privilege(oid, 'USAGE, UPDATE') from pg_class"
        " where relkind = 'S'",
    )
    assert found and [name for name, may in found if may] == []
    for name, _ in found:
        for call in ("nextval('{}')", "setval('{}', 1)"):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(f"select {call.format(name)}".encode())


def test_every_schema_is_known_and_none_but_its_own_can_be_built_in(
    connection: Connection, role: str
) -> None:
    found = of_the_catalogue(
        connection,
        "select nspname, case when has_schema_privilege(oid, 'USAGE') then 'U' else '' end"
        " || case when has_schema_privilege(oid, 'CREATE') then 'C' else '' end from pg_namespace"
        " where nspname not like 'pg_%' and nspname <> 'information_schema'",
    )
    assert dict(found) == SCHEMAS[role]  # type: ignore[comparison-overlap, arg-type]


def test_no_function_outside_the_catalogues_own_is_anybodys(connection: Connection, role: str) -> None:
    """A function is everybody's unless that is taken away: one that a migration forgets shows here."""
    found = of_the_catalogue(
        connection,
        "select n.nspname || '.' || p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where n.nspname not in ('pg_catalog', 'information_schema')"
        " and has_function_privilege(p.oid, 'execute')",
    )
    assert {str(name) for (name,) in found} == {f"ledger.{name}" for name in MAY_EXECUTE[role]}
    for_all = of_the_catalogue(
        connection,
        "select proname from pg_proc where pronamespace = 'ledger'::regnamespace"
        " and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0)",
    )
    assert for_all == []


def test_the_role_is_nothing_but_itself(connection: Connection, role: str) -> None:
    (rights,) = of_the_catalogue(
        connection,
        "select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls from pg_roles"
        " where rolname = current_user",
    )
    assert rights == (False,)
    may_be = of_the_catalogue(
        connection,
        "select rolname from pg_roles"
        " where pg_has_role(current_user, oid, 'member') and rolname <> current_user",
    )
    assert may_be == {"app": [("ambito_app",), ("ambito_reader",)], "views": [("ambito_views",)]}[role]
    for name, may in of_the_catalogue(
        connection, "select rolname, pg_has_role(current_user, oid, 'member') from pg_roles"
    ):
        if not may:
            with pytest.raises(InsufficientPrivilege):
                connection.execute(f'set role "{name}"'.encode())


def test_control_a_new_table_or_function_that_gives_too_much_is_found(ledger: Ledger, log: Log) -> None:
    """What the tests above read of the catalogue is not empty by itself."""
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute("create table public.forgotten (x int)")
        owner.execute("grant insert on public.forgotten to ambito_app")
        owner.execute("create function ledger.forgotten() returns int language sql as 'select 1'")
    with psycopg.connect(ledger.app_url, autocommit=True) as app:
        with pytest.raises(AssertionError, match=r"public\.forgotten"):
            test_of_all_relations_in_the_catalogue_none_can_be_written(app, "app")
        with pytest.raises(AssertionError, match=r"ledger\.forgotten"):
            test_no_function_outside_the_catalogues_own_is_anybodys(app, "app")


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
def test_no_verb_but_select_on_any_table(begun: Ledger, connection: Connection, verb: str) -> None:
    before = fingerprint(begun)
    found = tables(connection)
    assert {"events", "log_head", "commands", "claims", "disclosed"} <= {table for table, _ in found}
    for table, column in found:
        connection.execute(f"select * from ledger.{table} limit 1".encode())
        with pytest.raises(InsufficientPrivilege):
            connection.execute(TABLE_VERBS[verb].format(table=table, column=column).encode())
    assert fingerprint(begun) == before


@pytest.mark.parametrize("verb", SCHEMA_VERBS)
def test_nothing_of_the_schema_can_be_made_changed_or_dropped(
    begun: Ledger, connection: Connection, verb: str
) -> None:
    before = fingerprint(begun)
    with pytest.raises(InsufficientPrivilege):
        connection.execute(SCHEMA_VERBS[verb].encode())
    assert fingerprint(begun) == before


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
        "select ledger.park('{}','{}','{}','{}')",
        "select ledger.unpark(1)",
        "select ledger.park_again(1, 'ValueError', null)",
    ],
)
def test_the_views_role_cannot_execute_what_writes(begun: Ledger, call: str) -> None:
    with psycopg.connect(begun.views_url, autocommit=True) as views, pytest.raises(InsufficientPrivilege):
        views.execute(call.encode())


def test_the_application_appends(ledger: Ledger, log: Log) -> None:
    stream = uuid4()
    assert log.recorder.append(Pending(stream, 1, [bare(stream, 1)])).first_position == 1


def test_functions_that_write_for_their_owner_take_no_table_of_the_caller(begun: Ledger) -> None:
    """A temporary table of the same name is found first, unless pg_temp is named last."""
    with psycopg.connect(begun.owner_url) as owner:
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
