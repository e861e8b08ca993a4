"""A fact that proved wrong: it stays, a correction stands beside it, the case goes on with what is right."""

from dataclasses import replace

import pytest

from domain.case import events as e
from domain.case.infractions import evidence_of
from domain.case.infractions import facts_of as facts_about
from domain.case.rulings.correction import FIXED, about
from domain.case.state import fold
from domain.case.terms import terms_of
from domain.catalogue import CONTRACTS
from domain.contract import contract_of, encode, leaves
from domain.reconstruct import reconstruct
from tests.goldens import example
from tests.telling import (
    ASL,
    COLLEAGUE,
    COMUNE,
    CPI,
    INPS,
    OTHER_COMUNE,
    SERD,
    SOCIAL_WORKER,
    Said,
    facts_of,
    given,
    id_of,
    said,
)
from tests.unit.case.world import (
    ABSENT,
    ANALYSIS,
    ANNULLED,
    ASKED,
    ASL_ASSIGNED,
    ASSIGNED,
    CLOSED,
    CPI_ASSIGNED,
    DELIVERED,
    DRAFTED,
    EVALUATED,
    HELD,
    HOUSEHOLD,
    HUSBAND,
    ILL,
    MET,
    MISSED,
    MISSED_THE_MEETING,
    MOTHER,
    NOTIFIED,
    PAD,
    PATTO,
    PUC_ASSIGNED,
    REDRAFTED,
    REFERRED,
    REVISED,
    SIGNED,
    SUPPORT_ON,
    TEAM,
    WHOLE,
    WITH_TEAM,
    assignment,
    change,
    component,
    condition,
    correction,
    day,
    decadenza,
    decurtazione,
    evaluated,
    lapsed,
    new,
    proposal,
    voided,
)

NEVER_UNDONE = (e.CaseReferred, e.EventCorrected, e.PersonalDataErased, e.PattoDrafted, e.PattoSigned)


def told_of(fact):
    return fact.event if isinstance(fact, Said) else fact


THE_DAY_BEFORE = correction(HELD, held_on="2025-02-09")


# --- who corrects what -----------------------------------------------------------------------------------


def test_who_recorded_a_fact_corrects_it():
    given(*MET).when(SOCIAL_WORKER, THE_DAY_BEFORE).tells(new_value={"held_on": "2025-02-09"}, affects=())


def test_only_a_fact_on_record_is_corrected():
    given(*EVALUATED).when(SOCIAL_WORKER, THE_DAY_BEFORE).refused("NOT_RECORDED", "no such fact")


def test_a_fact_of_another_agency_is_not_corrected():
    his = correction(HOUSEHOLD, source="ANPR")
    told = (REFERRED, EVALUATED[1], said(COMUNE, HOUSEHOLD))
    given(*told).when(SOCIAL_WORKER, his).refused("ROLE_NOT_ALLOWED", "who recorded")
    given(*told).when(COMUNE, his).tells(new_value={"source": "ANPR"})


def test_a_correction_is_not_corrected_but_the_fact_is_corrected_again():
    told = (*MET, THE_DAY_BEFORE)
    given(*told).when(SOCIAL_WORKER, correction(THE_DAY_BEFORE, reason="altro")).refused("BAD_VALUE")
    once_more = correction(HELD, held_on="2025-02-08")
    given(*told).when(SOCIAL_WORKER, THE_DAY_BEFORE).nothing()
    given(*told).when(SOCIAL_WORKER, once_more).tells(new_value={"held_on": "2025-02-08"})


def test_the_referral_is_corrected_but_never_voided():
    moved = correction(REFERRED, residence_comune="058991")
    told = (said(SOCIAL_WORKER, REFERRED), *EVALUATED[1:])
    given(*told).when(SOCIAL_WORKER, voided(REFERRED)).refused("BAD_VALUE", "referral")
    given(*told).when(SOCIAL_WORKER, moved).tells(voids=False)


@pytest.mark.parametrize(("told", "infraction"), [(ASKED, MISSED), (MISSED_THE_MEETING, ABSENT)])
def test_an_infraction_is_corrected_by_two_persons(told, infraction):
    alone = voided(infraction)
    given(*told).when(SOCIAL_WORKER, alone).refused("SECOND_PERSON_REQUIRED")
    herself = replace(alone, second_person_id=SOCIAL_WORKER.person)
    given(*told).when(SOCIAL_WORKER, herself).refused("SECOND_PERSON_REQUIRED")
    together = replace(alone, second_person_id=COLLEAGUE.person)
    given(*told).when(SOCIAL_WORKER, together).tells(member_id=MOTHER.member_id)


