"""A protection path is told neither by what an office is refused nor by what is missing in what it reads."""

from typing import Any
from uuid import uuid4

import pytest

from domain.catalogue import ACTS
from tests.integration.api.life import Life, assignment, new_life, sign, told
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration

PATH = {
    "condition_code": "GENDER_VIOLENCE_PATH",
    "value": True,
    "valid_from": "2025-03-05",
    "certified_by": "servizio-sociale",
}
LATER = {"sent_at": "2025-05-11T08:00:00Z", "appointment_at": "2025-05-24T10:00:00+01:00"}


def lives(register: Register) -> list[Life]:
    """Two households alike; in the second a member is in a protection path."""
    sign(register)
    open_one, hidden = (new_life(register).begin().to_patto().refer_to_cpi() for _ in range(2))
    told(hidden.act("conditions", {"member_id": str(hidden.member)} | PATH))
    register.disclose()
    return [open_one, hidden]


def fields(read: Any) -> Any:
    """The fields of what is read, a list of contacts left whole."""
    if isinstance(read, dict):
        return {name: name == "contacts" or fields(value) for name, value in read.items()}
    return [fields(entry) for entry in read] if isinstance(read, list) else True


def test_every_office_reads_the_same_fields_with_a_protection_path_and_without(register: Register) -> None:
    seats = (("ats", "operator"), ("cpi", "EMPLOYMENT_OPERATOR"), ("comune-058091", "CLERK"))
    cases = lives(register)
    for agency, role in seats:
        office = register.office(agency, role)
        read = [office.get(f"/cases/{life.case_id}").json()["facts"] for life in cases]
        without, with_path = ([(fact["type"], fields(fact["data"])) for fact in facts] for facts in read)
        assert with_path == without and without, agency


def test_a_convocation_to_a_mistyped_contact_is_refused_with_a_protection_path_and_without(
    register: Register,
) -> None:
    cpi, ats = register.office("cpi", "EMPLOYMENT_OPERATOR"), register.office("ats", "operator")
    for life in lives(register):
        told(life.act("assignments", assignment(cpi, "cpi", "EMPLOYMENT_OPERATOR"), cpi))
        told(life.act("assignments", assignment(ats, "ats", "SOCIAL_OPERATOR"), ats))
        of_all = life._convocation() | LATER | {"convocation_id": str(uuid4())}
        of_all["contact_used"][0]["value"] = "refuso@example.org"
        kept = {"place", "channel", "text_ref", "text_hash", "language", "warning_text_version", *LATER}
        of_one = {name: of_all[name] for name in kept} | {
            "convocation_id": str(uuid4()),
            "member_id": str(life.member),
            "contact_used": "refuso@example.org",
        }
        for answer in (
            life.act(ACTS["convoke_member"].path, of_one, cpi),
            life.act("convocations", of_all, ats),
        ):
            assert (answer.status_code, answer.json()["rule"]) == (409, "CONTACT_OF_ANOTHER_MEMBER")
