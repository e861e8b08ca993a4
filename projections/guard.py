"""Who of the API's readers may read the rows of a view: row-level security, the second wall (``0017``).

A table that is not guarded is not granted to readers at all, so a new view that forgets to be is an error at
its first query, not a leak.
"""

from __future__ import annotations

from projections.view import Connection

OF_THE_AMBITO = "(select ledger.reader('kind')) = 'ats'"
ASSIGNED = "case_id = any ((select ledger.cases_assigned())::uuid[])"

POLICIES = """
do $$ begin
    if not exists (select from pg_policies
                    where schemaname = current_schema() and tablename = '{table}') then
        alter table {table} enable row level security;
        grant select on {table} to ambito_reader;
        create policy processes on {table} for select to ambito_app using (true);
        create policy ambito on {table} for select to ambito_reader using ({ambito});
        create policy assigned on {table} for select to ambito_reader using ({assigned});
        create policy desk on {table} for select to ambito_reader using ({desk});
    end if;
end $$;
"""


def guard(connection: Connection, table: str, *, desk: str = "false", assigned: str = ASSIGNED) -> None:
    """Show the rows of a table to the Ambito, to whom the case is assigned, and to no other office.

    ``desk`` is the condition, in SQL, of a row that lies on the desk of the office that reads.
    """
    statement = POLICIES.format(table=table, ambito=OF_THE_AMBITO, assigned=assigned, desk=desk)
    connection.execute(statement.encode())
