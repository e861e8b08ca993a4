"""`ambito fsck`, as an operator uses it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from deploy.keys import ed25519
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.disclosed import Disclosed
from tests.databases import Ledger
from tests.integration.test_discloser import Register
from tests.integration.test_erasure import FIRST, SECOND, keys_of, lived

pytestmark = pytest.mark.integration


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    """A log with two cases, signed twice: after the first case and at its end."""
    log = ledger.log(size=4)
    with closing(log.recorder.pool), closing(keys_of(log)):
        made = Register(ledger, log, Disclosed(log.recorder.pool, log.keys))
        lived(made)
        yield made


@pytest.fixture
def signing_key(register: Register, tmp_path: Path) -> Path:
    path = tmp_path / "log-signing.jwk"
    sign(register, path)
    return path


def sign(register: Register, path: Path) -> None:
    signer = Checkpointer(Checkpoints(register.log.recorder.pool), "demo", ed25519(path), events=1, seconds=0)
    while signer.step():
        pass


def fsck(
    register: Register, signing_key: Path, *words: object, **more: str
) -> subprocess.CompletedProcess[str]:
    ledger = register.ledger
    where = {
        "AMBITO_DATABASE_URL": ledger.app_url,
        "AMBITO_KEY_FILE": str(ledger.keys_file),
        "AMBITO_KEY_ENCRYPTION_KEY": str(ledger.keys_wrapping),
        "AMBITO_LOG_KEY": str(signing_key),
    }
    return subprocess.run(
        [sys.executable, "-m", "deploy.command", "fsck", *map(str, words)],
        check=False,
        env=os.environ | where | more,
        capture_output=True,
        text=True,
    )


def alter(register: Register, statement: str) -> None:
    """What a superuser may do."""
    with psycopg.connect(register.ledger.owner_url, autocommit=True) as owner:
        assert owner.execute(statement.encode()).rowcount > 0


def test_a_log_as_it_was_written_has_no_findings(register: Register, signing_key: Path) -> None:
    done = fsck(register, signing_key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as they were written" in done.stdout and " 1 checkpoints" in done.stdout
    done = fsck(register, signing_key, "--json", "--processes", 1)
    found = json.loads(done.stdout)
    assert found["findings"] == [] and found["events"] == register.log.recorder.max_notification_id()


def test_the_first_event_that_differs_is_named(register: Register, signing_key: Path) -> None:
    for position in (5, 3):
        alter(register, f"update ledger.events set chain = sha256('other') where position = {position}")
    done = fsck(register, signing_key)
    assert done.returncode == 1 and "first: event 3: CHAIN" in done.stdout
    found = json.loads(fsck(register, signing_key, "--json").stdout)["findings"]
    assert {(each["position"], each["rule"]) for each in found} >= {(3, "CHAIN"), (5, "CHAIN")}


def test_a_daily_run_goes_on_after_the_last_checkpoint(register: Register, signing_key: Path) -> None:
    done = fsck(register, signing_key, "--from-checkpoint", "latest")
    assert done.returncode == 0 and "events after" in done.stdout, done.stdout + done.stderr
    done = fsck(register, signing_key, "--from-checkpoint", 2)
    assert done.returncode == 1 and "no checkpoint of 2 events" in done.stderr
    done = fsck(register, signing_key, "--from-checkpoint", "yesterday")
    assert done.returncode == 1 and "not checked" in done.stderr


def test_a_checkpoint_that_a_witness_kept_counts(
    register: Register, signing_key: Path, tmp_path: Path
) -> None:
    note = Checkpoints(register.log.recorder.pool).latest()
    assert note is not None
    kept = tmp_path / "kept.txt"
    kept.write_text(note.note)
    assert fsck(register, signing_key, "--kept", kept).returncode == 0
    kept.write_text(note.note.replace(f"\n{note.size}\n", f"\n{note.size + 1}\n"))
    done = fsck(register, signing_key, "--kept", kept)
    assert done.returncode == 1 and "SIGNATURE" in done.stdout
    done = fsck(register, signing_key, "--kept", tmp_path / "none.txt")
    assert done.returncode == 1 and "none.txt" in done.stderr


def test_a_log_that_was_cut_short_is_found_by_who_kept_a_checkpoint(
    register: Register, signing_key: Path, tmp_path: Path
) -> None:
    """The superuser cuts the log and everything that says how long it was."""
    note = Checkpoints(register.log.recorder.pool).latest()
    assert note is not None
    kept = tmp_path / "kept.txt"
    kept.write_text(note.note)
    alter(register, f"delete from ledger.events where position = {note.size}")
    alter(
        register,
        f"update ledger.log_head set position = {note.size - 1}, recorded_at ="
        f" (select recorded_at from ledger.events where position = {note.size - 1})",
    )
    alter(register, "delete from ledger.checkpoints")
    alter(register, "delete from ledger.log_keys")
    alter(register, "update ledger.tree_head set number = 0, size = 0, root = null, log_epoch = null")
    assert fsck(register, signing_key).returncode == 0
    done = fsck(register, signing_key, "--kept", kept)
    assert done.returncode == 1 and "SHRUNK" in done.stdout


def test_checkpoints_of_a_foreign_key_are_not_believed(
    register: Register, signing_key: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jwk"
    ed25519(other)
    done = fsck(register, other)
    assert done.returncode == 1 and "SIGNATURE" in done.stdout
    done = fsck(register, tmp_path / "none.jwk")
    assert done.returncode == 1 and "AMBITO_LOG_VKEY" in done.stderr and not (tmp_path / "none.jwk").exists()


def test_without_its_key_encryption_key_nothing_is_checked(
    register: Register, signing_key: Path, tmp_path: Path
) -> None:
    done = fsck(register, signing_key, AMBITO_KEY_ENCRYPTION_KEY=str(tmp_path / "lost"))
    assert done.returncode == 1 and "restore" in done.stderr and "Traceback" not in done.stderr


def test_a_key_file_that_lacks_keys_is_said_to_be_of_another_day(
    register: Register, signing_key: Path, tmp_path: Path
) -> None:
    done = fsck(
        register,
        signing_key,
        AMBITO_KEY_FILE=str(tmp_path / "fresh.sqlite"),
        AMBITO_KEY_ENCRYPTION_KEY=str(tmp_path / "fresh"),
    )
    assert done.returncode == 1 and "KEY" in done.stdout and "another day" in done.stdout
    assert str(FIRST) in done.stdout or str(SECOND) in done.stdout
