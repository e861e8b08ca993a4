"""What the mailer is told: mailboxes by seat, and a password that goes nowhere else."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from deploy.settings import Settings
from deploy.stack import Stack
from domain.ledger.recipients import Enrolled

BOXES = {"cpi": "protocollo@cpi.example", "asl-serd": "serd@asl.example"}


def settings(**given: Any) -> Settings:
    return Settings(**{"var": Path("nowhere"), **given})


def test_mailboxes_are_json_or_a_file_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mailboxes.json"
    file.write_text(json.dumps(BOXES))
    for text in (json.dumps(BOXES), str(file)):
        monkeypatch.setenv("AMBITO_MAILBOXES", text)
        assert settings().mailboxes == BOXES
    assert settings(mailboxes={}).mailboxes == {}


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"mailboxes": {"asl": "tutta@asl.example"}}, "none for the whole ASL"),
        ({"mailboxes": {"cpi": "a@b.example\nBcc: c@d.example"}}, "not an address: cpi"),
        ({"mailboxes": {"cpi": "no address"}}, "not an address: cpi"),
        ({"mailboxes": "no/such/file"}, "neither a JSON object nor a file"),
        ({"mailboxes": "{"}, "mailboxes"),
        ({"smtp_from": "Ambito <a@b.example>"}, "smtp_from"),
        ({"smtp_tls": "none", "smtp_user": "a"}, "not sent without TLS"),
        ({"smtp_tls": "off"}, "smtp_tls"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], because: str) -> None:
    with pytest.raises(ValidationError, match=because):
        settings(**given)


def test_a_password_is_told_to_the_mailer_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings(
        var=tmp_path,
        admin_database_url="postgresql://owner@127.0.0.1/ambito",
        kafka_bootstrap="127.0.0.1:1",
        smtp_host="mail.example",
        smtp_user="ambito",
        smtp_password="parola",
        smtp_from="equipe@ambito.example",
        mailboxes=BOXES,
    )
    assert "parola" not in repr(made)
    stack = Stack(made, lambda _: None)
    monkeypatch.setattr(stack, "_enrolled", lambda: Enrolled.of(["cpi"]))
    told = stack._environment("mail")
    assert told["AMBITO_SMTP_PASSWORD"] == "parola" and json.loads(told["AMBITO_MAILBOXES"]) == BOXES
    assert told["AMBITO_DATABASE_URL"] and "AMBITO_SMTP_CA" not in told
    for other in ("api", "relay", "project", "subscribe-cpi"):
        assert not [name for name in stack._environment(other) if name.startswith("AMBITO_SMTP")]
    assert "mail" in [child.name for child in stack._children()]


def test_no_mail_server_no_mailer(tmp_path: Path) -> None:
    made = settings(
        var=tmp_path, admin_database_url="postgresql://owner@127.0.0.1/ambito", kafka_bootstrap="127.0.0.1:1"
    )
    assert "mail" not in [child.name for child in Stack(made, lambda _: None)._children()]
