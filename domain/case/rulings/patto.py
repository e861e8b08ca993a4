"""From the analysis to the signed patto: referral to the employment services, équipe, draft, signature."""

from __future__ import annotations

from datetime import date

from domain.case import observe
from domain.case.events import (
    AppointmentHeld,
    EquipeFormed,
    MemberConditionRecorded,
    MemberReferredToEmploymentService,
    PattoDrafted,
    PattoSigned,
    PreliminaryAnalysisCompleted,
)
from domain.case.rulings import on_record
from domain.case.state import Case
from domain.refused import Refused
from domain.rules.checks import blocking
from domain.rules.equipe import failed_in_equipe
from domain.rules.patto import failed_in_draft, failed_in_signing
from domain.rules.patto_parts import Household


def analyse(states: PreliminaryAnalysisCompleted, case: Case) -> PreliminaryAnalysisCompleted:
    if not case.all(AppointmentHeld):
        raise Refused("OUT_OF_ORDER", "the household was not met yet")
    outcomes = [outcome.member_id for outcome in states.outcomes]
    on_record.unique("outcomes", outcomes)
    if set(outcomes) != set(case.members):
        raise Refused("BAD_VALUE", "outcomes: one for each member of the household")
    return states


def refer(states: MemberReferredToEmploymentService, case: Case) -> MemberReferredToEmploymentService:
    on_record.member(states.member_id, case)
    evaluation = case.evaluation_on(states.member_id, states.referred_on)
    if evaluation is None:
        raise Refused("OUT_OF_ORDER", "the obligations of the member were not evaluated")
    if evaluation.event.result == "excluded":
        raise Refused("NOT_OBLIGED", "the member is excluded and has no right to volunteer")
    if states.destination == "ACCREDITATO":
        dated = states.regional_act_on is not None and states.regional_act_on <= states.referred_on
        if not dated or not states.regional_act_ref:
            raise Refused("NO_REGIONAL_ACT", "no dated regional act in force on the day of the referral")
    return states


def form_equipe(states: EquipeFormed, case: Case) -> EquipeFormed:
    outcomes = {o.outcome for o in case.analysis.outcomes} if case.analysis else set()
    if not outcomes & {"EM", "SPECIALIST"}:
        raise Refused("OUT_OF_ORDER", "no member's analysis asks for an équipe")
    on_record.unique("components", (component.person_id for component in states.components))
    failed = failed_in_equipe(
        [(component.person_id, component.role) for component in states.components],
        {missing.role: missing.reason for missing in states.missing_roles},
        states.case_manager_id,
        states.household_referent_id,
        [m.member_id for m in case.members.values() if observe.is_adult(m, states.communicated_on)],
    )
    if failed:
        raise Refused("EQUIPE_INCOMPLETE", "; ".join(f"{each.code}: {each.because}" for each in failed))
    return states


def draft(states: PattoDrafted, case: Case) -> PattoDrafted:
    if case.analysis is None:
        raise Refused("OUT_OF_ORDER", "the analysis is not completed")
    on_record.unique("commitments", (commitment.id for commitment in states.commitments))
    for commitment in states.commitments:
        on_record.member(commitment.obliged_member_id, case)
    return states


def sign(states: PattoSigned, case: Case) -> PattoSigned:
    draft = case.drafts.get((states.patto_id, states.version))
    if draft is None:
        raise Refused("OUT_OF_ORDER", "no draft of this version")
    for signatory in states.signatories:
        on_record.member(signatory.member_id, case)
    household = household_on(case, states.signed_on)
    failed = blocking((*failed_in_draft(draft, household), *failed_in_signing(states, household)))
    if failed:
        because = "; ".join(f"{each.code}: {each.because}" for each in failed)
        raise Refused("PATTO_INCOMPLETE", because)
    return states


def household_on(case: Case, day: date) -> Household:
    """The household as the checks of the patto read it."""
    minors = {m.member_id for m in case.members.values() if not observe.is_adult(m, day)}
    evaluations = {member_id: case.evaluation_on(member_id, day) for member_id in case.members}
    studying = {
        f.event.member_id
        for f in case.all(MemberConditionRecorded)
        if f.event.condition_code == "REGULAR_STUDY"
    }
    return Household(
        members=frozenset(case.members),
        obliged=frozenset(m for m, found in evaluations.items() if found and found.event.result == "obliged"),
        minors=frozenset(minors),
        in_education=frozenset(minors | studying),
        needs=frozenset(need.need_id for need in case.analysis.needs_by_area)
        if case.analysis
        else frozenset(),
        equipe_formed=case.team is not None,
    )
