"""The duty of schooling: what the Comune asks, what the school answers, what the family documents."""

from __future__ import annotations

from datetime import date, timedelta

from deploy.demo import breach
from deploy.demo.households import Member
from deploy.demo.life import Life, assign, digest, first_meeting, open_case, school_day
from deploy.demo.offices import SCHOOL, clerk
from deploy.lines import Line

ANSWER_WITHIN, DOCUMENTS_WITHIN = timedelta(days=30), timedelta(days=10)


def at_school(life: Life) -> None:
    """The Comune checks what was declared and asks the school, which finds nothing amiss."""
    open_case(life)
    _check(life)
    asked = _ask_school(life)
    for pupil in life.household.pupils:
        _answer(life, asked, pupil, "REGOLARE")
    first_meeting(life)
    _report_attendance(life, life.household.pupils[0], "REGOLARE")


def documented(life: Life) -> None:
    """A pupil is found in no school: documents are asked, the mayor warns, and the family puts it right."""
    pupil = _not_enrolled(life)
    _warn(life, pupil)
    _document(life, pupil)
    _report_attendance(life, pupil, life.rng.choice(("REGOLARE", "IRREGOLARE")))


def not_documented(life: Life) -> None:
    """Nothing comes within the term: INPS suspends, and pays again once the schooling is documented."""
    pupil = _not_enrolled(life)
    _report_attendance(life, pupil, "EVASIONE")
    life.wait(13, 20)
    found = breach.ascertain(life, "MINOR_SCHOOLING_NOT_DOCUMENTED", "richiesta di documenti senza risposta")
    breach.ask_reason(life, found)
    breach.report_to_inps(life, found)
    breach.propose(life, found, "SOSPENSIONE")
    breach.tell_of_proceeding(life)
    breach.order_proposed_sospensione(life)
    breach.lift_suspension(life, _document(life, pupil))


def _check(life: Life) -> None:
    """The controls of the Comune of residence, on its own residents."""
    by, who = clerk(life.household.comune), {"member_id": str(life.household.applicant.id)}
    life.wait(1, 10)
    residence = {"check_kind": "RESIDENCE", "outcome": "CONFIRMED", "checked_on": life.today}
    act = f"anagrafe/inventata-{digest(life.key)[:8]}"
    life.tell("record_residence_check", by, who | residence | {"act_ref": act})
    declaration = {"subject": "HOUSEHOLD", "outcome": "CONSISTENT", "checked_on": life.today}
    life.tell("record_declaration_check", by, who | declaration)


def _ask_school(life: Life) -> Line:
    """The Comune asks of the pupils who live in it, and says neither why nor for which benefit."""
    life.wait(2, 12)
    states = {
        "verification_id": life.new_id(),
        "minors": [_pupil(minor) for minor in life.household.pupils],
        "school_year": _school_year(life.day),
        "requested_on": life.today,
        "answer_by": (life.day + ANSWER_WITHIN).isoformat(),
    }
    asked = life.tell("request_school_verification", clerk(life.household.comune), states)
    life.wait(0, 5)
    assign(life, SCHOOL)
    return asked


def _pupil(minor: Member) -> dict[str, str]:
    who = minor.person
    named = {"name": who.name, "surname": who.surname, "tax_code": who.tax_code}
    return {"minor_member_id": str(minor.id), **named, "birth_date": who.born.isoformat()}


def _school_year(day: date) -> str:
    first = day.year if day.month >= 9 else day.year - 1
    return f"{first}/{(first + 1) % 100:02}"


def _answer(life: Life, asked: Line, pupil: Member, outcome: str) -> None:
    life.wait(0, 8)
    found = {"source": "UST", "outcome": outcome, "verified_on": life.today}
    of = {"verification_id": asked.states["verification_id"], "minor_member_id": str(pupil.id)}
    life.tell("verify_schooling", SCHOOL.by, of | found)


def _not_enrolled(life: Life) -> Member:
    """The school does not find a pupil; the servizio sociale asks the family for documents."""
    open_case(life)
    first_meeting(life)
    asked, pupil = _ask_school(life), life.household.pupils[-1]
    _answer(life, asked, pupil, life.rng.choice(("NON_ISCRITTO", "NON_TROVATO", "IRREGOLARE")))
    life.wait(1, 5)
    states = {
        "minor_member_id": str(pupil.id),
        "asked_member_id": str(life.household.applicant.id),
        "requested_on": life.today,
        "delivered_on": life.today,
        "respond_by": (life.day + DOCUMENTS_WITHIN).isoformat(),
    }
    life.tell("request_schooling_documents", life.social.by, states)
    return pupil


def _warn(life: Life, pupil: Member) -> None:
    """The ammonizione of the mayor (D.Lgs. 297/1994 art. 114)."""
    life.wait(0, 3)
    states = {
        "minor_member_id": str(pupil.id),
        "responsible_member_id": str(life.household.applicant.id),
        "warned_on": life.today,
        "comply_by": (life.day + timedelta(days=7)).isoformat(),
        "delivered_on": life.today,
        "act_ref": f"ammonizione/inventata-{digest(life.key)[:8]}",
    }
    life.tell("record_mayor_warning", clerk(life.household.comune), states)


def _document(life: Life, pupil: Member) -> Line:
    life.wait(1, 6)
    found = {"source": "DOCUMENTS", "outcome": "REGOLARE", "verified_on": life.today}
    return life.tell("verify_schooling", life.social.by, {"minor_member_id": str(pupil.id)} | found)


def _report_attendance(life: Life, pupil: Member, status: str) -> None:
    life.wait(10, 25)
    life.day = school_day(life.day)
    period = f"{life.day:%Y-%m}"
    states = {
        "minor_member_id": str(pupil.id),
        "period": period,
        "status": status,
        "report_ref": f"frequenza/inventata-{digest(life.key + period)[:8]}",
    }
    life.tell("report_school_attendance", SCHOOL.by, states)
