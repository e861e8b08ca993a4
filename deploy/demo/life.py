"""One case as its acts tell it: written line by line, and decided in memory while it is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from deploy.demo.households import AMBITO, Condition, Household, Member, new_id
from deploy.demo.memory import Memory
from deploy.demo.offices import CLOCK, INPS, PURPOSE, SOCIAL_WORKERS, Officer, clerk
from deploy.lines import NEW_CASE, Line, case_of, event_of
from domain.case.state import Case
from domain.fact import Recorder
from domain.rules.calendar import add_months, is_closed

SATURDAY = 5


class Life:
    """The lines of one case so far. What the register would refuse raises Refused here.

    ``lag`` is how long after each fact the register learns of it: a case of another year is imported late.
    """

    def __init__(self, key: str, found: Household, rng: Random, register: Memory) -> None:
        self.key, self.household, self.rng = key, found, rng
        self.day, self.lag = found.on, timedelta()
        self.social = rng.choice(SOCIAL_WORKERS)
        self.lines: list[Line] = []
        self.told: dict[str, Line] = {}
        self._register = register

    @property
    def case_id(self) -> UUID:
        return case_of(self._command_id(0))

    @property
    def case(self) -> Case:
        return self._register.case(self.case_id)

    @property
    def obliged(self) -> list[Member]:
        """The members who are obliged today, as evaluated."""
        found = [(member, self.case.evaluation_on(member.id, self.day)) for member in self.household.adults]
        return [member for member, evaluation in found if evaluation and evaluation.event.result == "obliged"]

    def tell(self, act: str, by: Recorder, states: dict[str, Any], known_on: date | None = None) -> Line:
        """Write the next line."""
        line = Line(
            act=act,
            case_id=self.case_id,
            by=by,
            known_on=(known_on or self.day) + self.lag,
            purpose=PURPOSE.get(by.kind, "TAKING_CHARGE"),
            states=states,
            command_id=self._command_id(len(self.lines)),
        )
        if not self._register.tell(line):
            raise ValueError(f"{self.key}: {act} says nothing new")
        self.lines.append(line)
        self.told[act] = line
        return line

    def wait(self, least: int, most: int) -> str:
        """Some days pass, until a working day."""
        self.day = working(self.day + timedelta(days=self.rng.randint(least, most)))
        return self.today

    def has_seat(self, puc_id: str, start: date, end: date) -> bool:
        """Whether a PUC has a seat left on every day of an assignment."""
        return not self._register.law.pucs[UUID(puc_id)].is_full(start, end)

    @property
    def today(self) -> str:
        return self.day.isoformat()

    def new_id(self) -> str:
        return str(new_id(self.rng))

    def _command_id(self, number: int) -> UUID:
        return uuid5(NAMESPACE_URL, f"urn:ambito:demo:{self.key}/{number}")


def working(day: date) -> date:
    """The day itself, or the next one on which offices are open."""
    while is_closed(day) or day.weekday() == SATURDAY:
        day += timedelta(days=1)
    return day


def school_day(day: date) -> date:
    """The day itself, or the first one after the summer."""
    ends, begins = date(day.year, 6, 8), date(day.year, 9, 15)
    return working(begins) if ends < day < begins else day


def at(day: date, hour: int) -> str:
    return f"{day.isoformat()}T{hour:02}:30:00Z"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


# --- opening -------------------------------------------------------------------------------------------


def refer(life: Life, benefit: str = "ADI") -> None:
    found = life.household
    asked = {} if benefit == "NONE" else {"domanda_ref": f"INVENTATA-{found.id.hex[:8].upper()}"}
    life.tell(
        NEW_CASE,
        CLOCK,
        {
            "household_id": str(found.id),
            "residence_comune": found.comune,
            "ats": AMBITO,
            "benefit": benefit,
            **asked,
            "referred_on": life.today,
        },
    )


def assign(life: Life, officer: Officer) -> None:
    unit = {"unit": officer.unit} if officer.unit else {}
    life.tell(
        "assign_operator",
        officer.by,
        {
            "assignment_id": life.new_id(),
            "person_id": str(officer.person_id),
            "agency": officer.agency,
            **unit,
            "role": officer.role,
            "purpose": officer.purpose,
            "from_on": life.today,
        },
    )


def unassign(life: Life, assigned: Line, reason: str = "CHARGE_ENDED") -> None:
    states = {
        "assignment_id": assigned.states["assignment_id"],
        "until": life.today,
        "reason": reason,
    }
    life.tell("unassign_operator", assigned.by, states)


def record_household(life: Life, checked: bool | None = None, declared: str = "DECLARED") -> None:
    """The Comune of residence checks the household; at times it is only declared to the servizio sociale."""
    checked = life.rng.random() < 0.7 if checked is None else checked
    by = clerk(life.household.comune) if checked else life.social.by
    source = life.rng.choice(("ANAGRAFE", "ANPR")) if checked else declared
    states = {"members": life.household.as_stated(), "source": source, "verified_on": life.today}
    life.tell("record_household", by, states)


CERTIFIED_BY = {
    "DISABILITY_L68": "commissione medica, verbale",
    "ONCOLOGICAL": "certificazione sanitaria",
    "GENDER_VIOLENCE_PATH": "titolare del percorso",
    "DIRECT_PENSION": "INPS",
    "EMPLOYED": "comunicazione obbligatoria",
    "REGULAR_STUDY": "certificato di iscrizione",
}


def record_condition(
    life: Life, condition: Condition, by: Recorder | None = None, since: date | None = None
) -> Line:
    since = since or life.household.on - timedelta(days=life.rng.randint(30, 300))
    return life.tell(
        "record_condition",
        by or life.social.by,
        {
            "member_id": str(condition.member.id),
            "condition_code": condition.code,
            "value": condition.value,
            "valid_from": since.isoformat(),
            "certified_by": CERTIFIED_BY.get(condition.code, "dichiarazione del nucleo"),
        },
    )


def evaluate(life: Life, *members: Member) -> None:
    """The obligations of some members, today; of every adult where none is named."""
    for member in members or life.household.adults:
        life.tell("evaluate_obligation", CLOCK, {"member_id": str(member.id), "evaluated_for": life.today})


def grant(life: Life, benefit: str = "ADI", on: date | None = None) -> None:
    """INPS grants the benefit. Of the ADI the applicant signs the PAD: the 120 days begin."""
    found, day = life.household, on or life.day
    reference = f"INVENTATA-{found.id.hex[:8].upper()}"
    life.tell(
        "record_grant",
        INPS,
        {
            "benefit": benefit,
            "domanda_ref": reference,
            "granted_on": day.isoformat(),
            "first_month": f"{add_months(day, 1):%Y-%m}",
            "months": 18,
            "amount": euro(life, 320, 950),
        },
    )
    if benefit != "ADI":
        return
    life.tell(
        "record_pad",
        INPS,
        {
            "signed_on": day.isoformat(),
            "signatory_member_id": str(found.applicant.id),
            "contact_email": found.applicant.email,
            "siisl_ref": f"SIISL-{reference}",
        },
    )


def euro(life: Life, least: int, most: int) -> dict[str, str]:
    """Some amount of money."""
    return {"amount": f"{life.rng.randrange(least * 100, most * 100) / 100:.2f}", "currency": "EUR"}


def name_case_manager(life: Life) -> None:
    """The social worker of the Comune, as protocol art. 7 has it."""
    states = {
        "person_id": str(life.social.person_id),
        "agency": life.social.agency,
        "role": "SOCIAL_WORKER",
        "from_on": life.today,
    }
    life.tell("assign_case_manager", life.social.by, states)


def open_case(life: Life, benefit: str = "ADI", granted_on: date | None = None) -> None:
    """Referral, grant, a social worker, the household, its conditions and who is obliged."""
    refer(life, benefit)
    life.wait(0, 3)
    grant(life, benefit, granted_on)
    life.wait(1, 6)
    assign(life, life.social)
    life.wait(1, 8)
    record_household(life)
    for condition in life.household.conditions:
        record_condition(life, condition)
    life.wait(0, 3)
    evaluate(life)


# --- convocation and meeting ---------------------------------------------------------------------------


def convoke(life: Life, members: Sequence[Member], purpose: str = "FIRST_APPOINTMENT") -> str:
    """Convoke some members and prove the recapito to each."""
    convocation_id, text = life.new_id(), "convocazione/1"
    life.wait(2, 12)
    meeting = working(life.day + timedelta(days=life.rng.randint(8, 20)))
    used = [
        {"member_id": str(m.id), "channel": "EMAIL", "value": m.email, "from_event_id": _source(life, m)}
        for m in members
    ]
    life.tell(
        "convoke_household",
        life.social.by,
        {
            "convocation_id": convocation_id,
            "member_ids": [str(member.id) for member in members],
            "appointment_at": at(meeting, life.rng.randint(7, 14)),
            "place": "Segretariato sociale, Piazza che non c'è, 1",
            "channel": "EMAIL",
            "contact_used": used,
            "text_ref": text,
            "text_hash": digest(text),
            "language": life.household.applicant.person.language,
            "sent_at": at(life.day, 8),
            "purpose": purpose,
            "warning_text_version": "1",
        },
    )
    for member in members:
        deliver(life, convocation_id, member)
    life.day = meeting
    return convocation_id


def _source(life: Life, member: Member) -> str:
    """What says how a member is reached: an update of her contacts, else the household as recorded."""
    updated = life.told.get("update_contacts")
    own = updated is not None and updated.states["member_id"] == str(member.id)
    return event_of(updated if updated and own else life.told["record_household"])


def deliver(life: Life, convocation_id: str, member: Member) -> None:
    states = {
        "convocation_id": convocation_id,
        "member_id": str(member.id),
        "delivered_at": at(life.day, 10),
        "proof_ref": f"ricevuta/{digest(convocation_id)[:12]}",
    }
    life.tell("record_delivery", CLOCK, states)


def meet(
    life: Life, members: Sequence[Member], convocation_id: str | None = None, officer: Officer | None = None
) -> Line:
    """A meeting at the servizio sociale or at the office of another officer."""
    office = officer or life.social
    convoked = {"convocation_id": convocation_id} if convocation_id else {}
    return life.tell(
        "hold_appointment",
        office.by,
        {
            "appointment_id": life.new_id(),
            **convoked,
            "held_on": life.today,
            "kind": "CONVOCATO" if convocation_id else "SPONTANEO",
            "seat": "CPI" if office.agency == "cpi" else "SERVIZIO_SOCIALE",
            "attendees": [str(member.id) for member in members],
        },
    )


def first_meeting(life: Life) -> None:
    """The household comes by itself, or is convoked and comes; the meeting mostly gets into GePI."""
    if life.rng.random() < 0.2:
        life.wait(10, 40)
        held = meet(life, [life.household.applicant])
    else:
        came = convoked(life)
        held = meet(life, came, convoke(life, came))
    if life.rng.random() < 0.8:
        register_in_gepi(life, held)


def convoked(life: Life) -> list[Member]:
    """The applicant, and at times the other adults with her."""
    return list(life.household.adults if life.rng.random() < 0.4 else life.household.adults[:1])


def main_member(life: Life) -> Member:
    """The member whom the patto is mostly about: obliged, where one is."""
    return next(iter(life.obliged), life.household.applicant)


def register_in_gepi(life: Life, registered: Line) -> None:
    """A meeting is put into GePI, by the 20th where it is to count for that month's payment."""
    life.wait(0, 2)
    states = {"subject_event_id": event_of(registered), "registered_on": life.today}
    life.tell("register_in_gepi", life.social.by, states)


def close(life: Life, reason: str) -> None:
    life.wait(5, 30)
    life.tell("close_case", life.social.by, {"closed_on": life.today, "reason": reason})
