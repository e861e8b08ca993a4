"""`ambito dossier`, as an operator uses it: a file that `ambito verify` takes, or none."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.keys import ed25519
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from tests.databases import Ledger
from tests.integration.api.life import Life, new_life, sign
from tests.integration.api.office import Register, register_on

pytestmark = pytest.mark.integration


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    with register_on(ledger) as made:
        yield made


@pytest.fixture
def life(register: Register, tmp_path: Path) -> Life:
    """Up to the measure, under a log that was signed."""
    sign(register)
    life = new_life(register).begin().to_patto().to_proposal().to_measure()
    key = ed25519(tmp_path / "log-signing.jwk")
    while Checkpointer(Checkpoints(register.services.all_rows), "demo", key, events=1, seconds=0).step():
        pass
    return life


def ambito(register: Register, folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    ledger = register.database
    where = {
        "AMBITO_DATABASE_URL": ledger.app_url,
        "AMBITO_KEY_FILE": str(ledger.keys_file),
        "AMBITO_KEY_ENCRYPTION_KEY": str(ledger.keys_wrapping),
        "AMBITO_LOG_KEY": str(folder / "log-signing.jwk"),
        "AMBITO_AMBITO": "demo",
    }
    return subprocess.run(
        [sys.executable, "-m", "deploy.command", *map(str, words)],
        check=False,
        env=os.environ | where,
        capture_output=True,
        text=True,
    )


def reads(register: Register) -> int:
    return len(
        register.query("select 1 from ledger.events where type like 'adi.access.case_file_accessed%%'")
    )


def test_the_file_is_what_verify_takes_and_the_read_is_noted(
    register: Register, life: Life, tmp_path: Path
) -> None:
    before = reads(register)
    file = tmp_path / "dossier.json"
    done = ambito(register, tmp_path, "dossier", life.measure, "--for", "judge", "-o", file)
    assert done.returncode == 0, done.stderr
    assert "things not on record" in done.stderr and reads(register) == before + 1
    verified = ambito(register, tmp_path, "verify", file)
    assert verified.returncode == 0, verified.stdout
    page = tmp_path / "dossier.html"
    whom = ("--for", f"member:{life.member}", "--form", "html", "-o", page)
    assert ambito(register, tmp_path, "dossier", life.measure, *whom).returncode == 0
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_where_there_is_no_dossier_there_is_no_file_and_no_read(
    register: Register, life: Life, tmp_path: Path
) -> None:
    before = reads(register)
    file = tmp_path / "dossier.json"
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for words, because in (
        ((uuid4(), "--for", "judge"), "is on record"),
        ((life.measure, "--for", "jury"), "--for jury"),
        ((life.measure, "--for", "judge", "--as-of", later), "has not come yet"),
        ((life.measure, "--for", "judge", "--as-of", "2020-01-01T00:00:00Z"), "nothing of the case"),
        ((life.measure, "--for", "judge", "--as-of", "2020-01-01"), "--as-of 2020-01-01"),
        ((life.measure, "--for", f"member:{uuid4()}"), "never of this household"),
    ):
        done = ambito(register, tmp_path, "dossier", *words, "-o", file)
        assert done.returncode == 1 and because in done.stderr, done.stderr
    assert not file.exists() and reads(register) == before