def test_a_signature_is_voided_before_the_draft_under_it():
    given(*SIGNED).when(SOCIAL_WORKER, voided(DRAFTED)).refused("OUT_OF_ORDER", "voided before")
    given(*SIGNED, voided(PATTO)).when(SOCIAL_WORKER, voided(DRAFTED)).tells(voids=True)
    given(*SIGNED).when(SOCIAL_WORKER, correction(DRAFTED, duration="sei mesi")).tells(voids=False)


# --- what a correction may say ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        (correction(HELD), "the corrected fields"),
        (replace(correction(HELD, held_on="2025-02-09"), voids=True), "the corrected fields"),
        (replace(correction(HELD), new_value=["held_on"]), "the corrected fields"),
        (correction(HELD, colour="red"), "a field that this fact does not have"),
        (correction(HELD, appointment_id=str(new("another"))), "new_value.appointment_id"),
        (correction(HELD, held_on="yesterday"), "new_value.held_on"),
        (correction(HELD, held_on=None), "new_value.held_on"),
        (correction(HELD, kind="PERHAPS"), "new_value.kind"),
    ],
    ids=[
        "nothing",
        "a value and a void",
        "a list",
        "an unknown field",
        "what the fact is about",
        "no day",
        "no value",
        "no code",
    ],
)
def test_a_correction_gives_values_that_the_fact_can_have(wrong, because):
    given(*MET).when(SOCIAL_WORKER, wrong).refused("BAD_VALUE", because)


def test_what_the_rules_computed_is_not_corrected_by_hand():
    told = (*EVALUATED[:4], said(SOCIAL_WORKER, evaluated(MOTHER, "obliged")))
    by_hand = correction(evaluated(MOTHER, "obliged"), result="excluded")
    given(*told).when(SOCIAL_WORKER, by_hand).refused("BAD_VALUE", "new_value.result")


# --- what it does ----------------------------------------------------------------------------------------


def test_a_correction_names_the_measures_that_rest_on_the_fact_and_is_not_refused_for_them():
    measured = given(*ASKED).when(INPS, decurtazione()).tells(finding="NONE")
    told = given(*ASKED, measured, NOTIFIED)
    together = replace(voided(MISSED), second_person_id=COLLEAGUE.person)
    told.when(SOCIAL_WORKER, together).tells(affects=(measured.measure_id,))
    told.when(SOCIAL_WORKER, correction(DRAFTED, duration="sei mesi")).tells(affects=(measured.measure_id,))
    told.when(SOCIAL_WORKER, correction(ANALYSIS, completed_on="2025-02-19")).tells(affects=())


def test_a_measure_rests_on_its_infraction_even_where_no_evidence_was_kept():
    imported = decadenza()
    told = (*MISSED_THE_MEETING, imported)
    together = replace(voided(ABSENT), second_person_id=COLLEAGUE.person)
    given(*told).when(SOCIAL_WORKER, together).tells(affects=(imported.measure_id,))


def test_the_case_goes_on_with_the_corrected_value():
    case = fold(facts_of(*MET, THE_DAY_BEFORE))
    assert case.facts[id_of(HELD)].event.held_on == day(2, 9)
    assert case.version == len(MET) + 1


def test_the_last_correction_counts_and_adds_to_those_before():
    kind = correction(HELD, kind="SPONTANEO")
    again = correction(HELD, held_on="2025-02-08")
    case = fold(facts_of(*MET, THE_DAY_BEFORE, kind, again))
    assert case.facts[id_of(HELD)].event == replace(HELD, held_on=day(2, 8), kind="SPONTANEO")


def test_a_household_that_is_corrected_is_the_household():
    without_him = correction(HOUSEHOLD, members=[encode(MOTHER)])
    case = fold(facts_of(*EVALUATED, without_him))
    assert set(case.members) == {MOTHER.member_id}


def test_a_voided_fact_never_happened_for_the_case():
    case = fold(facts_of(*MET, voided(HELD)))
    assert id_of(HELD) not in case.facts
    assert case.phase == "CONVENED"
    given(*MET, voided(HELD)).when(SOCIAL_WORKER, ANALYSIS).refused("OUT_OF_ORDER", "not met")


def test_a_voided_fact_is_not_corrected_again():
    given(*MET, voided(HELD)).when(SOCIAL_WORKER, THE_DAY_BEFORE).refused("NOT_RECORDED")


def test_what_was_voided_can_be_recorded_anew():
    absence = replace(voided(ABSENT), second_person_id=COLLEAGUE.person)
    again = replace(ABSENT, ascertained_on=day(2, 13))
    given(*MISSED_THE_MEETING, absence).when(SOCIAL_WORKER, again).then(again)


def test_a_voided_recapito_proves_nothing():
    told = [fact for fact in MISSED_THE_MEETING if fact is not ABSENT]
    given(*told, voided(DELIVERED)).when(SOCIAL_WORKER, ABSENT).refused("NO_PROOF_OF_CONVOCATION")


