"""The protocol of the invented Ambito: signed before its first case, with a referent for each body."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import NAMESPACE_URL, uuid5

from deploy.demo.households import COMUNI, RECIPIENT_COMUNE
from deploy.demo.memory import Memory
from deploy.demo.offices import (
    EDUCATOR,
    EMPLOYMENT,
    HEALTH,
    SCHOOL,
    SCHOOL_COLLEAGUE,
    THIRD_SECTOR,
    Officer,
    clerk,
    clerk_of,
)
from deploy.lines import Line
from domain.fact import Recorder

EFFECTIVE_ON = date(2025, 1, 1)
SIGNED_ON = date(2024, 12, 16)
SIGNATORIES = ("ats", "cpi", "ust", "asl", *(f"comune-{code}" for code in COMUNI))
PROTOCOL_ID = str(uuid5(NAMESPACE_URL, "urn:ambito:demo:protocol"))

States = dict[str, object]
Told = tuple[date, str, Recorder, States]
"""The day on which something is known, the act, who tells it and what it says."""


def protocol_lines() -> list[Line]:
    """The life of the protocol: the signature, the bodies, two meetings of the Tavolo, what they changed."""
    told = [*_begun(), *_first_meeting(), *_within_the_year(), *_second_meeting(), *_changed()]
    return [_line(number, *each) for number, each in enumerate(told)]


def _begun() -> list[Told]:
    """The signature, the referents of the bodies, a PUC of each Comune."""
    signed: States = {
        "protocol_id": PROTOCOL_ID,
        "signatories": _signed_by_all(SIGNED_ON),
        "effective_on": EFFECTIVE_ON.isoformat(),
        "document_ref": "protocollo/inventato-2025",
        "on_withdrawal": "SIGNATORY_LEAVES",
    }
    referents = [_appointed(officer) for officer in (EDUCATOR, EMPLOYMENT, SCHOOL, HEALTH)]
    referents += [_appointed_by_comune(code) for code in COMUNI]
    return [(SIGNED_ON, "sign_protocol", EDUCATOR.by, signed), *referents, *map(_puc, COMUNI)]


def _signed_by_all(day: date) -> list[dict[str, str]]:
    return [
        {"agency": agency, "represented_by": f"legale rappresentante di {agency}", "signed_on": f"{day}"}
        for agency in SIGNATORIES
    ]


def tell_protocol(register: Memory) -> None:
    for line in protocol_lines():
        register.tell(line)


def puc_of(comune: str) -> str:
    """The one PUC of a Comune that takes people."""
    return _id(f"puc/{comune}")


# --- bodies ------------------------------------------------------------------------------------------------


def _appointed(officer: Officer) -> Told:
    return (
        SIGNED_ON,
        "appoint_referent",
        officer.by,
        _person(officer) | {"from_on": EFFECTIVE_ON.isoformat()},
    )


def _person(officer: Officer) -> States:
    return {
        "protocol_id": PROTOCOL_ID,
        "agency": officer.agency,
        "person_id": str(officer.person_id),
        "name": officer.name,
        "surname": officer.surname,
        "contact": f"{officer.agency}@example.org",
    }


def _appointed_by_comune(code: str) -> Told:
    states: States = {
        "protocol_id": PROTOCOL_ID,
        "agency": f"comune-{code}",
        "person_id": str(clerk_of(code)),
        "name": "Referente",
        "surname": f"Inventato di {code}",
        "contact": f"comune-{code}@example.org",
        "from_on": EFFECTIVE_ON.isoformat(),
    }
    return SIGNED_ON, "appoint_referent", clerk(code), states


def _puc(comune: str, title: str = "Cura del verde pubblico", puc_id: str = "") -> Told:
    states: States = {
        "puc_id": puc_id or puc_of(comune),
        "holder": f"comune-{comune}",
        "title": title,
        "seats": 6,
        "skills": ["nessuna richiesta"],
        "insurance_ref": f"polizza/inventata-{comune}",
        "from_on": EFFECTIVE_ON.isoformat(),
    }
    return SIGNED_ON, "open_puc", clerk(comune), states


def _within_the_year() -> list[Told]:
    """An agreement with the third sector, a PUC that is called off, another referent of the school."""
    agreed: States = {
        "agreement_id": _id("agreement/1"),
        "party": THIRD_SECTOR.agency,
        "kind": "ETS",
        "act_ref": "convenzione/inventata-1",
        "from_on": "2025-02-03",
        "to_on": "2027-12-31",
    }
    archive = _puc(RECIPIENT_COMUNE, "Riordino dell'archivio comunale", _id("puc/archive"))
    called_off: States = {"puc_id": _id("puc/archive"), "ended_on": "2025-04-30", "reason": "CANCELLED"}
    replaced = _person(SCHOOL_COLLEAGUE) | {
        "former_person_id": str(SCHOOL.person_id),
        "from_on": "2025-05-05",
    }
    return [
        (date(2025, 2, 3), "sign_agreement", EDUCATOR.by, agreed),
        (date(2025, 2, 3), *archive[1:]),
        (date(2025, 4, 30), "end_puc", clerk(RECIPIENT_COMUNE), called_off),
        (date(2025, 5, 5), "replace_referent", SCHOOL_COLLEAGUE.by, replaced),
    ]


# --- the Tavolo --------------------------------------------------------------------------------------------

MINUTES, SECOND_MINUTES = "verbale/tavolo-inventato-1", "verbale/tavolo-inventato-2"


def _first_meeting() -> list[Told]:
    """On its minutes rests the decision on the gradini of the decurtazione."""
    decisions = [
        {"text": "Elenco dei PUC con posti liberi, ogni mese", "owner": "ats", "due_on": "2025-02-28"},
        {"text": "Scheda comune per le segnalazioni", "owner": "cpi", "due_on": "2027-03-31"},
    ]
    topics = ["avvio del protocollo", "gradini della decurtazione"]
    met = _meeting(1, date(2025, 1, 15), SCHOOL, topics, decisions)
    rungs: States = {
        "protocol_id": PROTOCOL_ID,
        "rule_set": "PROTOCOLLO-ADI",
        "infraction": "PAIS_COMMITMENT_BREACH",
        "rungs": [
            {"occurrence": 1, "measure": "DECURTAZIONE", "months_fraction": "1/4"},
            {"occurrence": 2, "measure": "DECURTAZIONE", "months_fraction": "1"},
            {"occurrence": 3, "measure": "DECADENZA"},
        ],
        "counts_from": "MEASURE_NOTIFIED",
        "minutes_ref": MINUTES,
        "decided_on": met[-1][0].isoformat(),
    }
    return [*met, (met[-1][0], "decide_rungs", EDUCATOR.by, rungs)]


def _second_meeting() -> list[Told]:
    """The decree of 13 May 2025 on the schooling of minors is looked at: the protocol is to be amended."""
    decisions = [
        {"text": "Modifica del protocollo sull'obbligo scolastico", "owner": "ats", "due_on": "2025-09-30"}
    ]
    topics = ["decreto 13 maggio 2025", "obbligo scolastico"]
    met = _meeting(2, date(2025, 6, 11), SCHOOL_COLLEAGUE, topics, decisions)
    reviewed: States = {
        "protocol_id": PROTOCOL_ID,
        "act": "decreto 13 maggio 2025",
        "reviewed_on": "2025-06-11",
        "outcome": "AMEND",
        "minutes_ref": SECOND_MINUTES,
    }
    return [*met, (met[-1][0], "review_law_change", EDUCATOR.by, reviewed)]


def _changed() -> list[Told]:
    """The amendment, which every body in force signs."""
    amended: States = {
        "protocol_id": PROTOCOL_ID,
        "signatories": _signed_by_all(date(2025, 9, 15)),
        "changes": "Art. 3: la verifica dell'obbligo scolastico segue il decreto 13 maggio 2025",
        "effective_on": "2025-10-01",
        "document_ref": "protocollo/inventato-2025-modifica-1",
    }
    return [(date(2025, 9, 16), "amend_protocol", EDUCATOR.by, amended)]


def _meeting(
    number: int, day: date, school: Officer, topics: list[str], decisions: list[dict[str, str]]
) -> list[Told]:
    """Convoked a week before, held, its minutes approved a week later and sent."""
    people = [(officer.agency, officer.person_id) for officer in (EDUCATOR, EMPLOYMENT, school, HEALTH)]
    people += [(f"comune-{code}", clerk_of(code)) for code in COMUNI]
    seats = [{"agency": agency, "person_id": str(person)} for agency, person in people]
    before, after = day - timedelta(days=7), day + timedelta(days=7)
    meeting: States = {"meeting_id": _id(f"table/{number}")}
    minutes: States = {"minutes_ref": f"verbale/tavolo-inventato-{number}"}
    convoked = {"meeting_at": f"{day}T09:30:00Z", "seat": SEAT, "invitees": seats, "topics": topics}
    held = {"held_on": day.isoformat(), "present": seats, "secretary": str(EDUCATOR.person_id)}
    sent = {"recipients": [{"agency": agency} for agency in SIGNATORIES], "sent_on": after.isoformat()}
    told: list[tuple[date, str, States]] = [
        (before, "convoke_table", meeting | convoked),
        (day, "hold_table", meeting | held | {"topics": topics, "decisions": decisions}),
        (after, "approve_minutes", meeting | minutes | {"approved_on": after.isoformat()}),
        (after, "send_minutes", meeting | minutes | sent),
    ]
    return [(on, act, EDUCATOR.by, states) for on, act, states in told]


SEAT = "Sala dell'Ambito, Piazza che non c'è, 1"


def _id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:ambito:demo:{name}"))


def _line(number: int, on: date, act: str, by: Recorder, states: States) -> Line:
    command_id = uuid5(NAMESPACE_URL, f"urn:ambito:demo:protocol/{number}")
    return Line(act, None, by, on, "TAKING_CHARGE", states, command_id)
