"""The specialist services of the ASL: a referral to one unit, its list, what it says yes or no to."""

from __future__ import annotations

from deploy.demo import path, services
from deploy.demo.households import Member
from deploy.demo.life import Life, assign, first_meeting, main_member, open_case
from deploy.demo.offices import UNITS, Officer
from deploy.lines import Line
from domain.rules.calendar import add_months


def in_care(life: Life) -> None:
    """A unit puts the member on its list, then takes her; a line of the patto is followed by that unit."""
    open_case(life)
    first_meeting(life)
    who, (unit, patient) = main_member(life), _unit(life)
    path.analyse(life, ("HEALTH", "CARE"), "SPECIALIST", about=patient)
    referral_id = _refer(life, patient, unit)
    if life.rng.random() < 0.2:
        _answer(life, referral_id, patient, unit, "REFUSED")
        return
    _answer(life, referral_id, patient, unit, "WAITING_LIST")
    _answer(life, referral_id, patient, unit, "TAKEN")
    contacts = path.commitment(life, "CONTACTS", who, "servizio-sociale")
    visits = path.commitment(life, "HEALTH", who, str(unit.unit), about=patient)
    path.draft_patto(life, [contacts, visits])
    path.sign_patto(life)
    services.activate_supports(life, all_of_them=True)
    _keep(life, contacts, visits, unit)


def _unit(life: Life) -> tuple[Officer, Member]:
    """The unit, and whom it is asked to take: a disabled member, a child, or the applicant."""
    found = life.household
    for condition in found.conditions:
        if condition.code == "DISABILITY_L68":
            return UNITS["asl-disabilita"], condition.member
    if found.minors and life.rng.random() < 0.5:
        return UNITS["asl-npi"], found.minors[-1]
    return UNITS[life.rng.choice(("asl-serd", "asl-cps", "asl-consultorio"))], found.applicant


def _refer(life: Life, patient: Member, unit: Officer) -> str:
    life.wait(1, 8)
    states = {"referral_id": life.new_id(), "member_id": str(patient.id), "unit": unit.unit}
    life.tell("refer_to_specialist", life.social.by, states | {"referred_on": life.today})
    life.wait(0, 4)
    assign(life, unit)
    return str(states["referral_id"])


def _answer(life: Life, referral_id: str, patient: Member, unit: Officer, answer: str) -> None:
    life.wait(3, 20)
    states = {"referral_id": referral_id, "member_id": str(patient.id), "answer": answer}
    life.tell("answer_specialist_referral", unit.by, states | {"from_on": life.today})


def _keep(life: Life, contacts: dict[str, str], visits: dict[str, str], unit: Officer) -> None:
    """Two months of the patto: visits attended once and once not, the other commitments kept."""
    for attended in (True, life.rng.random() < 0.5):
        life.wait(31, 36)
        fulfil(life, contacts, life.social)
        states = {"member_id": visits["obliged_member_id"], "commitment_id": visits["id"]}
        seen = {"attended": attended, "period": month_before(life)}
        life.tell("confirm_health_attendance", unit.by, states | seen)
    services.end_support(life, life.told["activate_support"], unit)


def fulfil(life: Life, line: dict[str, str], officer: Officer) -> Line:
    """A commitment was kept in the month before; said by who sees it."""
    states = {"commitment_id": line["id"], "member_id": line["obliged_member_id"]}
    return life.tell("report_fulfilled_commitment", officer.by, states | {"period": month_before(life)})


def month_before(life: Life) -> str:
    return f"{add_months(life.day, -1):%Y-%m}"