def test_nothing_is_proposed_for_an_infraction_that_was_voided():
    given(*ASKED, voided(MISSED)).when(SOCIAL_WORKER, proposal()).refused(
        "NOT_RECORDED", "no such infraction"
    )


def test_a_condition_that_was_voided_no_longer_excludes():
    told = (*WITH_TEAM, condition("EMPLOYED"))
    given(*told).when(SOCIAL_WORKER, evaluated(MOTHER, on=day(2, 1))).tells(result="excluded")
    given(*told, voided(condition("EMPLOYED"))).when(SOCIAL_WORKER, evaluated(MOTHER, on=day(2, 1))).tells(
        result="obliged"
    )


def test_an_evaluation_is_made_again_once_what_it_read_is_corrected():
    once = given(*EVALUATED[:4]).when(SOCIAL_WORKER, evaluated(HUSBAND)).tells(result="excluded")
    told = (*EVALUATED[:4], once, voided(ILL))
    given(*told).when(SOCIAL_WORKER, evaluated(HUSBAND)).tells(result="obliged")


def test_a_closed_case_is_still_corrected():
    given(*MET, CLOSED).when(SOCIAL_WORKER, THE_DAY_BEFORE).tells(affects=())


def test_another_comune_corrects_nothing_that_it_did_not_record():
    told = (REFERRED, EVALUATED[1], said(COMUNE, HOUSEHOLD))
    given(*told).when(OTHER_COMUNE, correction(HOUSEHOLD, source="ANPR")).refused("ROLE_NOT_ALLOWED")


def test_a_unit_of_the_health_service_corrects_nothing_of_another():
    theirs = condition("DISABILITY_L68")
    team = replace(TEAM, components=(*TEAM.components, component(SERD, "SPECIALIST")))
    told = (*WITH_TEAM[:-1], team, ASL_ASSIGNED, said(SERD, assignment(SERD)), said(ASL, theirs))
    given(*told).when(SERD, correction(theirs, value=False)).refused("ROLE_NOT_ALLOWED", "who recorded")
    given(*told).when(ASL, correction(theirs, value=False)).tells(member_id=MOTHER.member_id)


def test_the_employment_centre_corrects_its_own_fact():
    theirs = condition("EMPLOYED")
    told = (*WITH_TEAM, CPI_ASSIGNED, said(CPI, theirs))
    given(*told).when(CPI, correction(theirs, value=False)).tells(member_id=MOTHER.member_id)


@pytest.mark.parametrize("members", [[], [encode(HOUSEHOLD)["members"][0]] * 2])
def test_a_household_is_not_corrected_into_nobody_or_into_somebody_twice(members):
    wrong = correction(HOUSEHOLD, members=members)
    given(*EVALUATED).when(SOCIAL_WORKER, wrong).refused("BAD_VALUE", "members")


@pytest.mark.parametrize(
    ("fact", "name", "value"),
    [
        (REFERRED, "household_id", str(new("another household"))),
        (REFERRED, "benefit", "NASPI"),
        (ASSIGNED, "person_id", str(new("another operator"))),
        (ASSIGNED, "agency", "cpi"),
        (ASSIGNED, "unit", "cpi-ostia"),
    ],
)
def test_whose_case_it_is_and_who_may_act_on_it_is_not_corrected_but_stated_anew(fact, name, value):
    given(*EVALUATED).when(SOCIAL_WORKER, correction(fact, **{name: value})).refused("BAD_VALUE", name)


# --- facts on which others rest --------------------------------------------------------------------------

TWICE = (*SIGNED, REDRAFTED, REVISED)


def test_a_revision_is_voided_before_its_draft_and_before_the_patto_that_it_revises():
    given(*TWICE).when(SOCIAL_WORKER, voided(REDRAFTED)).refused("OUT_OF_ORDER", "under a draft")
    given(*TWICE).when(SOCIAL_WORKER, voided(PATTO)).refused("OUT_OF_ORDER", "revision")
    told = (*TWICE, voided(REVISED))
    given(*told).when(SOCIAL_WORKER, voided(PATTO)).tells(voids=True)
    given(*told).when(SOCIAL_WORKER, voided(REDRAFTED)).tells(voids=True)
    assert given(*told).case.patto_on(day(7, 1))[1] == DRAFTED


def test_a_revision_of_a_revision_is_voided_first():
    third = replace(REDRAFTED, version=3)
    again = replace(REVISED, from_version=2, to_version=3, signed_on=day(7, 1))
    given(*TWICE, third, again).when(SOCIAL_WORKER, voided(REVISED)).refused("OUT_OF_ORDER", "revision")
    given(*TWICE, third, again).when(SOCIAL_WORKER, voided(again)).tells(voids=True)


