"""The protocol d'intesa: who signs it, who speaks for whom, who leaves."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import get_args
from uuid import UUID, uuid5

import pytest

from domain.case.commands import Law
from domain.contract import contract_of
from domain.fact import KINDS
from domain.protocol.decide import decide
from domain.protocol.events import (
    AgreementSigned,
    DecidedRung,
    LawChangeReviewed,
    ProtocolAmended,
    ProtocolEnded,
    ProtocolEvent,
    ProtocolSigned,
    PucEnded,
    PucOpened,
    ReferentAppointed,
    ReferentReplaced,
    RungsDecided,
    Signatory,
    WithdrawalReceived,
)
from domain.protocol.law import decision, under
from domain.protocol.state import Protocol, fold
from domain.refused import Refused
from tests.telling import (
    AMBITO,
    COMUNE,
    CPI,
    INPS,
    OTHER_COMUNE,
    SOCIAL_WORKER,
    UST,
    facts_of,
    operator,
    said,
)

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


def new(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


def told(*events) -> Protocol:
    return fold(facts_of(*(said(AMBITO, event) for event in events)))


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


# --- referents who leave ---------------------------------------------------------------------------------

SUCCESSOR = ReferentReplaced(
    protocol_id=SIGNED.protocol_id,
    agency="cpi",
    former_person_id=CPI.person,
    person_id=new("successor"),
    name="Zoè",
    surname="Fittizia",
    contact="zoe@example.org",
    from_on=date(2025, 5, 1),
)


@pytest.mark.parametrize("by", [CPI, AMBITO], ids=lambda by: by.agency)
def test_a_referent_is_replaced(by):
    assert decide(by, SUCCESSOR, told(SIGNED, REFERENT)) == [SUCCESSOR]
    assert told(SIGNED, REFERENT, SUCCESSOR).referents == (SUCCESSOR,)


@pytest.mark.parametrize(
    ("by", "change", "rule"),
    [
        (UST, {}, "ROLE_NOT_ALLOWED"),
        (CPI, {"former_person_id": new("nobody")}, "NOT_RECORDED"),
        (CPI, {"person_id": CPI.person}, "ALREADY_RECORDED"),
        (CPI, {"from_on": date(2024, 12, 31)}, "BAD_VALUE"),
        (CPI, {"protocol_id": new("another protocol")}, "NOT_RECORDED"),
    ],
    ids=["by another body", "was none", "is one", "before the other began", "another protocol"],
)
def test_a_referent_is_replaced_by_another_one_of_that_body(by, change, rule):
    assert refusal(by, replace(SUCCESSOR, **change), SIGNED, REFERENT) == rule


def test_a_comune_appoints_no_referent_of_another():
    other = replace(REFERENT, agency="comune-058991")
    assert refusal(COMUNE, other, SIGNED) == "ROLE_NOT_ALLOWED"


# --- amendments and reviews ------------------------------------------------------------------------------

AMENDED = ProtocolAmended(
    protocol_id=SIGNED.protocol_id,
    signatories=SIGNED.signatories,
    changes="il Tavolo si riunisce ogni tre mesi",
    effective_on=date(2025, 10, 1),
    document_ref="atto/2",
)
REVIEWED = LawChangeReviewed(
    protocol_id=SIGNED.protocol_id,
    act="L. 207/2024",
    reviewed_on=date(2025, 3, 1),
    outcome="NO_CHANGE",
    minutes_ref="verbale/1",
)


def test_all_bodies_that_are_still_in_sign_an_amendment():
    assert decide(AMBITO, AMENDED, told(SIGNED)) == [AMENDED]
    short = replace(AMENDED, signatories=SIGNED.signatories[:4])
    assert refusal(AMBITO, short, SIGNED) == "BAD_VALUE"
    twice = replace(AMENDED, signatories=(*SIGNED.signatories, SIGNED.signatories[0]))
    assert refusal(AMBITO, twice, SIGNED) == "BAD_VALUE"
    without_ust = replace(AMENDED, signatories=tuple(s for s in SIGNED.signatories if s.agency != "ust"))
    assert refusal(AMBITO, AMENDED, SIGNED, WITHDRAWN) == "BAD_VALUE"
    assert decide(AMBITO, without_ust, told(SIGNED, WITHDRAWN)) == [without_ust]


@pytest.mark.parametrize("states", [AMENDED, REVIEWED], ids=lambda s: type(s).__name__)
def test_what_is_amended_and_reviewed_was_signed(states):
    assert refusal(AMBITO, states) == "NOT_RECORDED"
    assert refusal(AMBITO, replace(states, protocol_id=new("another protocol")), SIGNED) == "NOT_RECORDED"
    assert decide(AMBITO, states, told(SIGNED)) == [states]


# --- the end ---------------------------------------------------------------------------------------------

ENDED = ProtocolEnded(
    protocol_id=SIGNED.protocol_id, effective_on=date(2025, 12, 1), reason="COMMON_DECISION"
)
ENDS = replace(SIGNED, on_withdrawal="PROTOCOL_ENDS")
BY_WITHDRAWAL = replace(ENDED, reason="WITHDRAWAL", effective_on=WITHDRAWN.effective_on)


def test_a_body_withdraws_in_writing_and_once():
    assert refusal(AMBITO, replace(WITHDRAWN, document_ref=" "), SIGNED) == "BAD_VALUE"
    already_ended = replace(ENDED, effective_on=date(2025, 6, 1))
    assert refusal(AMBITO, WITHDRAWN, SIGNED, already_ended) == "OUT_OF_ORDER"


def test_a_common_decision_ends_the_protocol():
    assert decide(AMBITO, ENDED, told(SIGNED)) == [ENDED]
    last_day, next_day = ENDED.effective_on, ENDED.effective_on + timedelta(days=1)
    ended = told(SIGNED, ENDED)
    assert ended.in_force(last_day) and not ended.left("cpi", last_day)
    assert not ended.in_force(next_day) and ended.left("cpi", next_day)
    assert refusal(AMBITO, replace(ENDED, effective_on=date(2024, 12, 31)), SIGNED) == "BAD_VALUE"
    assert refusal(AMBITO, ENDED) == "NOT_RECORDED"


def test_a_withdrawal_ends_it_only_where_that_was_chosen_and_on_its_day():
    assert decide(AMBITO, BY_WITHDRAWAL, told(ENDS, WITHDRAWN)) == [BY_WITHDRAWAL]
    last_day = replace(BY_WITHDRAWAL, effective_on=WITHDRAWN.effective_on - timedelta(days=1))
    assert decide(AMBITO, last_day, told(ENDS, WITHDRAWN)) == [last_day]
    assert told(ENDS, WITHDRAWN, last_day).ended_on == told(ENDS, WITHDRAWN).ended_on
    assert refusal(AMBITO, BY_WITHDRAWAL, SIGNED, WITHDRAWN) == "OUT_OF_ORDER"
    assert refusal(AMBITO, BY_WITHDRAWAL, ENDS) == "OUT_OF_ORDER"
    another_day = replace(BY_WITHDRAWAL, effective_on=date(2025, 9, 2))
    assert refusal(AMBITO, another_day, ENDS, WITHDRAWN) == "BAD_VALUE"


def test_the_end_of_an_old_protocol_does_not_end_the_new_one():
    second = replace(SIGNED, protocol_id=new("second"), effective_on=date(2026, 1, 1))
    replaced = replace(ENDED, reason="REPLACED", effective_on=date(2026, 1, 1))
    assert refusal(AMBITO, replaced, SIGNED, second) == "NOT_RECORDED"
    assert decide(AMBITO, replaced, told(SIGNED)) == [replaced]
    assert told(SIGNED, replaced, second).in_force(date(2026, 2, 1))


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2024, 12, 31), False),
        (date(2025, 1, 1), True),
        (date(2025, 12, 1), True),
        (date(2025, 12, 2), False),
    ],
)
def test_a_protocol_holds_from_its_first_day_to_its_last(day, holds):
    assert told(SIGNED, ENDED).in_force(day) is holds


# --- the rungs -------------------------------------------------------------------------------------------

RUNGS = RungsDecided(
    protocol_id=SIGNED.protocol_id,
    rule_set="PROTOCOLLO-ADI",
    infraction="PAIS_COMMITMENT_BREACH",
    rungs=(
        DecidedRung(occurrence=2, measure="DECADENZA"),
        DecidedRung(occurrence=1, measure="DECURTAZIONE", months_fraction="1/2"),
    ),
    counts_from="MEASURE_NOTIFIED",
    minutes_ref="verbale/7",
    decided_on=date(2025, 4, 1),
)


def deciding(states=RUNGS, *events, minutes=("verbale/7",)):
    return decide(AMBITO, states, told(*(events or (SIGNED,))), minutes)


def test_the_tavolo_decides_rungs_in_minutes_that_were_approved():
    assert deciding() == [RUNGS]
    assert decision(RUNGS).rungs[0].months_fraction == Fraction(1, 2)
    with pytest.raises(Refused) as refused:
        deciding(minutes=("verbale/6",))
    assert refused.value.rule == "NOT_RECORDED"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"decided_on": date(2024, 12, 31)}, "OUT_OF_ORDER"),
        ({"rungs": ()}, "BAD_VALUE"),
        ({"rungs": RUNGS.rungs[:1]}, "BAD_VALUE"),
        ({"rungs": RUNGS.rungs * 2}, "BAD_VALUE"),
        ({"rungs": (replace(RUNGS.rungs[1], months_fraction=None),)}, "BAD_VALUE"),
        ({"rungs": (replace(RUNGS.rungs[1], months_fraction="1/0"),)}, "BAD_VALUE"),
        ({"rule_set": "MY-RULES"}, "BAD_VALUE"),
        ({"rule_set": "ADI-2023"}, "NO_LEGAL_BASIS"),
        ({"infraction": "CONVOCATION_MISSED"}, "NO_LEGAL_BASIS"),
    ],
    ids=["before", "none", "no first", "twice", "no cut", "no number", "rules", "the law's", "another"],
)
def test_only_the_rungs_that_no_law_gives_are_decided(change, rule):
    with pytest.raises(Refused) as refused:
        deciding(replace(RUNGS, **change))
    assert refused.value.rule == rule


def test_no_rungs_are_decided_once_the_protocol_ended():
    with pytest.raises(Refused) as refused:
        deciding(replace(RUNGS, decided_on=date(2025, 12, 2)), SIGNED, ENDED)
    assert refused.value.rule == "OUT_OF_ORDER"


# --- agreements and PUC ----------------------------------------------------------------------------------

AGREED = AgreementSigned(
    agreement_id=new("agreement"),
    party="puc-1",
    kind="TITOLARE_PUC",
    act_ref="atto/3",
    from_on=date(2025, 2, 1),
    to_on=date(2025, 12, 31),
)
OPENED = PucOpened(
    puc_id=new("puc"),
    holder="comune-058091",
    title="Cura del verde",
    seats=2,
    skills=(),
    insurance_ref="polizza/1",
    from_on=date(2025, 3, 1),
)
OF_A_HOLDER = replace(OPENED, holder="puc-1")
FINISHED = PucEnded(puc_id=OPENED.puc_id, ended_on=date(2025, 9, 1), reason="COMPLETED")
HOLDER = operator("puc-1")


@pytest.mark.parametrize("by", [AMBITO, COMUNE], ids=lambda by: by.agency)
def test_an_agreement_is_signed_with_or_without_a_protocol(by):
    assert decide(by, AGREED, told()) == [AGREED]
    assert refusal(by, replace(AGREED, to_on=date(2025, 1, 31))) == "BAD_VALUE"
    assert refusal(by, replace(AGREED, act_ref=" ")) == "BAD_VALUE"


def test_a_comune_opens_its_own_puc():
    assert decide(COMUNE, OPENED, told()) == [OPENED]
    assert refusal(OTHER_COMUNE, OPENED) == "ROLE_NOT_ALLOWED"
    assert refusal(COMUNE, replace(OPENED, seats=0)) == "BAD_VALUE"


@pytest.mark.parametrize(
    ("on", "agreed"),
    [
        (date(2025, 1, 31), False),
        (date(2025, 2, 1), True),
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), False),
    ],
)
def test_another_holder_opens_one_under_an_agreement_in_force(on, agreed):
    states = replace(OF_A_HOLDER, from_on=on)
    if agreed:
        assert decide(HOLDER, states, told(AGREED)) == decide(COMUNE, states, told(AGREED)) == [states]
    else:
        assert refusal(HOLDER, states, AGREED) == "NO_AGREEMENT"


def test_an_agreement_of_another_kind_or_party_opens_none():
    assert refusal(HOLDER, OF_A_HOLDER, replace(AGREED, kind="ETS")) == "NO_AGREEMENT"
    assert refusal(HOLDER, OF_A_HOLDER, replace(AGREED, party="puc-2")) == "NO_AGREEMENT"


def test_a_holder_records_its_own_puc():
    other = operator("puc-2")
    assert refusal(other, OF_A_HOLDER, AGREED) == "ROLE_NOT_ALLOWED"
    assert refusal(other, FINISHED, AGREED, OF_A_HOLDER) == "ROLE_NOT_ALLOWED"
    assert decide(HOLDER, FINISHED, told(AGREED, OF_A_HOLDER)) == [FINISHED]


def test_a_puc_ends_once_it_was_opened():
    assert decide(COMUNE, FINISHED, told(OPENED)) == [FINISHED]
    assert refusal(COMUNE, FINISHED) == "NOT_RECORDED"
    assert refusal(COMUNE, replace(FINISHED, ended_on=date(2025, 2, 28)), OPENED) == "BAD_VALUE"


def test_a_case_sees_the_protocol_its_rungs_agreements_and_pucs():
    law = under(told(SIGNED, RUNGS, AGREED, OPENED, FINISHED, ENDED), Law())
    assert (law.protocol_from, law.protocol_until) == (date(2025, 1, 1), date(2025, 12, 2))
    assert [each.minutes_ref for each in law.rungs] == ["verbale/7"]
    assert law.agreements[0].holds("puc-1", date(2025, 12, 31))
    assert not law.agreements[0].holds("puc-1", date(2026, 1, 1))
    assert law.pucs[OPENED.puc_id].is_open(FINISHED.ended_on)
    assert not law.pucs[OPENED.puc_id].is_open(date(2025, 9, 2))


# --- who records what ------------------------------------------------------------------------------------

EVERY = (SIGNED, REFERENT, SUCCESSOR, AMENDED, REVIEWED, WITHDRAWN, ENDED, RUNGS, AGREED, OPENED, FINISHED)


def test_every_kind_of_fact_occurs_here():
    assert {type(event) for event in EVERY} == set(get_args(ProtocolEvent))


@pytest.mark.parametrize("states", EVERY, ids=lambda states: type(states).__name__)
def test_an_agency_records_only_what_is_its_own(states):
    for kind in set(KINDS) - contract_of(states).recorders:
        assert refusal(operator(kind), states, SIGNED) == "ROLE_NOT_ALLOWED"


@pytest.mark.parametrize("states", EVERY, ids=lambda states: type(states).__name__)
def test_what_is_on_record_is_not_said_otherwise(states):
    by = AMBITO if "ats" in contract_of(states).recorders else COMUNE
    protocol = told(*(() if states is SIGNED else (SIGNED,)), states)
    assert decide(by, states, protocol) == []
    text = {"contact": "altro", "document_ref": "altro", "act_ref": "altro", "title": "altro"}
    text |= {"changes": "altro", "minutes_ref": "altro", "reason": "CANCELLED"}
    name = next(name for name in text if hasattr(states, name) and name not in contract_of(states).slot)
    with pytest.raises(Refused) as refused:
        decide(by, replace(states, **{name: text[name]}), protocol)
    assert refused.value.rule == "ALREADY_RECORDED"
