"""Who is named on a paper."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.case.parts import Member
from domain.case.state import Case
from domain.refused import Refused
from domain.rules.calendar import age

ADULT = 18
"""Years at which one signs for oneself (art. 2 c.c.)."""


def member_of(case: Case, member_id: UUID, day: date) -> Member:
    """A member of the household on a day. Raises Refused (UNKNOWN_MEMBER) for anybody else."""
    found = case.members_on(day).get(member_id)
    if found is None:
        raise Refused("UNKNOWN_MEMBER", "the person is not in the household on record")
    return found


def full_name(member: Member) -> str:
    return f"{member.name} {member.surname}"


def signs(member: Member, day: date) -> bool:
    """Whether a member signs for herself; where the birth date was erased there is a line for it."""
    born: object = member.birth_date
    return not isinstance(born, date) or age(born, day) >= ADULT


def office(case: Case) -> str:
    """The office that a paper comes from."""
    ats = case.referral.ats if case.referral else ""
    return f"Ambito territoriale sociale {ats} – Servizio sociale professionale"
