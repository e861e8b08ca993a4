"""Brings the log back to an instant, tells its readers by a new epoch, and destroys erased keys once more.

The data that is there is never written over: what comes back is made beside it, told and checked, and only
then takes its place. The old folder stays, as evidence of what was undone.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from deploy import kept
from deploy.backup import STAMP, archiving, bases, in_a_command, key_copies
from deploy.postgres import Postgres, give_to_server
from deploy.supervisor import GLANCE, end, launch
from domain.ledger.erasing import destroy_again
from domain.ledger.keys import KeyFile
from domain.ledger.recorder import pool

Say = Callable[[str], None]


class CannotRestore(RuntimeError):
    """Nothing was changed; the text says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The line of ``ledger.restores``: up to where the log is back, and between which epochs."""

    number: int
    restored_at: datetime
    asked_for: datetime | None
    position: int
    recorded_at: datetime | None  # none in an empty log
    epoch_before: UUID
    epoch: UUID


def restore(
    postgres: Postgres,
    backups: Path,
    at: datetime | None,
    database: str,
    then: Callable[[str], Restored],
    say: Say,
) -> Restored:
    """Bring a stopped server of our own back to ``at`` (None: to the end of what was archived).

    ``then`` does, with the owner's url of the ``database`` of the log, what must come before anything is
    served. Where the old data is at hand, what it had not archived yet comes back too.
    """
    if postgres.running():
        raise CannotRestore("PostgreSQL runs; `ambito down` first: nobody may read or write meanwhile")
    base = _base(backups, at)
    say(f"from the base backup {base.name}")
    beside = Postgres(
        postgres.directory / "restoring", {**postgres.settings, **_recovery(postgres, backups, at)}
    )
    shutil.rmtree(beside.directory, ignore_errors=True)
    try:
        _copy(base, beside, postgres.password)
        told = _recovered(beside, lambda: then(beside.url(database)), say)
    except BaseException:
        shutil.rmtree(beside.directory, ignore_errors=True)
        raise
    if postgres.data.exists():
        old = postgres.data.rename(postgres.directory / f"data.{datetime.now(UTC).strftime(STAMP)}")
        say(f"the data before the restore is kept in {old}")
    beside.data.rename(postgres.data)
    shutil.rmtree(beside.directory)
    return told


def tell(url: str, keys: KeyFile, at: datetime | None) -> Restored:
    """What must follow every restore before anything is served, on the log's database, as its owner."""
    with pool(url, size=1, name="ambito-restore") as connections:
        destroy_again(connections, keys)
    with psycopg.connect(url, row_factory=class_row(Restored)) as connection:
        told = connection.execute("select * from ledger.renew_epoch(%s)", [at]).fetchone()
        assert told is not None
    return told


def bring_back_keys(keys: Path, copies: Path | None, say: Say) -> None:
    """The newest copy of the key file, only where the file itself is lost: it knows what was erased since."""
    if keys.exists():
        return
    found = key_copies(copies) if copies else []
    if not found:
        raise CannotRestore(f"the key file {keys} is lost, and there is no copy of it: nothing could be read")
    keys.parent.mkdir(parents=True, exist_ok=True)
    draft = keys.with_name(f"{keys.name}.restoring")
    shutil.copy(found[-1], draft)
    draft.chmod(0o600)
    draft.rename(keys)
    say(f"the key file was lost: {found[-1].name} took its place")


def _base(backups: Path, at: datetime | None) -> Path:
    found = bases(backups)
    usable = [path for since, path in found if at is None or since <= at]
    if not found:
        raise CannotRestore(f"there is no base backup in {backups}")
    if not usable:
        raise CannotRestore(
            f"the first base backup is of {found[0][0].isoformat()}, after the instant asked for"
        )
    return usable[-1]


def _recovery(postgres: Postgres, backups: Path, at: datetime | None) -> dict[str, str]:
    archive = in_a_command(backups.absolute() / "wal")
    unarchived = in_a_command(postgres.data / "pg_wal")
    target = {"recovery_target_time": at.astimezone(UTC).isoformat(sep=" ")} if at else {}
    return {
        **archiving(backups),
        "restore_command": f"cp {archive}/%f %p 2>/dev/null || cp {unarchived}/%f %p 2>/dev/null",
        "recovery_target_action": "promote",
        "hot_standby": "off",  # nobody reads before it is told
        **target,
    }


def _copy(base: Path, beside: Postgres, password: str) -> None:
    beside.directory.mkdir(mode=0o711)
    kept.write_private(beside.directory / "password", password)
    shutil.copytree(base, beside.data, symlinks=True)
    (beside.data / "recovery.signal").touch()
    beside.data.chmod(0o700)
    give_to_server(beside.data)


def _recovered(beside: Postgres, then: Callable[[], Restored], say: Say) -> Restored:
    """Run the server on a port that nobody knows until it is level, and do what must come first."""
    child = beside.child("restoring")
    process = launch(child, beside.log)
    try:
        told, began = time.monotonic(), time.monotonic()
        while not beside.ready():
            if process.poll() is not None:
                raise CannotRestore(f"the write-ahead log could not be replayed: {_last_words(beside.log)}")
            if time.monotonic() - told > 5:
                told = time.monotonic()
                say(f"replaying the write-ahead log, {told - began:.0f} s")
            time.sleep(GLANCE)
        return then()
    finally:
        end(process, child)


def _last_words(log: Path) -> str:
    lines = [
        line
        for line in log.read_text(errors="replace").splitlines()
        if "FATAL" in line or "last completed" in line
    ]
    return "; ".join(line.partition("] ")[2] or line for line in lines[-2:]) or f"see {log}"
