"""No number that an office may watch moves with a health or an anti-violence service alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from api import delivery, operations
from tests.databases import Ledger
from tests.integration.api.life import new_life, sign
from tests.integration.api.office import RECIPIENTS, Register, register_on
from tests.integration.api.test_desks import refer_to_serd

pytestmark = pytest.mark.integration

RESERVED = "asl-serd"


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    with register_on(ledger, recipients=(*RECIPIENTS, RESERVED)) as made:
        yield made


def told(register: Register) -> tuple[Any, ...]:
    """What the Ambito is told of the service, wherever it is told of recipients."""
    ats = register.office("ats", "SOCIAL_OPERATOR")
    lists = (ats.get(path).json() for path in ("/recipients", "/operations/health"))
    found = [each for body in lists for each in body.get("items", body.get("recipients"))]
    corrections = ats.get(f"/recipients/{RESERVED}/corrections").json()["items"]
    return *(each for each in found if each["recipient"] == RESERVED), corrections


def referred(register: Register) -> None:
    """A member is sent to the service, which is shown facts of the case, and one of them corrected."""
    life = new_life(register).begin().to_patto()
    refer_to_serd(life)
    register.disclose()
    seen = register.services.disclosed.messages(RESERVED, 0)
    wrong = next(each for each in seen if each.type.startswith("adi.case.member_referred_to_specialist"))
    fix = {"corrects_event_id": str(wrong.event_id), "new_value": {"referred_on": "2025-04-18"}}
    life.tell("corrections", fix | {"voids": False, "reason": "data sbagliata"})
    register.disclose()
    assert register.services.disclosed.head(RESERVED) > len(seen) > 0


def test_what_is_told_of_a_reserved_recipient_is_the_same_before_and_after(register: Register) -> None:
    sign(register)
    before = told(register)
    referred(register)
    assert told(register) == before


def test_that_it_lags_behind_is_told_once_the_day_is_over(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(register)
    referred(register)
    later = delivery.now(register.services) + timedelta(days=2)
    monkeypatch.setattr(delivery, "now", lambda _: later)
    of_it, _, corrections = told(register)
    assert of_it["corrections"]["unacknowledged"] is None
    assert of_it["corrections"]["since"].endswith("T00:00:00.000000Z")
    assert [each["disclosed_at"] for each in corrections] == [of_it["corrections"]["since"]]


@pytest.mark.parametrize("room", [delivery, operations])
def test_a_control_with_plain_numbers_is_caught(
    register: Register, room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "is_reserved", lambda _: False)
    sign(register)
    before = told(register)
    referred(register)
    assert told(register) != before
