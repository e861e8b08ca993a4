"""The invariants of a case, one by one (DOMAIN section 2); their edges stand in the tests of each ruling."""

from dataclasses import replace

import pytest

from domain.case.state import fold
from tests.telling import (
    CLOCK,
    COLLEAGUE,
    CPI,
    INPS,
    PROTOCOL_IN_FORCE,
    SOCIAL_WORKER,
    UST,
    facts_of,
    given,
    id_of,
    said,
)
from tests.unit.case.world import (
    ABSENT,
    ACTIVABLE,
    ANALYSED,
    ASKED,
    AT_THE_CPI,
    CALLED,
    CLOSED,
    CONTACTS,
    CONVOKED,
    DELIVERED,
    DOCUMENTS_ASKED,
    DRAFTED,
    ERASED,
    EVALUATED,
    EXPIRED,
    FRAMED,
    GRANTED,
    HEALTH,
    HELD,
    HOUSEHOLD,
    HUSBAND,
    MET,
    MISSED,
    MISSED_THE_MEETING,
    MOTHER,
    PAD,
    PATTO,
    SENT_TO_CPI,
    SENT_TO_SERD,
    SERD_ASSIGNED,
    SIGNED,
    SON,
    TEAM,
    WITH_DRAFT,
    WITH_TEAM,
    answer,
    asked,
    condition,
    contact,
    contacts_now,
    correction,
    day,
    decadenza,
    decurtazione,
    evaluated,
    lapsed,
    new,
    proposal,
    revoca,
    sospensione,
    under,
    voided,
)

NOT_OBLIGED_ANY_MORE = evaluated(MOTHER, "excluded", on=day(2, 1))
STATUTE = replace(PROTOCOL_IN_FORCE, setting="ADI-2023")


def test_1_only_a_conditional_commitment_of_the_patto_in_force_that_day_is_missed():
    given(*SIGNED).when(SOCIAL_WORKER, MISSED).then(MISSED)
    given(*WITH_DRAFT).when(SOCIAL_WORKER, MISSED).refused("NOT_IN_PATTO")
    early = replace(MISSED, missed_on=day(3, 9), ascertained_on=day(3, 9))
    given(*SIGNED).when(SOCIAL_WORKER, early).refused("NOT_IN_PATTO")
    offered = replace(DRAFTED, commitments=(replace(CONTACTS, conditional=False),))
    given(*WITH_TEAM, offered, PATTO).when(SOCIAL_WORKER, MISSED).refused("NOT_IN_PATTO")


def test_2_nothing_is_proposed_against_who_was_not_obliged_that_day():
    convoked = replace(CONVOKED, purpose="PATTO")
    told = [convoked if fact is CONVOKED else fact for fact in (*MISSED_THE_MEETING, asked(ABSENT))]
    given(*told).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).tells(occurrence=1)
    given(*told, NOT_OBLIGED_ANY_MORE).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).refused(
        "NOT_OBLIGED"
    )


def test_2_household_duties_excepted():
    first_appointment = (*MISSED_THE_MEETING, asked(ABSENT), NOT_OBLIGED_ANY_MORE)
    given(*first_appointment).when(SOCIAL_WORKER, proposal(ABSENT, "DECADENZA")).tells(occurrence=1)
    late = lapsed("D2", day(5, 12), HELD, "COMPONENTE", MOTHER)
    asking = replace(asked(), infraction_ref=id_of(late))
    suspend = replace(proposal(), infraction_refs=(id_of(late),), proposed_measure="SOSPENSIONE")
    given(*MET, late, asking, NOT_OBLIGED_ANY_MORE).when(SOCIAL_WORKER, suspend).tells(occurrence=1)
    schooling = lapsed("D18", day(4, 22), DOCUMENTS_ASKED, "NUCLEO")
    asking = replace(asked(), infraction_ref=id_of(schooling))
    suspend = replace(suspend, infraction_refs=(id_of(schooling),))
    told = (*MET, DOCUMENTS_ASKED, schooling, asking, NOT_OBLIGED_ANY_MORE)
    given(*told).when(SOCIAL_WORKER, suspend).tells(occurrence=1)


