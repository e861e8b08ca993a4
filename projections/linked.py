"""Which agencies a case is linked to, as a list may hold it: no service whose name would tell a secret.

A unit of the ASL is ``asl``, whichever it is; an anti-violence service is nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.case import events as e
from domain.case.observe import office_of
from domain.case.state import Case
from domain.disclosure.links import provided, referred, resides, sent_to
from domain.disclosure.rows import listed
from domain.fact import kind
from domain.seats import of_anti_violence, of_health

ASL = "asl"

BY_SUPPORT = frozenset({"ets", "puc", "sil"})
"""Kinds of agency that come to a case by a support they give; of any other it may be told to fewer readers
than its referral or its seat in the équipe.
"""


def linked(case: Case) -> list[str]:
    """The agencies that a residence, an operator, a seat, a referral, a question or a support links."""
    return sorted({*_residence(case), *_persons(case), *_charge(case), *_supports(case)})


def _residence(case: Case) -> Iterator[str]:
    named = [f"comune-{case.referral.residence_comune}"] if case.referral else []
    named += [fact.event.to_agency for fact in case.all(e.CompetenceTransferred)]
    yield from (comune for comune in named if resides(case, comune))


def _persons(case: Case) -> Iterator[str]:
    """Of the operators with an open assignment, and of who sits in the équipe."""
    seats: list[tuple[object, ...]] = [(a.agency, a.unit) for a in case.assignments.values()]
    if case.team:
        seats += [(each.agency, each.unit, each.function) for each in listed(case.team.components)]
    yield from (code for seat in seats if (code := _told(*seat)))


def _charge(case: Case) -> Iterator[str]:
    offices = {office_of(fact.event) for fact in case.all(e.MemberReferredToEmploymentService)}
    yield from (office for office in offices if referred(case, office))
    if any(sent_to(case, fact.event.unit) for fact in case.all(e.MemberReferredToSpecialistService)):
        yield ASL
    if case.all(e.SchoolVerificationRequested):
        yield "ust"


def _supports(case: Case) -> Iterator[str]:
    named = {code for fact in case.all(e.SupportActivated) if (code := _told(fact.event.provider))}
    yield from (code for code in named if kind(code) in BY_SUPPORT and provided(case, code))


def _told(agency: object, *more: object) -> str | None:
    """An agency by its code; None for one that may not be named, or was erased."""
    if not isinstance(agency, str) or of_anti_violence(agency, *more):
        return None
    return ASL if of_health(agency, *more) else agency
