"""The protocol d'intesa: who signs it, who speaks for whom, who leaves."""

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid5

import pytest

from domain.protocol.decide import decide
from domain.protocol.events import ProtocolSigned, ReferentAppointed, Signatory, WithdrawalReceived
from domain.protocol.state import Protocol, fold
from domain.refused import Refused
from tests.telling import AMBITO, COMUNE, CPI, INPS, SOCIAL_WORKER, UST, facts_of

BODIES = ("ats", "cpi", "ust", "asl", "comune-058091")
SIGNED = ProtocolSigned(
    protocol_id=uuid5(UUID(int=0), "protocol"),
    signatories=tuple(
        Signatory(agency=agency, represented_by="chi la rappresenta", signed_on=date(2024, 12, 16))
        for agency in BODIES
    ),
    effective_on=date(2025, 1, 1),
    document_ref="protocollo/1",
    on_withdrawal="SIGNATORY_LEAVES",
)
REFERENT = ReferentAppointed(
    protocol_id=SIGNED.protocol_id,
    agency="cpi",
    person_id=CPI.person,
    name="Noè",
    surname="Fittizio",
    contact="cpi@example.org",
    from_on=date(2025, 1, 1),
)
WITHDRAWN = WithdrawalReceived(
    protocol_id=SIGNED.protocol_id,
    agency="ust",
    document_ref="disdetta/1",
    received_on=date(2025, 6, 3),
    effective_on=date(2025, 9, 1),
)


def told(*events) -> Protocol:
    return fold(facts_of(*events))


def refusal(by, states, *events) -> str:
    with pytest.raises(Refused) as refused:
        decide(by, states, told(*events))
    return refused.value.rule


# --- the signature ---------------------------------------------------------------------------------------


def test_the_ambito_records_the_protocol():
    assert decide(AMBITO, SIGNED, told()) == [SIGNED]


@pytest.mark.parametrize("by", [CPI, SOCIAL_WORKER, INPS], ids=lambda by: by.agency)
def test_nobody_else_records_the_protocol(by):
    assert refusal(by, SIGNED) == "ROLE_NOT_ALLOWED"


@pytest.mark.parametrize(
    "signatories",
    [(), SIGNED.signatories[:1], (*SIGNED.signatories, SIGNED.signatories[0])],
    ids=["nobody", "one body", "a body twice"],
)
def test_at_least_two_bodies_sign_each_once(signatories):
    assert refusal(AMBITO, replace(SIGNED, signatories=signatories)) == "BAD_VALUE"


def test_two_bodies_are_enough():
    two = replace(SIGNED, signatories=SIGNED.signatories[:2])
    assert decide(AMBITO, two, told()) == [two]


def test_a_protocol_said_twice_is_one_and_cannot_be_said_otherwise():
    assert decide(AMBITO, SIGNED, told(SIGNED)) == []
    assert refusal(AMBITO, replace(SIGNED, effective_on=date(2025, 2, 1)), SIGNED) == "ALREADY_RECORDED"


def test_a_new_protocol_takes_the_place_of_the_old_one():
    new = replace(SIGNED, protocol_id=uuid5(UUID(int=0), "new"), effective_on=date(2026, 1, 1))
    assert decide(AMBITO, new, told(SIGNED)) == [new]
    assert told(SIGNED, WITHDRAWN, new).effective_on == date(2026, 1, 1)
    assert not told(SIGNED, WITHDRAWN, new).left("ust", date(2026, 2, 1))


def test_before_any_signature_nothing_is_in_force():
    assert told().effective_on is None and told().ended_on is None
    assert not told().signatory("cpi") and not told().left("cpi", date(2025, 1, 1))


# --- referents -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [CPI, AMBITO], ids=lambda by: by.agency)
def test_a_body_or_the_ambito_for_it_appoints_a_referent(by):
    assert decide(by, REFERENT, told(SIGNED)) == [REFERENT]


def test_a_body_appoints_no_referent_of_another():
    assert refusal(UST, REFERENT, SIGNED) == "ROLE_NOT_ALLOWED"


def test_only_a_signatory_has_referents():
    without_cpi = replace(SIGNED, signatories=tuple(s for s in SIGNED.signatories if s.agency != "cpi"))
    assert refusal(AMBITO, REFERENT, without_cpi) == "NOT_RECORDED"
    assert refusal(CPI, REFERENT) == "NOT_RECORDED"


