"""What INPS did with the benefit, and the signature that starts the path: recorded as it was."""

from __future__ import annotations

from domain.case import events as e
from domain.case.rulings import on_record
from domain.case.state import Case
from domain.refused import Refused

MONTHS = range(1, 121)
"""Months of one grant: the ADI is granted for 18, renewed for 12; ten years hold any benefit of the past."""

OfBenefit = e.BenefitGranted | e.BenefitRenewed | e.BenefitExpired | e.BenefitRenounced


def record(states: OfBenefit, case: Case) -> OfBenefit:
    assert case.referral is not None
    if states.benefit != case.referral.benefit:
        raise Refused("BAD_VALUE", f"benefit: this case follows {case.referral.benefit}")
    sound(states)
    if not isinstance(states, e.BenefitGranted) and not case.all(e.BenefitGranted):
        raise Refused("OUT_OF_ORDER", "the grant of the benefit is not on record")
    if isinstance(states, e.BenefitRenounced):
        on_record.member(states.member_id, case)
        on_record.not_before("effective_on", states.effective_on, states.renounced_on, "the declaration")
    if isinstance(states, e.BenefitRenewed) and not 0 <= (states.first_month_pct or 0) <= 100:
        raise Refused("BAD_VALUE", "first_month_pct: a share from 0 to 100")
    return states


def sound(states: e.CaseEvent) -> None:
    """What a grant is in itself, stated or corrected: its months end on a day that can be written."""
    if isinstance(states, e.BenefitGranted | e.BenefitRenewed) and states.months not in MONTHS:
        raise Refused("BAD_VALUE", f"months: from {MONTHS[0]} to {MONTHS[-1]}")


def sign_pad(states: e.PadSigned, case: Case) -> e.PadSigned:
    assert case.referral is not None
    if case.referral.benefit != "ADI":
        raise Refused("BAD_VALUE", "only a household that applied for the ADI signs the PAD")
    if case.household is not None:
        on_record.member(states.signatory_member_id, case)
    return states
