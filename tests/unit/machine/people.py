"""The invented household and the offices around it: few enough that they meet again and again."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

from domain.case.parts import Contact, Member
from domain.fact import KINDS, Recorder


def named(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


def _operator(agency: str, unit: str | None = None, who: str = "") -> Recorder:
    return Recorder(agency, "SPECIALIST", named(f"{agency}/{unit}/{who}"), unit)


SOCIAL_WORKER = _operator("servizio-sociale")
COLLEAGUE = _operator("servizio-sociale", who="colleague")
AMBITO = _operator("ats")
CPI = _operator("cpi")
OFFICES = (
    SOCIAL_WORKER,
    COLLEAGUE,
    AMBITO,
    CPI,
    _operator("cpi", "cpi-2"),
    _operator("accreditato"),
    _operator("ust"),
    _operator("asl", "asl-serd"),
    _operator("asl", "asl-consultorio"),
    _operator("asl"),
    _operator("mmg"),
    _operator("ets-casa"),
    _operator("puc-parco"),
    _operator("sil"),
    Recorder("comune-058091", "CLERK", named("comune")),
    Recorder("comune-058991", "CLERK", named("other comune")),
    Recorder("inps", "machine"),
    Recorder("system", "machine"),
)
"""Everybody who may try an act. Of the Comuni the second is not that of residence."""

BY_KIND = {kind: [office for office in OFFICES if office.kind == kind] for kind in KINDS}
SYSTEM, INPS = BY_KIND["system"][0], BY_KIND["inps"][0]
PERSONS = [office.person for office in OFFICES if office.person]
RESIDENCE = "058091"


def _member(name: str, born: date, relationship: str, *contacts: tuple[str, bool]) -> Member:
    return Member(
        member_id=named(name),
        name=name,
        surname="Inventata",
        tax_code="NVNXXX80A01A000X",
        birth_date=born,
        relationship=relationship,
        residence_address="Via Inventata, 12",
        contacts=tuple(_contact(value, safe) for value, safe in contacts),
        needs_mediation=False,
    )


def _contact(value: str, safe: bool) -> Contact:
    return Contact(channel="EMAIL", value=value, safe=safe, verified_on=date(2018, 1, 2))


VALUES = ("rosaria@example.org", "casa@example.org", "jose@example.org", "nonna@example.org")
"""Contacts, of which one is shared: nobody in a protection path may be reached by it."""

PEOPLE = (
    _member("Rosaria", date(1987, 5, 14), "RICHIEDENTE", (VALUES[0], True), (VALUES[1], True)),
    _member("José", date(1983, 9, 2), "CONIUGE", (VALUES[1], True), (VALUES[2], False)),
    _member("Mosè", date(2015, 11, 8), "FIGLIO"),
    _member("Noemi", date(2007, 3, 30), "FIGLIA", (VALUES[1], False)),
    _member("Ines", date(1965, 4, 4), "ALTRO", (VALUES[3], True)),
    _member("Leo", date(2022, 2, 28), "MINORE_AFFIDATO"),
)
STRANGER = named("nobody of this household")
EVERYBODY = (*(person.member_id for person in PEOPLE), STRANGER)

FIRST_DAYS = {
    "ADI": date(2025, 1, 7),
    "RDC": date(2023, 2, 1),
    "REI": date(2018, 3, 1),
    "NASPI": date(2025, 2, 3),
    "NONE": date(2025, 1, 7),
}
"""The day on which a life begins, so that its benefit has a rule set that governs it for a while."""
