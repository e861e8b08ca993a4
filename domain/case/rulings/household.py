"""The household: who is in it, the conditions of each member, the obligations that follow."""

from __future__ import annotations

from dataclasses import replace

from domain.case import observe
from domain.case.events import (
    CaseEvent,
    HouseholdCompositionRecorded,
    MemberConditionRecorded,
    ObligationEvaluated,
)
from domain.case.rulings import on_record
from domain.case.state import Case
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules import obligation


def record(by: Recorder, states: HouseholdCompositionRecorded, case: Case) -> HouseholdCompositionRecorded:
    assert case.referral is not None
    if by.kind == "comune" and by.agency != f"comune-{case.referral.residence_comune}":
        raise Refused("ROLE_NOT_ALLOWED", "only the Comune of residence records the household")
    sound(states)
    return states


def sound(states: CaseEvent) -> None:
    """What a household is in itself, stated or corrected: somebody, and nobody twice."""
    if not isinstance(states, HouseholdCompositionRecorded):
        return
    if not states.members:
        raise Refused("BAD_VALUE", "members: at least one member")
    on_record.unique("members", (member.member_id for member in states.members))


CONDITIONS_OF = {
    "cpi": {"EMPLOYED"},
    "ust": {"REGULAR_STUDY"},
    "asl": {"DISABILITY_L68", "ONCOLOGICAL", "CARE_LOAD_DISABLED_MEMBER"},
}
"""What an agency other than the servizio sociale may certify."""


def record_condition(by: Recorder, states: MemberConditionRecorded, case: Case) -> MemberConditionRecorded:
    on_record.member(states.member_id, case)
    own = CONDITIONS_OF.get(by.kind)
    if own is not None and states.condition_code not in own:
        raise Refused("ROLE_NOT_ALLOWED", f"{by.kind} does not certify this condition")
    if states.valid_to is not None and states.valid_to < states.valid_from:
        raise Refused("BAD_VALUE", "valid_to: before valid_from")
    return states


def evaluate(states: ObligationEvaluated, case: Case) -> ObligationEvaluated:
    """The status is computed, whatever is stated; all inputs have a source event."""
    member = on_record.member(states.member_id, case)
    rules = obligation.rules_in_force()
    seen, sources = observe.member_on(case, member, states.evaluated_for)
    found = obligation.evaluate(seen, states.evaluated_for, rules)
    return replace(
        states,
        result=found.result,
        reason_codes=found.all_reasons,
        rule_set_id=rules.id,
        rule_set_hash=rules.hash,
        inputs_hash=found.inputs.hash,
        input_event_ids=sources,
        inputs=found.inputs.values(),
        case_version=case.version,
    )
