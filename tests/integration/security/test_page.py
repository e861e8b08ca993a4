"""The example of docs/security.md, as a consumer would take it: its trusts, its statements, its body."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from deploy.trust import wire
from tests.databases import Ledger
from tests.integration.api.office import BASE, NOW, register_on
from tests.jose import Pair, b64, opened
from tests.pdnd import Pdnd, serving

pytestmark = pytest.mark.integration

PAGE = (Path(__file__).parents[3] / "docs/security.md").read_text("utf-8")
CLIENT = str(uuid4())
OF_PDND, OF_CLIENT, OURS, OF_PROOF, OUTSIDE = Pair.rsa(), Pair.rsa(), Pair.rsa(), Pair.ec(), Pair.ec()


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found, name
    return found[1]


def filled(said: Any, values: dict[str, Any]) -> Any:
    """An example with what changes with each request."""
    if isinstance(said, dict):
        return {name: filled(value, values) for name, value in said.items()}
    if isinstance(said, list):
        return [filled(value, values) for value in said]
    if said == "<a new UUID>":
        return str(uuid4())
    return values[said] if isinstance(said, str) and said.startswith("<") else said


def trusts(folder: Path, pdnd: Pdnd) -> Path:
    """The file of the page, and the keys and certificates that it names."""
    for name, key in {"answers.pem": OURS, "client.pem": OURS}.items():
        (folder / name).write_bytes(key.pem)
    for name, key in {"answers.crt": OURS, "ust.crt": OUTSIDE}.items():
        (folder / name).write_bytes(key.certificate(NOW).public_bytes(Encoding.PEM))
    text = example("trust.toml")
    for host in ("interop", "api.interop", "auth.interop"):
        text = text.replace(f"https://{host}.pagopa.it", pdnd.url)
    (folder / "trust.toml").write_text(text)
    return folder / "trust.toml"


def test_the_example_of_the_page_refers_a_case(ledger: Ledger, tmp_path: Path) -> None:
    now = int(NOW.timestamp())
    values: dict[str, Any] = {
        "<now>": now,
        "<now + 300>": now + 300,
        "<client_id>": CLIENT,
        "<kid of the client>": "client",
        "<kid of PDND>": "pdnd",
        "<thumbprint of the proof's key>": OF_PROOF.thumbprint,
        "<public key of the proof>": OF_PROOF.jwk,
    }

    def signed(name: str, key: Pair) -> str:
        said = filled(json.loads(example(name)), values)
        return key.sign(said["header"], said["claims"])

    body = json.dumps(filled(json.loads(example("body")), values)).encode()
    digest = f"SHA-256={b64encode(hashlib.sha256(body).digest()).decode()}"
    tracking = signed("tracking", OF_CLIENT)
    values["<SHA-256 of the evidence, hex>"] = hashlib.sha256(tracking.encode()).hexdigest()
    values |= {"<Digest>": digest, "<Idempotency-Key>": str(uuid4())}
    voucher = signed("voucher", OF_PDND)
    values["<SHA-256 of the voucher, base64url>"] = b64(hashlib.sha256(voucher.encode()).digest())
    headers = {
        "Authorization": f"DPoP {voucher}",
        "DPoP": signed("proof", OF_PROOF),
        "Agid-JWT-TrackingEvidence": tracking,
        "Agid-JWT-Signature": signed("signature", OF_CLIENT),
        "Digest": digest,
        "Content-Type": "application/json",
        "Idempotency-Key": values["<Idempotency-Key>"],
    }
    with serving(Pdnd({"pdnd": OF_PDND}, {"client": (CLIENT, OF_CLIENT.jwk)}, needs_voucher=True)) as pdnd:
        file = trusts(tmp_path, pdnd)
        with register_on(ledger, lambda pool, clock: wire(file, pool, clock)) as register:
            answer = register.client.post(f"{BASE}/cases", content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    header, said = opened(answer.headers["agid-jwt-signature"], OURS.jwk)
    assert (header["kid"], said["aud"], said["request_digest"]) == ("Zr0m2bJ5", CLIENT, digest)
    assert header["x5c"][0] in (tmp_path / "answers.crt").read_text().replace("\n", "")
