"""Every act of a life, sent again: the same key is the same act, whatever the case has become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.integration.api.life import new_life, sign
from tests.integration.api.office import Office, Register

pytestmark = pytest.mark.integration

STALE = {"If-Match": '"1"'}
"""What every case has left behind after its first act."""


@dataclass
class Repeating(Office):
    """Who sends everything again, as after an answer that was lost, and once with another body."""

    repeated: int = 0

    def post(
        self, path: str, body: Any = None, *, key: UUID | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        key = key or uuid4()
        first = super().post(path, body, key=key, headers=headers)
        again = super().post(path, body, key=key, headers=STALE)
        assert first.status_code == 201 and again.status_code == 200, (path, first.text, again.text)
        assert again.json() == first.json() | {"replayed": True}
        other = super().post(path, body | {"nobody": 1}, key=key)
        elsewhere = super().post(path, body, key=key, headers={"Known-On": "2020-01-01"})
        assert (other.status_code, elsewhere.status_code) == (422, 422)
        assert elsewhere.json()["rule"] == "KEY_REUSED"
        self.repeated += 1
        return first


def test_every_act_of_a_life_is_one_act_however_often_it_is_sent(register: Register) -> None:
    sign(register)
    life = new_life(register)
    life.worker = Repeating(life.worker.client, life.worker.token, life.worker.subject)
    life.inps = Repeating(life.inps.client, life.inps.token, life.inps.subject)
    before = register.head()
    life.begin().to_patto().refer_to_cpi().to_proposal().to_measure()
    recorded = life.worker.repeated + life.inps.repeated
    assert recorded > 15 and register.head() >= before + recorded
    versions = [fact.version for fact in register.services.log.facts(life.case_id)]
    assert versions == list(range(1, recorded + 1))