def test_3_nobody_misses_a_convocation_that_is_not_proved_to_have_arrived():
    sent = (*EVALUATED, CONVOKED)
    given(*sent).when(SOCIAL_WORKER, ABSENT).refused("NO_PROOF_OF_CONVOCATION")
    given(*sent, DELIVERED).when(SOCIAL_WORKER, ABSENT).then(ABSENT)


def test_3_a_notice_in_siisl_proves_it_where_the_contacts_are_not_valid():
    unreached = replace(HOUSEHOLD, members=(replace(MOTHER, contacts=()), HUSBAND, SON))
    told = [unreached if fact is HOUSEHOLD else fact for fact in EVALUATED]
    notice = replace(CONVOKED, channel="SIISL", contact_used=())
    given(*told, notice).when(SOCIAL_WORKER, ABSENT).then(ABSENT)
    given(*EVALUATED, notice).when(SOCIAL_WORKER, ABSENT).refused("NO_PROOF_OF_CONVOCATION")


def test_4_a_proposal_of_decurtazione_has_no_basis_in_the_statute():
    given(*ASKED).when(SOCIAL_WORKER, proposal()).tells(months_fraction="1/4")
    given(*ASKED).under(STATUTE).when(SOCIAL_WORKER, proposal()).refused("NO_LEGAL_BASIS")


@pytest.mark.parametrize(
    "measure",
    [decurtazione(), decurtazione(months_fraction="7"), sospensione(), decadenza(MISSED), revoca()],
    ids=["a decurtazione", "another cut", "a sospensione", "a decadenza", "a revoca"],
)
def test_4_a_measure_that_its_authority_ordered_is_always_recorded_with_what_is_found(measure):
    for law in (PROTOCOL_IN_FORCE, STATUTE):
        for told in (ASKED, (*SIGNED, MISSED), (*ASKED, EXPIRED), under("NONE", *ASKED)):
            recorded = given(*told).under(law).when(INPS, measure).tells(measure_id=measure.measure_id)
            assert recorded.finding is not None


def test_5_nothing_is_proposed_for_a_fact_after_the_end_of_the_benefit():
    ended = replace(EXPIRED, expired_on=day(4, 14))
    given(*ASKED, GRANTED, ended).when(SOCIAL_WORKER, proposal()).refused("BENEFIT_ENDED")
    that_day = replace(EXPIRED, expired_on=day(4, 15))
    given(*ASKED, GRANTED, that_day).when(SOCIAL_WORKER, proposal()).tells(occurrence=1)


def test_6_nothing_is_proposed_before_the_reason_was_asked():
    given(*SIGNED, MISSED).when(SOCIAL_WORKER, proposal()).refused("REASON_NOT_ASKED")
    given(*SIGNED, MISSED, asked()).when(SOCIAL_WORKER, proposal()).tells(occurrence=1)


def test_7_no_patto_is_signed_that_lacks_what_the_law_asks():
    given(*WITH_TEAM, replace(DRAFTED, objectives=())).when(SOCIAL_WORKER, PATTO).refused("PATTO_INCOMPLETE")


def test_8_an_equipe_has_every_core_role_or_says_why_not():
    without = replace(TEAM, components=TEAM.components[:2])
    given(*ANALYSED).when(SOCIAL_WORKER, without).refused("EQUIPE_INCOMPLETE", "EMPLOYMENT_OPERATOR")


