"""What links a recipient to a case, and what each ground of a cell opens of a fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from domain.case.events import (
    DecadenzaOrdered,
    DecurtazioneOrdered,
    EquipeFormed,
    HouseholdCompositionRecorded,
    MeasureNotified,
    MemberConditionRecorded,
    MemberReferredToEmploymentService,
    OperatorAssigned,
    OperatorUnassigned,
    PattoDrafted,
    PattoSigned,
    PreliminaryAnalysisCompleted,
)
from domain.case.observe import is_adult
from domain.case.parts import Member
from domain.case.rulings.charge import office_of
from domain.case.state import Case
from domain.disclosure import seats
from domain.fact import Fact, kind

Ground = tuple[object, ...]

CHANGES_GROUNDS = (
    HouseholdCompositionRecorded,
    MemberReferredToEmploymentService,
    EquipeFormed,
    PattoSigned,
)
"""Events that can give a recipient a ground; a referral to the Ambito gives the Comune its own at once."""


def grounds(case: Case, recipient: str) -> frozenset[Ground]:
    """All that links a recipient to a case now; empty once the case is closed."""
    if case.referral is None or case.closed_on is not None:
        return frozenset()
    found: set[Ground] = {("referral", member_id) for member_id in _referred(case, recipient)}
    found |= {("pupil", member_id) for member_id in _pupils(case, recipient)}
    in_force = _in_force(case)
    if in_force is not None and any(_own_lines(in_force[1], recipient).values()):
        found.add(("line", in_force[1].patto_id, in_force[1].version))
    if _resides(case, recipient):
        found.add(("residence",))
    if case.team is not None and _sits(case.team, recipient):
        found.add(("team", case.team.team_id))
    return frozenset(found)


def _resides(case: Case, recipient: str) -> bool:
    return case.referral is not None and recipient == f"comune-{case.referral.residence_comune}"


def _referred(case: Case, recipient: str) -> frozenset[UUID]:
    return frozenset(
        fact.event.member_id
        for fact in case.all(MemberReferredToEmploymentService)
        if office_of(fact.event) == recipient
    )


def _in_force(case: Case) -> tuple[PattoSigned, PattoDrafted] | None:
    """The patto signed last, with its text: the lines of an earlier one link nobody any more."""
    last = max(reversed(case.pattos), key=lambda patto: patto.signed_on, default=None)
    draft = case.drafts.get((last.patto_id, last.version)) if last else None
    return (last, draft) if last and draft else None


def _pupils(case: Case, recipient: str) -> frozenset[UUID]:
    """Minors with a schooling commitment, in the signed patto, that this office gives evidence of."""
    in_force = _in_force(case)
    if in_force is None:
        return frozenset()
    signed, draft = in_force
    found = {
        line.beneficiary_member_id or line.obliged_member_id
        for line in draft.commitments
        if line.area == "SCHOOLING" and seats.is_seat(recipient, line.evidence_by)
    }
    return frozenset(m for m in found & case.members.keys() if _minor(case.members[m], signed.signed_on))


def _minor(member: Member, day: date) -> bool:
    born: object = member.birth_date
    return isinstance(born, date) and not is_adult(member, day)


def _sits(team: EquipeFormed, recipient: str) -> bool:
    return any(seats.is_seat(recipient, component.agency, component.unit) for component in team.components)


AREAS = {
    "cpi": frozenset({"CONTACTS", "SCHOOLING", "PUC", "TRAINING"}),
    "asl": frozenset({"CONTACTS", "SCHOOLING", "PUC", "TRAINING", "HEALTH"}),
    "ust": frozenset({"SCHOOLING"}),
    "puc": frozenset({"PUC"}),
}
"""The areas of the commitments that can be a recipient's own; a line of health is the ASL's only."""

PROVIDERS = frozenset({"cpi", "asl", "ets", "sil"})
"""Whom a support that they provide links to a case."""


def _own_lines(draft: PattoDrafted, recipient: str) -> dict[str, frozenset[int]]:
    """The lines of a patto that are the recipient's: it provides the support, or gives the evidence."""
    actor = kind(recipient)
    areas = AREAS.get(actor, frozenset())
    return {
        "supports": rows_where(
            draft.supports, lambda s: actor in PROVIDERS and seats.is_seat(recipient, s.provider)
        ),
        "commitments": rows_where(
            draft.commitments, lambda c: c.area in areas and seats.is_seat(recipient, c.evidence_by)
        ),
    }


Rows = Mapping[str, frozenset[int]]
"""Which entries of which list a ground opens; a list that is not named is open whole."""

EVERYTHING: Rows = {}


def rows_where(entries: Iterable[Any], holds: Callable[[Any], bool]) -> frozenset[int]:
    return frozenset(index for index, entry in enumerate(entries) if holds(entry))


Test = Callable[[Fact[Any], Case, str], Rows | None]


def _never(_fact: Fact[Any], _case: Case, _recipient: str) -> Rows | None:
    return None


def _if(holds: Callable[[Any, Case, str], bool]) -> Test:
    return lambda fact, case, recipient: EVERYTHING if holds(fact, case, recipient) else None


def own_operator(fact: Fact[Any], case: Case, recipient: str) -> bool:
    given = assignments(fact, case)
    return any(seats.is_seat(recipient, assignment.agency, assignment.unit) for assignment in given)


def assignments(fact: Fact[OperatorAssigned | OperatorUnassigned], case: Case) -> list[OperatorAssigned]:
    own = fact.event.assignment_id
    return [given.event for given in case.all(OperatorAssigned) if given.event.assignment_id == own]


