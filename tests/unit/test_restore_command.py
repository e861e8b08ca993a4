"""`ambito backup` and `ambito restore` say what is missing or wrong, and do nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy import backup
from deploy.command import app

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BACKUPS", "KEY_BACKUPS", "ADMIN_DATABASE_URL"):
        monkeypatch.delenv(f"AMBITO_{name}", raising=False)
    monkeypatch.setenv("AMBITO_VAR", str(tmp_path / "var"))


def said(*arguments: str) -> str:
    """What a run that fails tells the operator."""
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 1
    return done.stderr


@pytest.mark.parametrize("at", ["yesterday", "2026-01-31T09:00:00", "2026-01-31"])
def test_an_instant_without_its_zone_is_refused(at: str) -> None:
    assert "must be an instant with its zone, like 2026-01-31T09:00:00Z" in said("restore", "--at", at)


def test_an_instant_to_come_is_refused() -> None:
    assert "is in the future" in said("restore", "--at", "2999-01-01T00:00:00Z")


def test_both_ask_for_the_folder_of_the_backups(tmp_path: Path) -> None:
    assert "set AMBITO_BACKUPS to a folder on another disk" in said("backup")
    keys = tmp_path / "var" / "keys" / "ledger.sqlite"
    keys.parent.mkdir(parents=True)
    keys.touch()
    assert "set AMBITO_BACKUPS to the folder of the backups" in said("restore")


def test_a_lost_key_file_without_a_copy_is_told_before_anything_is_brought_back() -> None:
    assert "is lost, and there is no copy of it" in said("restore")


def test_a_backup_of_nothing_asks_for_a_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMBITO_BACKUPS", str(tmp_path / "backups"))
    assert "no stack serves here" in said("backup")


def test_a_server_that_cannot_be_reached_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(backup.CannotBackUp, match="pg_basebackup failed") as caught:
        backup.take("postgresql://nobody:a-secret@127.0.0.1:1/postgres", tmp_path)
    assert "a-secret" not in str(caught.value)
    assert backup.bases(tmp_path) == []


def test_without_a_folder_nothing_is_archived() -> None:
    assert backup.archiving(None) == {}
