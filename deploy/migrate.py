"""Plain numbered SQL files, applied once each, in order, forward only."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

import psycopg

AMBITO, RECIPIENT = "ambito", "recipient"
"""The two databases that we migrate: the Ambito's, and that of each recipient."""

HISTORY = """
create table if not exists public.migrations (
    name       text primary key,
    sha256     text        not null,
    applied_at timestamptz not null default clock_timestamp()
)
"""


class CannotMigrate(RuntimeError):
    """The database was migrated by other files than these; the text names the first one."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


def migrations(of: str) -> list[Migration]:
    """The files of one kind of database, in their order."""
    folder = files("deploy") / "migrations" / of
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted((Migration(f.name, f.read_text("utf-8")) for f in found), key=lambda m: m.name)


def migrate(url: str, of: str) -> list[str]:
    """Apply what is not yet applied, each file in its transaction; the names of those applied now.

    ``url`` is that of the database's owner. Two runs at once wait for each other.
    """
    known = migrations(of)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(hashtext('ambito.migrate'))")
        connection.execute(HISTORY)
        rows = connection.execute("select name, sha256 from public.migrations").fetchall()
        applied = {str(name): str(digest) for name, digest in rows}
        _check(known, applied)
        fresh = [migration for migration in known if migration.name not in applied]
        for migration in fresh:
            with connection.transaction():
                connection.execute(migration.sql.encode())
                connection.execute(
                    "insert into public.migrations (name, sha256) values (%s, %s)",
                    (migration.name, migration.sha256),
                )
    return [migration.name for migration in fresh]


def _check(known: list[Migration], applied: dict[str, str]) -> None:
    ours = {migration.name: migration.sha256 for migration in known}
    for name, digest in sorted(applied.items()):
        if name not in ours:
            raise CannotMigrate(f"the database has {name}, which this version does not know: use a newer one")
        if ours[name] != digest:
            raise CannotMigrate(
                f"{name} was changed after it was applied: restore it, add a new file instead"
            )
    late = sorted(name for name in ours.keys() - applied.keys() if name < max(applied, default=""))
    if late:
        raise CannotMigrate(f"{late[0]} comes before files that are applied: give it the next number")
