"""Where the key-encryption keys live, and what the command says when they are not there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.key_file import key_file
from deploy.settings import Settings

pytestmark = pytest.mark.unit


def ambito(var: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.command", *words],
        check=False,
        env=os.environ | {"AMBITO_VAR": str(var)},
        capture_output=True,
        text=True,
    )


def test_a_setting_that_makes_no_sense_is_named_and_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMBITO_SMTP_PORT", "parola")
    done = ambito(tmp_path, "down")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("ambito: AMBITO_SMTP_PORT: ") and done.stderr.count("\n") == 1
    assert "parola" not in done.stderr


def test_a_module_needs_its_token_and_pin(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="AMBITO_PKCS11_TOKEN, AMBITO_PKCS11_PIN"):
        Settings(pkcs11_module=tmp_path / "libsofthsm2.so", pkcs11_token="ambito")


def test_a_pin_is_not_shown(tmp_path: Path) -> None:
    settings = Settings(pkcs11_module=tmp_path / "lib.so", pkcs11_token="ambito", pkcs11_pin="4711")  # type: ignore[arg-type]
    assert "4711" not in repr(settings) and "4711" not in str(settings)


def test_the_command_rotates_and_retires(tmp_path: Path) -> None:
    keys = key_file(Settings(var=tmp_path))
    salt = keys.ensure(["person/1"])["person/1"].salting
    was = keys._wrapped_by()
    told = ambito(tmp_path, "keys", "rotate")
    assert told.returncode == 0 and "every key is wrapped by" in told.stdout and was not in told.stdout
    told = ambito(tmp_path, "keys", "retire", "--json")
    assert told.stdout.strip() == f'{{"destroyed":["{was}"]}}'
    keys._known.clear()
    assert keys.held(["person/1"])["person/1"].salting == salt
    keys.close()


def test_a_lost_key_encryption_key_ends_the_command_with_the_way_out(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    keys = key_file(settings)
    keys.ensure(["person/1"])
    keys.close()
    settings.keys[1].unlink()
    told = ambito(tmp_path, "keys", "rotate")
    assert told.returncode == 1
    assert "set AMBITO_KEY_ENCRYPTION_KEY" in told.stderr and "Traceback" not in told.stderr
