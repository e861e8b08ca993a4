"""The token with which a subscriber on this machine comes to its feed."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from api.policy import RECEIVING, Decision, allowed
from api.tokens import Verifier
from deploy.feeds import agency_of, proofs_of
from deploy.keys import private_key
from deploy.settings import Settings
from deploy.tokens import audience
from domain.fact import kind

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("recipient", [*sorted(RECEIVING - {"comune"}), "comune-058091", "asl-serd"])
def test_every_recipient_comes_for_a_purpose_for_which_it_may_read_and_acknowledge(
    recipient: str, tmp_path: Path
) -> None:
    settings = Settings(var=tmp_path, ambito=f"t-{uuid4().hex[:8]}")
    token = proofs_of(settings, recipient).token()
    key = private_key(settings.issuer_key).as_dict(private=False)
    who = Verifier(key, audience(settings)).who(f"Bearer {token}")
    assert who.agency == agency_of(recipient) and who.kind == kind(recipient)
    assert [allowed(operation, who) for operation in ("read_feed", "acknowledge")] == [Decision.ALLOWED] * 2
