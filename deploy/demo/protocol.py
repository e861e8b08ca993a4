"""The protocol of the invented Ambito: signed before its first case, with a referent for each body."""

from __future__ import annotations

from datetime import date
from uuid import NAMESPACE_URL, uuid5

from deploy.demo.households import COMUNI
from deploy.demo.memory import Memory
from deploy.demo.offices import EDUCATOR, EMPLOYMENT, HEALTH, SCHOOL, Officer
from deploy.lines import Line
from domain.fact import Recorder

EFFECTIVE_ON = date(2025, 1, 1)
SIGNED_ON = date(2024, 12, 16)
SIGNATORIES = ("ats", "cpi", "ust", "asl", *(f"comune-{code}" for code in COMUNI))
PROTOCOL_ID = str(uuid5(NAMESPACE_URL, "urn:ambito:demo:protocol"))


def protocol_lines() -> list[Line]:
    """The signature of the protocol, and the referents of its bodies."""
    signatories = [
        {
            "agency": agency,
            "represented_by": f"legale rappresentante di {agency}",
            "signed_on": f"{SIGNED_ON}",
        }
        for agency in SIGNATORIES
    ]
    signed: dict[str, object] = {
        "protocol_id": PROTOCOL_ID,
        "signatories": signatories,
        "effective_on": EFFECTIVE_ON.isoformat(),
        "document_ref": "protocollo/inventato-2025",
        "on_withdrawal": "SIGNATORY_LEAVES",
    }
    referents = [_appointed(officer) for officer in (EDUCATOR, EMPLOYMENT, SCHOOL, HEALTH)]
    told = [("sign_protocol", EDUCATOR.by, signed), *referents]
    return [_line(number, *each) for number, each in enumerate(told)]


def tell_protocol(register: Memory) -> None:
    for line in protocol_lines():
        register.tell(line)


def _appointed(officer: Officer) -> tuple[str, Recorder, dict[str, object]]:
    return (
        "appoint_referent",
        officer.by,
        {
            "protocol_id": PROTOCOL_ID,
            "agency": officer.agency,
            "person_id": str(officer.person_id),
            "name": officer.name,
            "surname": officer.surname,
            "contact": f"{officer.agency}@example.org",
            "from_on": EFFECTIVE_ON.isoformat(),
        },
    )


def _line(number: int, act: str, by: Recorder, states: dict[str, object]) -> Line:
    command_id = uuid5(NAMESPACE_URL, f"urn:ambito:demo:protocol/{number}")
    return Line(act, None, by, SIGNED_ON, "TAKING_CHARGE", states, command_id)
