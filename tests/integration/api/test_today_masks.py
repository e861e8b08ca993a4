"""Whatever day is asked for, what was hidden since then stays hidden outside the servizio sociale."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.integration.api.life import household, new_life
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration


def test_a_contact_recorded_before_a_protection_path_is_read_by_nobody_through_the_past(
    register: Register,
) -> None:
    life = new_life(register).begin()
    life.tell("households", household(life.member, life.child))
    before = datetime.now(UTC).isoformat()
    shown = register.office("ats", "SOCIAL_OPERATOR").get(f"/cases/{life.case_id}").text
    assert "example" in shown
    register.disclose()
    assert "Piazza" not in register.office("comune-058091", "CLERK").get(f"/cases/{life.case_id}").text
    life.tell(
        "conditions",
        {
            "member_id": str(life.member),
            "condition_code": "GENDER_VIOLENCE_PATH",
            "value": True,
            "valid_from": "2025-02-01",
            "certified_by": "centro",
        },
    )
    register.disclose()
    for agency, role in (("ats", "SOCIAL_OPERATOR"), ("comune-058091", "CLERK")):
        office = register.office(agency, role)
        for query in ({}, {"as_known_at": before}):
            found = office.get(f"/cases/{life.case_id}", **query)
            assert "example" not in found.text
            assert "Piazza" not in found.text
