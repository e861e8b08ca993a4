"""The file of trusts: what is wrong in it is named, where it stands, and nothing is served meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from api.security.wire import Wire
from deploy.settings import Settings
from deploy.stack import Stack
from deploy.trust import wire
from deploy.trust_file import CannotTrust
from tests.jose import Pair

pytestmark = pytest.mark.unit

ID = "b6a2a1b0-5f0a-4c8e-9d5e-7d1f2c3b4a5d"
NOW = datetime(2026, 6, 30, tzinfo=UTC)
RSA, EC, WEAK = Pair.rsa(), Pair.ec(), Pair.rsa(1024)

ANSWERS = """
address = "https://registro.example"
audience = "https://registro.example/rest/adi/v1"
[answers]
key = "ours.pem"
kid = "ours"
"""
CONSUMER = f"""
[[pdnd.consumers]]
consumer = "{ID}"
agency = "cpi"
purposes = [{{ id = "{ID}", purpose = "EMPLOYMENT", role = "EMPLOYMENT_OPERATOR" }}]
"""
PDND = f"""
[pdnd]
issuer = "interop.pagopa.it"
jwks = "https://interop.pagopa.it/.well-known/jwks.json"
keys = "https://api.interop.pagopa.it/v2"
producer = "{ID}"
eservice = "{ID}"
descriptors = ["{ID}"]
"""
DIRECT = f"""
[[direct]]
client = "{ID}"
agency = "ust"
certificates = ["ust.pem"]
purposes = [{{ id = "scuola", purpose = "SCHOOLING", role = "SCHOOL" }}]
"""
WHOLE = ANSWERS + PDND + CONSUMER + DIRECT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, key in {"ours": RSA, "ec": EC, "weak": WEAK}.items():
        (tmp_path / f"{name}.pem").write_bytes(key.pem)
    for name, key in {"ust": EC, "us": RSA, "weak-cert": WEAK}.items():
        (tmp_path / f"{name}.pem").write_bytes(key.certificate(NOW).public_bytes(Encoding.PEM))
    (tmp_path / "text.pem").write_text("no key")
    return tmp_path


def made(folder: Path, text: str) -> Wire:
    path = folder / "trust.toml"
    path.write_text(text)
    return wire(path, cast(Any, None), lambda: NOW)


def test_a_whole_file_makes_both_doors(folder: Path) -> None:
    found = made(folder, WHOLE)
    assert found.pdnd and found.direct
    assert found.seal.header == {"alg": "RS256", "typ": "JWT", "kid": "ours"}


def test_one_door_is_enough(folder: Path) -> None:
    assert made(folder, ANSWERS + PDND + CONSUMER).direct is None
    assert made(folder, ANSWERS + DIRECT).pdnd is None


def test_answers_may_be_signed_on_a_curve_and_name_their_certificate(folder: Path) -> None:
    found = made(folder, WHOLE.replace("ours.pem", "ec.pem")).seal.header
    assert found["alg"] == "ES256"
    found = made(folder, WHOLE.replace('kid = "ours"', 'kid = "ours"\ncertificate = "us.pem"')).seal.header
    assert len(found["x5c"]) == 1


WRONG: dict[str, tuple[str, str, str]] = {
    "unknown key": ("issuer =", "isuer =", "pdnd.isuer: Extra inputs are not permitted"),
    "nobody admitted": (CONSUMER, "", "pdnd.consumers: Field required"),
    "no answers": ('kid = "ours"', "", "answers.kid: Field required"),
    "keys in clear": ("https://interop", "http://interop", "pdnd.jwks: Value error, must be https"),
    "an address with a path": (
        '"https://registro.example"',
        '"https://registro.example/rest"',
        "address: Value error, without a path",
    ),
    "keys of a file": ("https://api", "file://api", "pdnd.keys: Value error, must be https"),
    "unknown agency": ('"cpi"', '"pirates"', "pdnd.consumers.0.agency: Value error, its kind is one of"),
    "the clock": ('"cpi"', '"system"', "pdnd.consumers.0.agency: Value error, its kind is one of"),
    "unknown purpose": (
        '"EMPLOYMENT"',
        '"CURIOSITY"',
        "pdnd.consumers.0.purposes.0.purpose: Value error, one of",
    ),
    "a purpose of others": (
        '"SCHOOLING"',
        '"EMPLOYMENT"',
        "direct.0: Value error, EMPLOYMENT: no ",
    ),
    "unknown role": ('"SCHOOL"', '"ADMIN"', "direct.0.purposes.0.role: Value error, one of"),
    "no UUID": (f'producer = "{ID}"', 'producer = "one"', "pdnd.producer: Input should be a valid UUID"),
    "no descriptor": (f'descriptors = ["{ID}"]', "descriptors = []", "pdnd.descriptors: List should have"),
    "a consumer twice": (CONSUMER, CONSUMER * 2, f"the purpose {ID} of {ID} stands there twice"),
    "a certificate twice": (
        '["ust.pem"]',
        '["ust.pem", "ust.pem"]',
        "ust.pem: a certificate is of one client",
    ),
    "no such key": ("ours.pem", "lost.pem", "lost.pem: No such file or directory"),
    "no key": ("ours.pem", "text.pem", "text.pem: holds no key in PEM"),
    "a weak key": ("ours.pem", "weak.pem", "weak.pem: holds no key in PEM that is RSA of 2048 bits"),
    "a certificate for a key": ("ours.pem", "us.pem", "us.pem: holds no private key"),
    "a key for a certificate": ("ust.pem", "ours.pem", "ours.pem: holds no certificate in PEM"),
    "a weak certificate": ("ust.pem", "weak-cert.pem", "weak-cert.pem: holds no key in PEM that is RSA"),
    "another's certificate": (
        'kid = "ours"',
        'kid = "ours"\ncertificate = "ust.pem"',
        "ust.pem: is not the certificate of ours.pem",
    ),
    "no TOML": ("[answers]", "[answers", "is not TOML in UTF-8"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named(folder: Path, what: str) -> None:
    good, bad, said = WRONG[what]
    assert good in WHOLE
    with pytest.raises(CannotTrust) as failed:
        made(folder, WHOLE.replace(good, bad))
    assert str(failed.value).startswith(f"{folder / 'trust.toml'}: ")
    assert said in str(failed.value)


def test_a_stack_tells_the_api_alone_whom_to_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        var=tmp_path,
        trust=Path("trust.toml"),
        admin_database_url="postgresql://o@localhost/a",
        kafka_bootstrap="127.0.0.1:1",
    )
    (tmp_path / "secrets").mkdir()
    stack = Stack(settings, lambda _: None)
    monkeypatch.setattr(stack, "_enrolled", lambda: None)
    told = {name: stack._environment(name).get("AMBITO_TRUST") for name in ("api", "relay", "project")}
    assert told == {"api": str(Path("trust.toml").absolute()), "relay": None, "project": None}


def test_a_file_that_admits_nobody_is_none(folder: Path) -> None:
    with pytest.raises(CannotTrust, match="pdnd or direct: neither is there"):
        made(folder, ANSWERS)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotTrust, match=r"trust\.toml: No such file or directory"):
        wire(tmp_path / "trust.toml", cast(Any, None), lambda: NOW)
