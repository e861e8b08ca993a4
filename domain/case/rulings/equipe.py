"""The équipe multidisciplinare: formed, changed, convoked, met, and the analysis that it completes."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.case import events as e
from domain.case import observe
from domain.case.parts import Component, MissingRole
from domain.case.rulings import on_record
from domain.case.rulings.charge import own
from domain.case.state import Case
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules.equipe import failed_in_equipe


def form(states: e.EquipeFormed, case: Case) -> e.EquipeFormed:
    outcomes = {o.outcome for o in case.analysis.outcomes} if case.analysis else set()
    if not outcomes & {"EM", "SPECIALIST"}:
        raise Refused("OUT_OF_ORDER", "no member's analysis asks for an équipe")
    if case.case_manager and case.case_manager.person_id != states.case_manager_id:
        raise Refused("ALREADY_RECORDED", "case_manager_id: the case has another case manager")
    _complete(
        states.components,
        states.missing_roles,
        states.case_manager_id,
        states.household_referent_id,
        states.communicated_on,
        case,
    )
    return states


def change(states: e.EquipeChanged, case: Case) -> e.EquipeChanged:
    """The core roles stay covered, or it is said why not; the case manager stays in it."""
    team = _team(states.team_id, case)
    present = {component.person_id for component in team.components}
    if not states.added and not states.removed:
        raise Refused("BAD_VALUE", "added: somebody enters or leaves")
    on_record.unique("removed", states.removed)
    if not set(states.removed) <= present:
        raise Refused("NOT_RECORDED", "removed: not in the équipe")
    stay = [component for component in team.components if component.person_id not in states.removed]
    _complete(
        (*stay, *states.added),
        states.missing_roles,
        _case_manager(team, case),
        team.household_referent_id,
        states.effective_on,
        case,
    )
    return states


def _case_manager(team: e.EquipeFormed, case: Case) -> UUID:
    """The one assigned to the case, or else named with the équipe."""
    return case.case_manager.person_id if case.case_manager else team.case_manager_id


def _complete(
    components: tuple[Component, ...],
    missing: tuple[MissingRole, ...],
    case_manager_id: UUID,
    referent_id: UUID,
    day: date,
    case: Case,
) -> None:
    on_record.unique("components", (component.person_id for component in components))
    failed = failed_in_equipe(
        [(component.person_id, component.role) for component in components],
        {each.role: each.reason for each in missing},
        case_manager_id,
        referent_id,
        [m.member_id for m in case.members_on(day).values() if observe.is_adult(m, day)],
    )
    if failed:
        raise Refused("EQUIPE_INCOMPLETE", "; ".join(f"{each.code}: {each.because}" for each in failed))


def _team(team_id: UUID, case: Case) -> e.EquipeFormed:
    if case.team is None or case.team.team_id != team_id:
        raise Refused("NOT_RECORDED", "team_id: the case has no such équipe")
    return case.team


def convoke(states: e.EquipeConvoked, case: Case) -> e.EquipeConvoked:
    """The Ambito convokes, by e-mail, those who sit in the équipe; the extract is cut for each of them."""
    team = _team(states.team_id, case)
    if not states.invitees:
        raise Refused("BAD_VALUE", "invitees: at least one")
    on_record.unique("invitees", (invitee.person_id for invitee in states.invitees))
    seats = {component.person_id: (component.agency, component.unit) for component in team.components}
    for invitee in states.invitees:
        if seats.get(invitee.person_id) != (invitee.agency, invitee.unit):
            raise Refused("NOT_RECORDED", "invitees: a person who does not sit in the équipe for that agency")
    if states.attachment == "SCHEDA_AP":
        # A full scheda to all seats would show each of them what is not its own (GDPR artt. 5, 32).
        raise Refused("SCHEDA_NOT_SENT", "attachment: each seat gets its extract, never the full scheda")
    return states


def answer(by: Recorder, states: e.EquipeInviteAnswered, case: Case) -> e.EquipeInviteAnswered:
    session = on_record.last(e.EquipeConvoked, case, "sitting", session_id=states.session_id)
    invited = {invitee.person_id: invitee for invitee in session.invitees}
    if states.team_id != session.team_id or states.person_id not in invited:
        raise Refused("NOT_RECORDED", "the person was not invited to this sitting")
    invitee = invited[states.person_id]
    if states.agency != invitee.agency or not own(by, invitee.agency, invitee.unit):
        raise Refused("ROLE_NOT_ALLOWED", "each agency answers for its own persons")
    if (states.answer == "SUBSTITUTE") != (states.substitute_person_id is not None):
        raise Refused("BAD_VALUE", "substitute_person_id: goes with the answer SUBSTITUTE")
    return states


def meet(states: e.EquipeMet, case: Case) -> e.EquipeMet:
    session = on_record.last(e.EquipeConvoked, case, "sitting", session_id=states.session_id)
    if states.team_id != session.team_id:
        raise Refused("NOT_RECORDED", "team_id: another équipe was convoked")
    if not states.present:
        raise Refused("BAD_VALUE", "present: at least one")
    on_record.unique("present", (*states.present, *(states.absent or ())))
    return states


def complete_framework(states: e.AnalysisFrameworkCompleted, case: Case) -> e.AnalysisFrameworkCompleted:
    if case.team is None:
        raise Refused("OUT_OF_ORDER", "no équipe was formed")
    if not states.areas:
        raise Refused("BAD_VALUE", "areas: at least one")
    on_record.unique("areas", (area.need_id for area in states.areas))
    for area in states.areas:
        if area.member_id is not None:
            on_record.member(area.member_id, case)
    return states
