"""The log's key, in its file and in the settings of who believes it."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.keys import UnusableKey, ed25519
from deploy.settings import Settings
from deploy.signing import log_vkey
from domain.ledger.note import COSIGNATURE, VerifierKey

pytestmark = pytest.mark.unit


def test_the_key_is_made_once_and_its_file_is_its_owners(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    key = log_vkey(settings)
    assert key == log_vkey(settings) == VerifierKey.read(key.text)
    assert key.name == "ambito/demo"
    assert settings.signing_key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json", '{"kty":"oct","k":"AAAA"}'])
def test_a_file_that_holds_no_key_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "log.jwk"
    file.write_text(content)
    with pytest.raises(UnusableKey, match=f"{file} holds no private Ed25519 key"):
        ed25519(file)
    assert file.read_text() == content


def test_a_public_key_does_not_sign(tmp_path: Path) -> None:
    file = tmp_path / "log.jwk"
    file.write_text('{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}')
    with pytest.raises(UnusableKey):
        ed25519(file)


def test_a_verifier_key_that_was_copied_badly_is_refused_with_the_reason(tmp_path: Path) -> None:
    whole = log_vkey(Settings(var=tmp_path)).text
    assert Settings(log_vkey=whole).log_vkey == whole
    with pytest.raises(ValidationError, match="the key id is not that of this name and key"):
        Settings(log_vkey=whole.replace("demo", "other"))
    with pytest.raises(ValidationError, match="not of a log"):
        Settings(log_vkey=VerifierKey("ambito/demo", bytes(32), COSIGNATURE).text)


def test_no_recipient_takes_the_name_of_the_topic_of_all() -> None:
    with pytest.raises(ValidationError, match="no recipient"):
        Settings(recipients=("cpi", "checkpoints"))
