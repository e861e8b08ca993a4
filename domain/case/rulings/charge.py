"""Who has a case in charge: the operators assigned to it, and what links an agency to it."""

from __future__ import annotations

from domain.case.events import MemberReferredToEmploymentService, OperatorAssigned, OperatorUnassigned
from domain.case.state import Case
from domain.fact import Recorder, kind, seat
from domain.refused import Refused


def assign(by: Recorder, states: OperatorAssigned, case: Case) -> OperatorAssigned:
    if kind(states.agency) != by.kind or (by.unit and seat(states.agency, states.unit) != by.seat):
        raise Refused("ROLE_NOT_ALLOWED", "an agency assigns its own persons only")
    if by.kind not in ("servizio-sociale", "ats") and not linked(case, seat(states.agency, states.unit)):
        raise Refused("OUT_OF_ORDER", "no team, referral or support links this agency to the case")
    return states


def unassign(by: Recorder, states: OperatorUnassigned, case: Case) -> OperatorUnassigned:
    assignment = case.assignments.get(states.assignment_id)
    if assignment is None:
        raise Refused("NOT_RECORDED", "there is no such open assignment")
    if kind(assignment.agency) != by.kind:
        raise Refused("ROLE_NOT_ALLOWED", "an agency ends the assignments of its own persons only")
    if states.until < assignment.from_on:
        raise Refused("BAD_VALUE", "until: the assignment had not begun")
    return states


def linked(case: Case, code: str) -> bool:
    """Whether a team, a referral or a line of a signed patto links an agency or unit to the case."""
    seats = {seat(c.agency, c.unit) for c in case.team.components} if case.team else set()
    offices = {office_of(f.event) for f in case.all(MemberReferredToEmploymentService)}
    drafts = [case.drafts[patto.patto_id, patto.version] for patto in case.pattos]
    lines = {s.provider for d in drafts for s in d.supports} | {
        c.evidence_by for d in drafts for c in d.commitments
    }
    return code in seats | offices | lines


def office_of(referral: MemberReferredToEmploymentService) -> str:
    """The recipient that a referral goes to: one CPI is ``cpi``, one of several ``cpi-<code>``."""
    agency = {"CPI": "cpi", "ACCREDITATO": "accreditato"}[referral.destination]
    return referral.destination_id if kind(referral.destination_id) == agency else agency