def test_what_the_clock_wrote_is_corrected_by_the_servizio_sociale():
    late = lapsed("D14", day(2, 20), HELD)
    given(*MET, late).when(SOCIAL_WORKER, voided(late)).tells(voids=True, affects=())
    told = given(*MET, CPI_ASSIGNED, late)
    told.when(CPI, voided(late)).refused("ROLE_NOT_ALLOWED", "who recorded")


def test_whose_a_delay_was_is_not_corrected_by_hand():
    late = lapsed("D14", day(2, 20), HELD)
    for name, value in (("duty_bearer", "NUCLEO"), ("due_on", "2025-02-21")):
        given(*MET, late).when(SOCIAL_WORKER, correction(late, **{name: value})).refused("BAD_VALUE", name)


def test_a_delay_of_the_household_is_voided_by_two_persons():
    late = lapsed("D2", day(5, 12), HELD, "COMPONENTE", MOTHER)
    given(*MET, late).when(SOCIAL_WORKER, voided(late)).refused("SECOND_PERSON_REQUIRED")
    together = voided(late, second_person_id=COLLEAGUE.person)
    given(*MET, late).when(SOCIAL_WORKER, together).tells(member_id=MOTHER.member_id)


def test_a_support_that_was_voided_no_longer_lets_a_commitment_be_missed():
    waits = replace(DRAFTED.commitments[0], depends_on_support_id=SUPPORT_ON.event.support_id)
    told = (*WITH_TEAM, replace(DRAFTED, commitments=(waits,)), PATTO, CPI_ASSIGNED, SUPPORT_ON)
    given(*told).when(SOCIAL_WORKER, MISSED).then(MISSED)
    given(*told).when(CPI, voided(SUPPORT_ON)).tells(voids=True)
    given(*told, voided(SUPPORT_ON)).when(SOCIAL_WORKER, MISSED).refused("SUPPORT_NOT_ACTIVE")
    again = SUPPORT_ON.event
    given(*told, voided(SUPPORT_ON)).when(CPI, again).then(again)


def test_an_assignment_to_a_puc_is_corrected_and_voided():
    told = (*TWICE, PUC_ASSIGNED)
    given(*told).when(SOCIAL_WORKER, correction(PUC_ASSIGNED, hours_per_week=12)).tells(voids=False)
    given(*told).when(SOCIAL_WORKER, voided(PUC_ASSIGNED)).tells(voids=True)


def test_a_change_of_the_household_that_was_voided_never_happened():
    left = change("LEFT", HUSBAND)
    assert HUSBAND.member_id in given(*MET, left, voided(left)).case.members_on(day(6, 1))


def test_a_notifica_or_an_annulment_that_was_voided_never_happened():
    told = (*ASKED, decurtazione(), NOTIFIED, ANNULLED)
    assert not given(*told, voided(ANNULLED)).case.annulled
    given(*told).when(INPS, voided(ANNULLED)).tells(voids=True)


@pytest.mark.parametrize("fact", [fact for fact in WHOLE if not isinstance(told_of(fact), NEVER_UNDONE)])
def test_every_fact_can_be_voided_and_the_case_still_stands(fact):
    case = given(*WHOLE, voided(fact)).case
    assert id_of(fact) not in case.facts and case.version == len(WHOLE) + 1
    # What reads the case goes on: its household, patto, terms and measures.
    case.members_on(day(6, 1)), terms_of(case)
    for event_id in case.infractions:
        facts_about(case, event_id), evidence_of(case, event_id)
    for measure in case.measures:
        reconstruct([*facts_of(*WHOLE, voided(fact))], measure)


def test_a_correction_is_kept_as_the_register_writes_it():
    """A member's id in capitals would be sealed under a key of its own, which no erasure finds."""
    loud = [encode(member) | {"member_id": str(member.member_id).upper()} for member in HOUSEHOLD.members]
    told = given(*EVALUATED).when(SOCIAL_WORKER, correction(HOUSEHOLD, members=loud))
    told.tells(new_value={"members": [encode(member) for member in HOUSEHOLD.members]})


def test_the_correction_of_a_pad_is_sealed_under_the_key_of_who_signed_it():
    told = given(*EVALUATED, said(INPS, PAD)).when(
        INPS, correction(PAD, contact_email="nuova@esempio.invalid")
    )
    told.tells(member_id=PAD.signatory_member_id)


@pytest.mark.parametrize("kind", [c.type for c in CONTRACTS.values() if c.aggregate == "case"])
def test_a_corrected_value_is_sealed_under_the_key_under_which_the_fact_has_it(kind):
    """Else an erasure of the person would leave it."""
    event, contract = example(kind, "any"), contract_of(kind)
    fixed = {*contract.slot} | FIXED.get(kind, frozenset())
    for leaf in leaves(kind, encode(event)):
        if leaf.personal and leaf.subject and leaf.path in {*contract.stated} - fixed:
            assert leaf.subject == str(about(event)), leaf.path
