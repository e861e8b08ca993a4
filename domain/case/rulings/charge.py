"""Who has a case in charge: the operators assigned to it, its case manager, the Ambito that is competent."""

from __future__ import annotations

from domain.case import events as e
from domain.case.observe import office_of
from domain.case.rulings import on_record
from domain.case.state import Case
from domain.fact import Recorder, seat
from domain.refused import Refused
from domain.seats import is_seat, reads_as


def assign(by: Recorder, states: e.OperatorAssigned, case: Case) -> e.OperatorAssigned:
    apart = by.unit is not None or by.kind not in ("servizio-sociale", "ats")
    if states.agency != by.agency or (apart and seat(states.agency, states.unit) != by.seat):
        # Nor is an agency told, by assigning there, that another unit of it is in the case.
        raise Refused("ROLE_NOT_ALLOWED", "an agency assigns its own persons only")
    if by.kind not in ("servizio-sociale", "ats") and not linked(case, seat(states.agency, states.unit)):
        raise Refused("OUT_OF_ORDER", "no team, referral, support or enrolment links this agency to the case")
    return states


def own(by: Recorder, agency: str, unit: str | None) -> bool:
    """Whether a person of an agency, and unit, is one of the recorder's own.

    Units of a health or an anti-violence service are apart; the others share with their agency.
    """
    return is_seat(by.seat, agency, unit) or is_seat(reads_as(by.agency, by.unit), agency, unit)


def unassign(by: Recorder, states: e.OperatorUnassigned, case: Case) -> e.OperatorUnassigned:
    assignment = case.assignments.get(states.assignment_id)
    if assignment is None:
        raise Refused("NOT_RECORDED", "there is no such open assignment")
    if not own(by, assignment.agency, assignment.unit):
        raise Refused("ROLE_NOT_ALLOWED", "an agency ends the assignments of its own persons only")
    on_record.not_before("until", states.until, assignment.from_on, "the assignment")
    return states


def assign_case_manager(states: e.CaseManagerAssigned, case: Case) -> e.CaseManagerAssigned:
    """Exactly one at a time: who is named takes the place of the former one, who must be named too."""
    former = case.case_manager
    if former is None:
        if states.replaces_person_id is not None:
            raise Refused("NOT_RECORDED", "replaces_person_id: there is no case manager to replace")
        return states
    if states.replaces_person_id != former.person_id:
        raise Refused("ALREADY_RECORDED", "the case has a case manager: replaces_person_id names who leaves")
    if not (states.reason or "").strip():
        raise Refused("BAD_VALUE", "reason: why the case manager is replaced")
    on_record.not_before("from_on", states.from_on, former.from_on, "the former case manager began")
    return states


def transfer(states: e.CompetenceTransferred) -> e.CompetenceTransferred:
    if states.from_agency == states.to_agency:
        raise Refused("BAD_VALUE", "to_agency: the same that gives up the case")
    return states


def accept(states: e.CompetenceAccepted, case: Case) -> e.CompetenceAccepted:
    """Until it is accepted the giver stays responsible, and the terms run on."""
    fact = case.facts.get(states.transfer_event_id)
    if fact is None or not isinstance(fact.event, e.CompetenceTransferred):
        raise Refused("NOT_RECORDED", "transfer_event_id: there is no such transfer")
    if states.accepted_by_agency != fact.event.to_agency:
        raise Refused("ROLE_NOT_ALLOWED", "accepted_by_agency: the case was offered to another agency")
    return states


def linked(case: Case, code: str) -> bool:
    """Whether a team, a referral, a question, a support or a line of a patto links an agency to the case."""
    seats = {seat(c.agency, c.unit) for c in case.team.components} if case.team else set()
    offices = {office_of(f.event) for f in case.all(e.MemberReferredToEmploymentService)}
    units = {f.event.unit for f in case.all(e.MemberReferredToSpecialistService)}
    schools = {"ust" for _ in case.all(e.SchoolVerificationRequested)}
    providers = {f.event.provider for f in case.all(e.SupportActivated)}
    drafts = [case.drafts[patto.patto_id, patto.version] for patto in case.pattos]
    lines = {s.provider for d in drafts for s in d.supports} | {
        c.evidence_by for d in drafts for c in d.commitments
    }
    return code in seats | offices | units | schools | providers | lines
