"""A case with an équipe, convoked over HTTP: whoever sits in it has a token of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from tests.integration.api.life import Life, assignment, household, new_life
from tests.integration.api.office import Office, Register

AT = "2026-07-20T09:30:00+02:00"
"""After the clock of these tests: who is convoked to a sitting of the past is written nothing."""

SEATS: tuple[tuple[str, str | None, str], ...] = (
    ("servizio-sociale", None, "SOCIAL_WORKER"),
    ("ats", None, "SOCIAL_OPERATOR"),
    ("cpi", None, "EMPLOYMENT_OPERATOR"),
    ("ust", None, "SCHOOL"),
    ("asl", "asl-serd", "SPECIALIST"),
)


@dataclass
class Equipe:
    """The équipe of a life, and the sitting it is convoked to."""

    life: Life
    register: Register
    team: UUID = field(default_factory=uuid4)
    session: UUID = field(default_factory=uuid4)
    offices: dict[str, Office] = field(default_factory=dict)

    def formed(self) -> Equipe:
        """Convoked, met, analysed, and the équipe formed."""
        life = self.life.begin()
        life.tell("households", household(life.member, life.child))
        life.tell("obligation-evaluations", {"member_id": str(life.member), "evaluated_for": "2025-03-10"})
        life.tell("convocations", life._convocation())
        life.tell("appointments", life._meeting())
        life.tell("analyses", self._analysis())
        life.tell("equipes", self._team())
        life.tell("assignments", assignment(self.ambito, "ats", "SOCIAL_OPERATOR"), self.ambito)
        return self

    @property
    def ambito(self) -> Office:
        return self.office("ats")

    def office(self, seat: str, person: str = "first") -> Office:
        """An operator of a seat; the first is the one who sits in the équipe."""
        if seat == "servizio-sociale" and person == "first":
            return self.life.worker
        agency, unit = ("asl", seat) if seat.startswith("asl-") else (seat, None)
        return self.register.office(agency, "operator", unit, person)

    def convoke(self, *seats: str, **given: Any) -> dict[str, Any]:
        return self.life.tell("equipe-convocations", self.convocation(*seats, **given), self.ambito)

    def convocation(self, *seats: str, **given: Any) -> dict[str, Any]:
        return {
            "session_id": str(self.session),
            "slot": "1",
            "team_id": str(self.team),
            "meeting_at": AT,
            "seat": "Sala riunioni del distretto",
            "invitees": [self.invitee(seat) for seat in seats],
            "channel": "EMAIL",
            "attachment": "ESTRATTO",
            "attachment_visibility_profile": "per sede",
        } | given

    def invitee(self, seat: str) -> dict[str, str]:
        agency, unit, _ = next(each for each in SEATS if seat in each[:2])
        told = {"person_id": str(self.office(seat).subject), "agency": agency}
        return told | ({"unit": unit} if unit else {})

    def correct(self, *, voids: bool = False, **new_value: Any) -> None:
        convoked = self.life.said["equipe-convocations"]["event_ids"][0]
        self.life.tell(
            "corrections",
            {"corrects_event_id": convoked, "reason": "rinvio", "new_value": new_value, "voids": voids},
            self.ambito,
        )

    def _analysis(self) -> dict[str, Any]:
        told = self.life._analysis()
        told["outcomes"][0]["outcome"] = "EM"
        return told

    def _team(self) -> dict[str, Any]:
        return {
            "team_id": str(self.team),
            "components": [self._component(*seat) for seat in SEATS],
            "missing_roles": [],
            "case_manager_id": str(self.life.worker.subject),
            "household_referent_id": str(self.life.member),
            "communicated_on": "2025-04-02",
        }

    def _component(self, agency: str, unit: str | None, role: str) -> dict[str, str]:
        named = {"name": "Nome", "surname": f"Di-{unit or agency}", "function": "operatore", "role": role}
        return named | self.invitee(unit or agency)


def new_equipe(register: Register) -> Equipe:
    return Equipe(new_life(register), register).formed()