def test_the_comuni_sign_together():
    other = replace(REFERENT, agency="comune-058991")
    assert decide(AMBITO, other, told(SIGNED)) == [other]
    assert decide(COMUNE, replace(other, agency="comune-058091"), told(SIGNED)) != []


def test_where_no_comune_signs_none_has():
    without = told(replace(SIGNED, signatories=SIGNED.signatories[:4]))
    assert not without.signatory("comune-058091") and without.signatory("cpi")


def test_a_unit_is_a_signatory_with_its_agency():
    assert told(SIGNED).signatory("asl-serd")
    assert not told(SIGNED).signatory("inps")


def test_a_body_may_have_several_referents_each_appointed_once():
    second = replace(REFERENT, person_id=uuid5(UUID(int=0), "second"))
    assert decide(CPI, second, told(SIGNED, REFERENT)) == [second]
    assert decide(CPI, REFERENT, told(SIGNED, REFERENT)) == []
    assert (
        refusal(CPI, replace(REFERENT, contact="altro@example.org"), SIGNED, REFERENT) == "ALREADY_RECORDED"
    )
    assert told(SIGNED, REFERENT, second).referents == (REFERENT, second)


# --- withdrawals -----------------------------------------------------------------------------------------


def test_the_ambito_records_a_withdrawal():
    assert decide(AMBITO, WITHDRAWN, told(SIGNED)) == [WITHDRAWN]
    assert refusal(UST, WITHDRAWN, SIGNED) == "ROLE_NOT_ALLOWED"


def test_only_a_signatory_withdraws():
    assert refusal(AMBITO, replace(WITHDRAWN, agency="inps"), SIGNED) == "NOT_RECORDED"


def test_a_withdrawal_has_no_effect_before_it_is_received():
    early = replace(WITHDRAWN, effective_on=date(2025, 6, 2))
    assert refusal(AMBITO, early, SIGNED) == "BAD_VALUE"
    same_day = replace(WITHDRAWN, effective_on=date(2025, 6, 3))
    assert decide(AMBITO, same_day, told(SIGNED)) == [same_day]


def test_a_withdrawal_said_twice_is_one_and_cannot_be_said_otherwise():
    assert decide(AMBITO, WITHDRAWN, told(SIGNED, WITHDRAWN)) == []
    later = replace(WITHDRAWN, effective_on=date(2025, 10, 1))
    assert refusal(AMBITO, later, SIGNED, WITHDRAWN) == "ALREADY_RECORDED"


@pytest.mark.parametrize(("day", "left"), [(date(2025, 8, 31), False), (date(2025, 9, 1), True)])
def test_who_withdraws_leaves_on_the_day_of_effect(day, left):
    protocol = told(SIGNED, WITHDRAWN)
    assert protocol.left("ust", day) is left
    assert protocol.left("ust-school-1", day) is left
    assert not protocol.left("cpi", day)
    assert protocol.ended_on is None


@pytest.mark.parametrize(("day", "left"), [(date(2025, 8, 31), False), (date(2025, 9, 1), True)])
def test_where_it_was_so_chosen_a_withdrawal_ends_the_protocol_for_all(day, left):
    protocol = told(replace(SIGNED, on_withdrawal="PROTOCOL_ENDS"), WITHDRAWN)
    assert protocol.ended_on == date(2025, 9, 1)
    assert protocol.left("cpi", day) is left


def test_the_first_of_two_withdrawals_ends_the_protocol():
    second = replace(WITHDRAWN, agency="asl", effective_on=date(2025, 8, 1))
    protocol = told(replace(SIGNED, on_withdrawal="PROTOCOL_ENDS"), WITHDRAWN, second)
    assert protocol.ended_on == date(2025, 8, 1)


def test_when_the_comune_that_signed_for_all_leaves_the_others_leave_with_it():
    protocol = told(SIGNED, replace(WITHDRAWN, agency="comune-058091", effective_on=date(2025, 9, 1)))
    assert not protocol.left("comune-058992", date(2025, 8, 31))
    assert protocol.left("comune-058992", date(2025, 9, 1))
    assert not protocol.left("cpi", date(2025, 9, 1))
