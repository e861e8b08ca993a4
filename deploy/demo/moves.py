"""Households and benefits that change: who leaves and who is born, other homes, renunciations, renewals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from deploy.demo.households import Member, newborn
from deploy.demo.life import (
    Life,
    assign,
    close,
    digest,
    evaluate,
    first_meeting,
    open_case,
    record_household,
    working,
)
from deploy.demo.offices import EDUCATOR, INPS, clerk
from deploy.lines import event_of
from domain.rules.calendar import add_months


def left(life: Life) -> None:
    """An adult goes to live elsewhere; the obligations of those who stay are looked at again."""
    open_case(life)
    first_meeting(life)
    leaver = life.household.adults[-1]
    _change(life, leaver, "LEFT", life.day)
    stay = tuple(member for member in life.household.members if member != leaver)
    life.household = replace(life.household, members=stay)
    evaluate(life)


def born(life: Life) -> None:
    """A child is born: a new DSU within the month, and a small child to care for."""
    open_case(life)
    first_meeting(life)
    life.wait(20, 60)
    child = newborn(life.rng, life.household, life.day)
    life.household = replace(life.household, members=(*life.household.members, child))
    record_household(life, checked=False, declared="DSU")
    _change(life, child, "BIRTH", child.person.born)
    evaluate(life)


def moved(life: Life) -> None:
    """A new address, known to the anagrafe; another Ambito takes the case over."""
    open_case(life)
    update_contacts(life, life.household.applicant)
    first_meeting(life)
    applicant = life.household.applicant
    _change(life, applicant, "RESIDENCE", life.day)
    checked = {"check_kind": "RESIDENCE", "outcome": "NOT_CONFIRMED", "checked_on": life.today}
    states = {"member_id": str(applicant.id), **checked}
    life.tell("record_residence_check", clerk(life.household.comune), states)
    _transfer(life)
    close(life, "MOVED")


def renounced(life: Life) -> None:
    """The household gives the benefit up: work was found."""
    open_case(life)
    first_meeting(life)
    life.wait(20, 90)
    states = {
        "benefit": "ADI",
        "renounced_on": life.today,
        "effective_on": f"{add_months(life.day, 1):%Y-%m}-01",
        "member_id": str(life.household.applicant.id),
    }
    life.tell("record_renunciation", INPS, states)
    close(life, "RENOUNCED")


GRANTED_ON, EXPIRED_ON = date(2024, 1, 26), date(2025, 7, 31)


def renewed(life: Life) -> None:
    """One of the first applications, which INPS sends late: it ends after 18 months, and begins again."""
    open_case(life, granted_on=GRANTED_ON)
    life.tell("record_transmission", INPS, {"transmitted_on": life.today})
    first_meeting(life)
    life.day = max(life.day, working(EXPIRED_ON))
    expired = {"expired_on": EXPIRED_ON.isoformat(), "last_month": f"{EXPIRED_ON:%Y-%m}"}
    life.tell("record_expiry", INPS, {"benefit": "ADI"} | expired)
    life.wait(10, 25)
    again = {"renewed_on": life.today, "first_month": f"{add_months(EXPIRED_ON, 2):%Y-%m}", "months": 12}
    life.tell("record_renewal", INPS, {"benefit": "ADI"} | again)


def update_contacts(life: Life, member: Member) -> None:
    """A new e-mail address, which its owner gives at the desk."""
    life.wait(1, 6)
    contact = {"channel": "EMAIL", "value": f"nuovo.{member.email}", "safe": True, "verified_on": life.today}
    states = {"member_id": str(member.id), "contacts": [contact], "source": "MEMBER"}
    life.tell("update_contacts", life.social.by, states | {"updated_on": life.today})
    reached = replace(member, email=f"nuovo.{member.email}")
    members = tuple(reached if each == member else each for each in life.household.members)
    life.household = replace(life.household, members=members)


def _change(life: Life, member: Member, what: str, on: date) -> None:
    life.wait(2, 10)
    states = {
        "member_id": str(member.id),
        "change_type": what,
        "effective_on": on.isoformat(),
        "evidence_ref": f"anagrafe/inventata-{digest(str(member.id) + what)[:8]}",
    }
    life.tell("record_member_change", clerk(life.household.comune), states)


def _transfer(life: Life) -> None:
    """Until the other Ambito accepts, this one stays responsible."""
    life.wait(2, 10)
    states = {"from_agency": "ats", "to_agency": "ats-vicino", "reason": "RESIDENCE_CHANGED"}
    given = life.tell("transfer_competence", life.social.by, states | {"effective_on": life.today})
    life.wait(3, 15)
    assign(life, EDUCATOR)
    taken = {"transfer_event_id": event_of(given), "accepted_by_agency": "ats-vicino"}
    life.tell("accept_competence", EDUCATOR.by, taken | {"accepted_on": life.today})