def _members(fact: Fact[Any], opened: frozenset[UUID]) -> Rows | None:
    """Only these members; for a fact on one member, that one."""
    event = fact.event
    if isinstance(event, HouseholdCompositionRecorded):
        rows = rows_where(event.members, lambda member: member.member_id in opened)
        return {"members": rows} if rows else None
    return EVERYTHING if event.member_id in opened else None


def _referred_member(fact: Fact[Any], case: Case, recipient: str) -> Rows | None:
    if isinstance(fact.event, MemberReferredToEmploymentService):
        return EVERYTHING if office_of(fact.event) == recipient else None
    return _members(fact, _referred(case, recipient))


def _employment_condition(fact: Fact[MemberConditionRecorded], case: Case, recipient: str) -> Rows | None:
    known = {"EMPLOYED", "REGULAR_STUDY"} | ({"DISABILITY_L68"} if kind(recipient) == "cpi" else set())
    return _members(fact, _referred(case, recipient)) if fact.event.condition_code in known else None


NEED_AREAS = {
    "cpi": frozenset({"WORK", "TRAINING"}),
    "sil": frozenset({"WORK", "TRAINING"}),
    "ust": frozenset({"SCHOOLING"}),
    "asl": frozenset({"HEALTH", "CARE"}),
}
"""The areas of need in the extract of each seat of the équipe."""


def _need_areas(fact: Fact[PreliminaryAnalysisCompleted], case: Case, recipient: str) -> Rows | None:
    if case.team is None or not _sits(case.team, recipient):
        return None
    areas = NEED_AREAS.get(kind(recipient), frozenset())
    return {"needs_by_area": rows_where(fact.event.needs_by_area, lambda need: need.area in areas)}


def _pupils_of(fact: Fact[HouseholdCompositionRecorded], case: Case, recipient: str) -> Rows | None:
    pupils, on = _pupils(case, recipient), fact.event.verified_on
    return _members(fact, frozenset(m.member_id for m in fact.event.members if _minor(m, on)) & pupils)


def _lines(fact: Fact[PattoDrafted], case: Case, recipient: str) -> Rows | None:
    # A draft is no act towards an office that nothing links to the case yet.
    rows = _own_lines(fact.event, recipient)
    return rows if any(rows.values()) and grounds(case, recipient) else None


def _own_line(fact: Fact[PattoSigned], case: Case, recipient: str) -> bool:
    draft = case.drafts.get((fact.event.patto_id, fact.event.version))
    return draft is not None and any(_own_lines(draft, recipient).values())


def _charge(fact: Fact[DecurtazioneOrdered | DecadenzaOrdered], case: Case, recipient: str) -> bool:
    """A measure falls on a member in charge; one on the household falls on all of them."""
    event, referred = fact.event, _referred(case, recipient)
    if event.affected_scope == "MEMBER":
        cited = (case.infractions.get(ref) for ref in event.infraction_refs)
        referred &= {infraction.member_id for infraction in cited if infraction}
    return bool(referred) or own_measure_of(fact, recipient)


def own_measure_of(fact: Fact[Any], recipient: str) -> bool:
    """A measure that this CPI itself ordered (D.Lgs. 150/2015): it knows the whole of its own act."""
    event = fact.event
    return (
        isinstance(event, DecurtazioneOrdered | DecadenzaOrdered)
        and event.authority == "CPI"
        and seats.recorded_by(fact, recipient)
    )


def _own_notified(fact: Fact[MeasureNotified], case: Case, recipient: str) -> bool:
    measure = case.measures.get(fact.event.measure_id)
    return measure is not None and measure.authority == "CPI" and seats.recorded_by(fact, recipient)


GROUNDS: dict[str, Test] = {
    "always": _if(lambda fact, case, r: r == "inps"),
    "ambito": _if(lambda fact, case, r: r == "ats"),
    "person": _never,  # the person reads by extract or accesso, never by a topic
    "own_operator": _if(own_operator),
    "residence": _if(lambda fact, case, r: _resides(case, r)),
    "referred_member": _referred_member,
    "employment_condition": _employment_condition,
    "school_condition": _if(
        lambda fact, case, r: seats.recorded_by(fact, r) and fact.event.condition_code == "REGULAR_STUDY"
    ),
    "own_condition": _if(lambda fact, case, r: seats.recorded_by(fact, r)),
    "pupils": _pupils_of,
    "in_care": _never,  # needs SpecialistReferralAnswered
    "assigned_member": _never,  # needs PucAssigned, SupportActivated
    "charge": _if(_charge),
    "team": _if(lambda fact, case, r: _sits(fact.event, r)),
    "need_areas": _need_areas,
    "own_lines": _lines,
    "school_lines": _lines,
    "provided_lines": _lines,
    "own_line": _if(_own_line),
    "puc_line": _if(_own_line),
    "own_convocation": _never,  # needs MemberConvokedByCpi, ServicePattoSigned
    "own_meeting": _if(
        lambda fact, case, r: seats.recorded_by(fact, r) and fact.event.seat != "SERVIZIO_SOCIALE"
    ),
    "own_fact": _if(lambda fact, case, r: seats.is_seat(r, fact.event.reporter)),
    # A reporter knows its own report, not that the servizio sociale made an infraction of it.
    "own_report": _if(
        lambda fact, case, r: seats.is_seat(r, fact.event.reporter) and not fact.event.ascertained_on
    ),
    "own_act": _if(lambda fact, case, r: seats.recorded_by(fact, r)),
    "own_measure": _if(_own_notified),
    "end_of_charge": _if(lambda fact, case, r: bool(_grounds_before_closure(case, r))),
}


def _grounds_before_closure(case: Case, recipient: str) -> frozenset[Ground]:
    return grounds(replace(case, closed_on=None), recipient)
