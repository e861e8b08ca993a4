"""The invented staff of the offices that take part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, UUID, uuid5

from domain.fact import Recorder, kind

CLOCK = Recorder("system", "machine")
PURPOSE = {"cpi": "EMPLOYMENT", "ust": "SCHOOLING", "asl": "HEALTH", "inps": "CONTROLS", "ets": "SUPPORT"}
"""For what an office acts; taking charge of the household where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Officer:
    """A person of an office, with what she is in an équipe and in an assignment."""

    agency: str
    unit: str | None
    name: str
    surname: str
    component: str
    function: str
    role: str

    @property
    def person_id(self) -> UUID:
        return uuid5(NAMESPACE_URL, f"urn:ambito:demo:{self.unit or self.agency}/{self.surname}")

    @property
    def by(self) -> Recorder:
        return Recorder(self.agency, self.role, self.person_id, self.unit)

    @property
    def purpose(self) -> str:
        return PURPOSE.get(kind(self.agency), "TAKING_CHARGE")


def _social(name: str, surname: str) -> Officer:
    return Officer(
        "servizio-sociale", None, name, surname, "SOCIAL_WORKER", "assistente sociale", "SOCIAL_WORKER"
    )


SOCIAL_WORKERS = (
    _social("Marilù", "Inventati"),
    _social("Niccolò", "Fantasini"),
    _social("Chloé", "Maivista"),
    _social("Ștefan", "Nessunescu"),
)
EDUCATOR = Officer(
    "ats", None, "Desirée", "Immaginari", "SOCIAL_OPERATOR", "educatrice dell'Ambito", "SOCIAL_OPERATOR"
)
EMPLOYMENT = Officer(
    "cpi", None, "Noè", "Fittizio", "EMPLOYMENT_OPERATOR", "operatore del CPI", "EMPLOYMENT_OPERATOR"
)
SCHOOL = Officer("ust", None, "Rosalba", "Irreale", "SCHOOL", "referente scolastica", "SCHOOL")
HEALTH = Officer("asl", None, "Zoè", "Supposta", "SPECIALIST", "specialista", "SPECIALIST")


def _specialist(unit: str, name: str, surname: str) -> Officer:
    # Its function says no more than that of any specialist: the other seats read it.
    return Officer("asl", unit, name, surname, "SPECIALIST", "specialista", "SPECIALIST")


SERD = _specialist("asl-serd", "Tommaso", "Ipotetico")
UNITS = {
    officer.unit: officer
    for officer in (
        SERD,
        _specialist("asl-cps", "Àgata", "Teorica"),
        _specialist("asl-consultorio", "Desdemona", "Presunta"),
        _specialist("asl-disabilita", "Giosuè", "Eventuale"),
        _specialist("asl-npi", "Mariù", "Possibile"),
    )
}
"""A person of each specialist service of the ASL."""

EMPLOYMENT_COLLEAGUE = replace(EMPLOYMENT, name="Mariangela", surname="Finzione")
SCHOOL_COLLEAGUE = replace(SCHOOL, name="Cesarò", surname="Favoletta")
THIRD_SECTOR = Officer(
    "ets-radici", None, "Gelsomina", "Nonesisto", "ETS", "educatrice del terzo settore", "ETS"
)
INPS = Recorder("inps", "machine")


def clerk_of(comune: str) -> UUID:
    """The one clerk of a Comune."""
    return uuid5(NAMESPACE_URL, f"urn:ambito:demo:comune-{comune}/1")


def clerk(comune: str) -> Recorder:
    """The registry office of a Comune."""
    return Recorder(f"comune-{comune}", "CLERK", clerk_of(comune))
