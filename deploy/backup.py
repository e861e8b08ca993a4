"""Backups of a PostgreSQL of our own: base backups and every piece of its write-ahead log, in one folder.

``base/<instant>`` is a whole copy, named by the instant at which it was complete; ``wal/`` what was written
since the first of them. Any instant after a base backup can be brought back (deploy/restore.py). The keys
are copied apart, to a folder that forgets: what was erased is gone from there after KEYS_KEPT.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from deploy.postgres import Postgres, give_to_server

STAMP = "%Y%m%dT%H%M%S.%fZ"

ARCHIVED_WITHIN = "60s"
"""A piece of the write-ahead log is archived when full, or after this: what a lost disk may cost at most."""

KEYS_KEPT = timedelta(days=7)
"""How long a copy of the keys lives: an erased key can be brought back for no longer than that."""


class CannotBackUp(RuntimeError):
    """The text says why, and the way out."""


def archiving(backups: Path | None) -> dict[str, str]:
    """The settings of a server that archives its write-ahead log; none without a folder."""
    if backups is None:
        return {}
    wal = in_a_command(backups.absolute() / "wal")
    # Whole and on disk before it has its name; a piece that is there already is never replaced by another.
    command = (
        f"cmp -s %p {wal}/%f || (test ! -e {wal}/%f && cp %p {wal}/%f.part && sync {wal}/%f.part"
        f" && mv {wal}/%f.part {wal}/%f)"
    )
    return {"archive_mode": "on", "archive_command": command, "archive_timeout": ARCHIVED_WITHIN}


def prepare(backups: Path) -> None:
    """Make the folder of the archive, which the server writes as its own user."""
    wal = backups / "wal"
    backups.mkdir(mode=0o711, parents=True, exist_ok=True)
    wal.mkdir(mode=0o700, exist_ok=True)
    give_to_server(wal)


def take(url: str, backups: Path) -> Path:
    """A base backup of the server at ``url`` (an administrator's), checked file by file."""
    given = conninfo_to_dict(url)
    password = str(given.pop("password", ""))
    target = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in given.items())
    folder = backups / "base"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = folder / "new"
    shutil.rmtree(fresh, ignore_errors=True)
    _run("pg_basebackup", password, "--dbname", target, "--pgdata", str(fresh), "--checkpoint=fast")
    _run("pg_verifybackup", password, "--quiet", str(fresh))
    done_at = datetime.now(UTC).strftime(STAMP)
    return fresh.rename(folder / done_at)


def _run(program: str, password: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(Postgres.find_binaries() / program), *arguments],
        env={"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": password},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotBackUp(f"{program} failed: {done.stderr.strip()}")


def bases(backups: Path) -> list[tuple[datetime, Path]]:
    """The base backups, the oldest first, each with the instant from which on it can be used."""
    found = sorted((backups / "base").glob("*Z"))
    return [(datetime.strptime(path.name, STAMP).replace(tzinfo=UTC), path) for path in found]


def copy_keys(keys: Path, folder: Path) -> Path:
    """A copy of the key file, still wrapped, beside those of the last days; older ones go."""
    if not keys.exists():
        raise CannotBackUp(f"there is no key file {keys}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = datetime.now(UTC)
    copy = folder / f"keys-{now.strftime(STAMP)}.sqlite"
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(keys)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    for path in key_copies(folder):
        if _copied_at(path) < now - KEYS_KEPT:
            path.unlink()
    return copy


def key_copies(folder: Path) -> list[Path]:
    """The copies of the key file, the oldest first."""
    return sorted(folder.glob("keys-*.sqlite"))


def _copied_at(path: Path) -> datetime:
    return datetime.strptime(path.stem.removeprefix("keys-"), STAMP).replace(tzinfo=UTC)


def in_a_command(path: Path) -> str:
    """A path as PostgreSQL hands it to a shell."""
    return shlex.quote(str(path).replace("%", "%%"))