def test_9_nobody_misses_what_the_services_do_not_give():
    waits = replace(CONTACTS, depends_on_support_id=DRAFTED.supports[0].support_id)
    planned = (*WITH_TEAM, replace(DRAFTED, commitments=(waits,)), PATTO)
    given(*planned).when(SOCIAL_WORKER, MISSED).refused("SUPPORT_NOT_ACTIVE")
    cure = replace(HEALTH, obliged_member_id=MOTHER.member_id, conditional=True, evidence_by="asl-serd")
    waiting = answer("WAITING_LIST", 3, 10)
    hers = said(waiting.by, replace(waiting.event, member_id=MOTHER.member_id))
    told = (*FRAMED, replace(SENT_TO_SERD, member_id=MOTHER.member_id), SERD_ASSIGNED, hers)
    missed = replace(MISSED, commitment_id=cure.id, area="HEALTH")
    signed = (*told, replace(DRAFTED, commitments=(cure,)), PATTO)
    given(*signed).when(SOCIAL_WORKER, missed).refused("ON_WAITING_LIST")


def test_10_who_is_in_a_protection_path_is_reached_through_no_one_else():
    protected = condition("GENDER_VIOLENCE_PATH")
    his = replace(CONVOKED, contact_used=(contact(MOTHER, HUSBAND.contacts[0].value),))
    given(*EVALUATED, protected).when(SOCIAL_WORKER, his).refused("CONTACT_OF_ANOTHER_MEMBER")
    he_has_it_now = contacts_now(HUSBAND, MOTHER.contacts[0].value)
    given(*AT_THE_CPI, protected).when(CPI, CALLED.event).then(CALLED.event)
    given(*AT_THE_CPI, protected, he_has_it_now).when(CPI, CALLED.event).refused("CONTACT_OF_ANOTHER_MEMBER")


def test_11_accredited_bodies_and_third_sector_act_under_a_dated_act():
    body = replace(SENT_TO_CPI, destination="ACCREDITATO", destination_id="accreditato")
    given(*ANALYSED, ACTIVABLE).when(SOCIAL_WORKER, body).refused("NO_REGIONAL_ACT")
    ets = replace(DRAFTED, supports=(replace(DRAFTED.supports[0], provider="ets-1"),))
    given(*WITH_TEAM).when(SOCIAL_WORKER, ets).refused("NO_AGREEMENT")


def test_12_a_correction_adds_and_deletes_nothing():
    corrected = correction(HELD, held_on="2025-02-09")
    facts = facts_of(*MET, corrected, voided(HELD), ERASED)
    assert [fact.event for fact in facts][: len(MET)] == list(MET)
    case = fold(facts)
    assert case.version == len(facts) and id_of(ERASED) in case.facts


def test_13_the_agency_and_the_person_may_record_it():
    given(*SIGNED).when(UST, PATTO).refused("ROLE_NOT_ALLOWED")
    given(*SIGNED).when(COLLEAGUE, MISSED).refused("NOT_ASSIGNED")


def test_14_a_term_of_the_services_is_never_a_breach_of_the_household():
    told = (*EVALUATED, PAD)
    theirs = lapsed("D1", day(5, 8), PAD)
    given(*told).when(CLOCK, theirs.event).then(theirs.event)
    blamed = lapsed("D1", day(5, 8), PAD, "NUCLEO")
    given(*told).when(CLOCK, blamed.event).refused("TERM_NOT_LAPSED", "is of SERVIZI")
    assert not given(*told, theirs).case.infractions
    of_it = replace(proposal(), infraction_refs=(id_of(theirs),), proposed_measure="DECADENZA")
    given(*told, theirs).when(SOCIAL_WORKER, of_it).refused("NOT_RECORDED", "no such infraction")


# --- the case as its facts tell it -----------------------------------------------------------------------


def test_the_path_of_a_case_never_leads_back():
    reached = [fold(facts_of(*SIGNED[:n])).phase for n in range(len(SIGNED) + 1)]
    assert reached[0] == "UNKNOWN" and reached[-1] == "PATTO_SIGNED"
    again = replace(CONVOKED, convocation_id=new("again"))
    assert given(*SIGNED, again).case.phase == "PATTO_SIGNED"
    assert given(*SIGNED, CLOSED, again).case.phase == "CLOSED"
