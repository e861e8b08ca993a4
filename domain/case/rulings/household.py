"""The household: who is in it, how its members are reached, their conditions, the obligations they have."""

from __future__ import annotations

from dataclasses import replace

from domain.case import events as e
from domain.case import observe
from domain.case.commands import Law
from domain.case.events import CaseEvent
from domain.case.rulings import on_record
from domain.case.state import COMES, Case
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules import obligation


def record(by: Recorder, states: e.HouseholdCompositionRecorded, case: Case) -> CaseEvent:
    of_residence(by, case)
    sound(states)
    return states


def of_residence(by: Recorder, case: Case) -> None:
    """A Comune speaks of its own residents only."""
    assert case.referral is not None
    if by.kind == "comune" and by.agency != f"comune-{case.referral.residence_comune}":
        raise Refused("ROLE_NOT_ALLOWED", "only the Comune of residence records this")


def sound(states: CaseEvent) -> None:
    """What a household is in itself, stated or corrected: somebody, and nobody twice."""
    if not isinstance(states, e.HouseholdCompositionRecorded):
        return
    if not states.members:
        raise Refused("BAD_VALUE", "members: at least one member")
    on_record.unique("members", (member.member_id for member in states.members))


def update_contacts(by: Recorder, states: e.ContactsUpdated, case: Case) -> e.ContactsUpdated:
    on_record.member(states.member_id, case)
    if by.kind == "cpi" and not observe.in_employment_service(case, states.member_id, states.updated_on):
        raise Refused("ROLE_NOT_ALLOWED", "the CPI updates the contacts of the members referred to it")
    return states


def change(by: Recorder, states: e.HouseholdMemberChanged, case: Case) -> e.HouseholdMemberChanged:
    of_residence(by, case)
    member = on_record.member(states.member_id, case)
    on_record.not_before("effective_on", states.effective_on, member.birth_date, "the birth")
    if states.change_type in ("DEATH", "LEFT"):
        on_record.member_on(states.member_id, states.effective_on, case)
    if states.change_type in COMES and any(
        f.event.change_type in COMES
        and f.event.member_id == states.member_id
        and f.event.effective_on == states.effective_on
        for f in case.all(e.HouseholdMemberChanged)
    ):
        raise Refused("ALREADY_RECORDED", "the member came into the household on that day")
    return states


CONDITIONS_OF = {
    "cpi": {"EMPLOYED"},
    "ust": {"REGULAR_STUDY"},
    "asl": {"DISABILITY_L68", "ONCOLOGICAL", "CARE_LOAD_DISABLED_MEMBER"},
}
"""What an agency other than the servizio sociale may certify."""


def record_condition(by: Recorder, states: e.MemberConditionRecorded, case: Case) -> CaseEvent:
    on_record.member(states.member_id, case)
    own = CONDITIONS_OF.get(by.kind)
    if own is not None and states.condition_code not in own:
        raise Refused("ROLE_NOT_ALLOWED", f"{by.kind} does not certify this condition")
    on_record.not_before("valid_to", states.valid_to, states.valid_from, "valid_from")
    return states


def check_residence(by: Recorder, states: e.ResidenceCheckRecorded, case: Case) -> e.ResidenceCheckRecorded:
    of_residence(by, case)
    on_record.member(states.member_id, case)
    return states


def check_declaration(
    by: Recorder, states: e.DeclarationCheckRecorded, case: Case
) -> e.DeclarationCheckRecorded:
    """An INCONSISTENT outcome is not an infraction: to ascertain one is another act."""
    of_residence(by, case)
    on_record.member(states.member_id, case)
    return states


def volunteer(states: e.VoluntaryAdhesionRequested, law: Law, case: Case) -> e.VoluntaryAdhesionRequested:
    """Members with disability and members of 60 or more may ask for a path (art. 6 c. 5 first period)."""
    member = on_record.member_on(states.member_id, states.requested_on, case)
    seen, _ = observe.member_on(case, member, states.requested_on)
    found = obligation.evaluate(seen, states.requested_on, observe.obligations_for(law))
    if not found.may_volunteer:
        raise Refused("NO_RIGHT_TO_VOLUNTEER", "the member is neither disabled nor aged 60 or more")
    return states


def assess(states: e.ActivabilityAssessed, case: Case) -> e.ActivabilityAssessed:
    member = on_record.member_on(states.member_id, states.assessed_on, case)
    evaluation = case.evaluation_on(states.member_id, states.assessed_on)
    if evaluation is None:
        raise Refused("OUT_OF_ORDER", "the obligations of the member were not evaluated")
    if evaluation.event.result == "excluded":
        raise Refused("NOT_OBLIGED", "the member is excluded and has no right to volunteer")
    if not observe.is_adult(member, states.assessed_on):
        raise Refused("NOT_OBLIGED", "the member is a minor")
    return states


def evaluate(states: e.ObligationEvaluated, law: Law, case: Case) -> e.ObligationEvaluated:
    """The status is computed, whatever is stated; all inputs have a source event."""
    assert case.referral is not None
    member = on_record.member_on(states.member_id, states.evaluated_for, case)
    seen, sources = observe.member_on(case, member, states.evaluated_for)
    if case.referral.benefit == "ADI":
        found = obligation.evaluate(seen, states.evaluated_for, observe.obligations_for(law))
    else:
        rules = observe.rules_for(case, states.evaluated_for, law)
        found = obligation.evaluate_other(seen, states.evaluated_for, rules)
    return replace(
        states,
        result=found.result,
        reason_codes=found.all_reasons,
        rule_set_id=found.rule_set_id,
        rule_set_hash=found.rule_set_hash,
        inputs_hash=found.inputs.hash,
        input_event_ids=sources,
        inputs=found.inputs.values(),
        trace=[list(step) for step in found.trace],
        case_version=case.version,
    )
