"""The answer to an act is the same whether or not another office recorded what its author is not shown."""

from dataclasses import replace
from typing import Any

import pytest

from domain.case import decide as deciding
from domain.case.infractions import earlier_than
from domain.case.parts import Component
from domain.fact import Recorder
from tests.telling import (
    AMBITO,
    ASL,
    COMUNE,
    CPI,
    INPS,
    PROTOCOL_IN_FORCE,
    SERD,
    SOCIAL_WORKER,
    UST,
    given,
    id_of,
    operator,
    said,
)
from tests.unit.case.world import (
    AMBITO_ASSIGNED,
    ANALYSED,
    ASL_ASSIGNED,
    CALLED,
    CONVOKED,
    CPI_ASSIGNED,
    DECLARATION_CHECKED,
    DOCUMENTS_ASKED,
    DRAFTED,
    FRAMED,
    HOUSEHOLD,
    HUSBAND,
    MISSED,
    MOTHER,
    NOT_ENROLLED,
    REFUSED_TO_SIGN,
    SCHOOL_ASKED,
    SCHOOLING,
    SENT_TO_CPI,
    SENT_TO_SERD,
    SIGNED,
    SON,
    TEAM,
    UST_ASSIGNED,
    assignment,
    condition,
    contact,
    contacts_now,
    day,
    found,
    new,
)

LIFE = (*SIGNED, SENT_TO_CPI, SCHOOL_ASKED, CPI_ASSIGNED, ASL_ASSIGNED, UST_ASSIGNED)
ELSEWHERE = operator("accreditato")
PATH = condition("GENDER_VIOLENCE_PATH", certified_by="servizio-sociale")
SCHOOL = replace(SCHOOLING, obliged_member_id=MOTHER.member_id, conditional=True)
ABSENT_PUPIL = replace(
    MISSED,
    commitment_id=SCHOOL.id,
    area="SCHOOLING",
    reporter="ust",
    ascertained_by=None,
    ascertained_on=None,
)
FOUND_BY_SCHOOL = said(UST, ABSENT_PUPIL)
MADE_AN_INFRACTION = replace(
    ABSENT_PUPIL, ascertained_by=SOCIAL_WORKER.person, ascertained_on=day(4, 20), reporter="servizio-sociale"
)
WITH_SCHOOL = [replace(fact, commitments=(SCHOOL,)) if fact is DRAFTED else fact for fact in LIFE]

MOVED = replace(HOUSEHOLD, members=(replace(MOTHER, residence_address="via nascosta 7"), HUSBAND, SON))

HIDDEN: dict[str, tuple[Any, Recorder, Any]] = {
    "a conviction, from the CPI": (said(INPS, found("FINAL_CONVICTION")), CPI, {"source": "altro"}),
    "a conviction, from the servizio sociale": (
        said(INPS, found("FINAL_CONVICTION")),
        SOCIAL_WORKER,
        {"source": "altro"},
    ),
    "a false declaration, from the CPI": (said(INPS, found("FALSE_DECLARATION")), CPI, {"source": "altro"}),
    "a protection path, from the CPI": (PATH, CPI, {"value": False}),
    "a protection path, from the ASL": (PATH, ASL, {"value": False}),
    "an illness, from the ASL": (condition("DISABILITY_L68"), ASL, {"value": False}),
    "an address, from the Comune": (MOVED, COMUNE, {"members": HOUSEHOLD.members, "source": "ANAGRAFE"}),
    "contacts, from the CPI": (contacts_now(MOTHER, "hers@example.org"), CPI, {"language": "fr"}),
    "a check of the Comune, from the CPI": (DECLARATION_CHECKED, CPI, {"outcome": "INCONSISTENT"}),
    "a refusal of the PaIS, from the CPI": (REFUSED_TO_SIGN, CPI, {"patto_kind": "PSP"}),
    "documents of a school, from the office of the schools": (
        said(COMUNE, replace(NOT_ENROLLED.event, source="DOCUMENTS")),
        UST,
        {"source": "UST"},
    ),
}


def answers(told: Any, by: Recorder, *states: Any) -> list[tuple[str, str] | list[Any]]:
    outcomes = [given(*told).when(by, each) for each in states]
    return [(o.refusal.rule, o.refusal.because) if o.refusal else o.events for o in outcomes]


def same_answers(hidden: Any, by: Recorder, otherwise: dict[str, Any]) -> bool:
    event = getattr(hidden, "event", hidden)
    states = (event, replace(event, **otherwise))
    return answers(LIFE, by, *states) == answers((*LIFE, hidden), by, *states)


@pytest.mark.parametrize("case", HIDDEN)
def test_who_is_not_shown_a_fact_does_not_learn_of_it_by_stating_it(case):
    assert same_answers(*HIDDEN[case])


def test_were_all_that_is_on_record_compared_each_of_these_would_be_noticed(monkeypatch):
    monkeypatch.setattr(deciding, "_earlier", lambda by, states, case: case.said(states))
    told = {case for case in HIDDEN if "conviction" not in case}
    assert {case for case in HIDDEN if not same_answers(*HIDDEN[case])} == told


def test_were_the_role_judged_last_a_conviction_would_be_told_to_the_servizio_sociale(monkeypatch):
    monkeypatch.setattr(deciding.infraction, "of_inps_alone", lambda *_: None)
    assert not same_answers(*HIDDEN["a conviction, from the servizio sociale"])


def test_what_an_office_said_itself_is_still_known():
    mine = found(source="altro")
    told = (*LIFE, said(INPS, found()), said(CPI, mine))
    given(*told).when(CPI, mine).nothing()
    given(*told).when(CPI, found()).refused("ALREADY_RECORDED")


def test_the_servizio_sociale_knows_what_all_recorded():
    given(*LIFE, said(CPI, found())).when(SOCIAL_WORKER, found()).nothing()


def test_a_household_is_compared_with_what_the_comune_itself_said_and_by_the_servizio_sociale_with_all():
    told = (*LIFE, said(COMUNE, MOVED))
    given(*told).when(COMUNE, MOVED).nothing()
    given(*told).when(SOCIAL_WORKER, MOVED).nothing()
    given(*LIFE, MOVED).when(COMUNE, MOVED).then(MOVED)


def test_what_two_offices_recorded_alike_counts_once():
    both = (said(INPS, found()), said(CPI, found(source="altro")))
    another = said(CPI, found(occurred_on=day(5, 21)))
    counted = []
    for told in (both[:1], both, (*both, another)):
        case = given(*LIFE, *told).case
        counted.append(len(earlier_than(case, (), MOTHER.member_id, day(6, 1), PROTOCOL_IN_FORCE)))
    assert counted == [1, 1, 2]
    case = given(*LIFE, *both).case
    assert earlier_than(case, (id_of(both[0]),), MOTHER.member_id, day(6, 1), PROTOCOL_IN_FORCE) == []


def test_who_reports_an_absence_does_not_learn_that_an_infraction_was_made_of_it():
    reported = (*WITH_SCHOOL, FOUND_BY_SCHOOL)
    in_other_words = replace(ABSENT_PUPIL, facts="altro")
    for told in (reported, (*reported, MADE_AN_INFRACTION)):
        given(*told).when(UST, ABSENT_PUPIL).nothing()
        given(*told).when(UST, in_other_words).refused("ALREADY_RECORDED")
    for told in (WITH_SCHOOL, (*WITH_SCHOOL, MADE_AN_INFRACTION)):
        given(*told).when(UST, ABSENT_PUPIL).then(ABSENT_PUPIL)


def test_a_report_that_comes_late_does_not_let_an_infraction_be_made_of_an_absence_twice():
    told = (*WITH_SCHOOL, MADE_AN_INFRACTION, FOUND_BY_SCHOOL)
    again = replace(MADE_AN_INFRACTION, ascertained_on=day(4, 21))
    given(*told).when(SOCIAL_WORKER, again).refused("ALREADY_RECORDED")


def test_the_office_of_the_schools_does_not_learn_that_documents_were_asked_for():
    unasked = replace(NOT_ENROLLED.event, verification_id=None)
    assert answers(LIFE, UST, unasked) == answers((*LIFE, DOCUMENTS_ASKED), UST, unasked)
    given(*LIFE).when(UST, unasked).refused("OUT_OF_ORDER")


def test_an_agency_does_not_learn_that_a_unit_of_it_is_in_the_case_by_assigning_there():
    for told in (FRAMED, (*FRAMED, SENT_TO_SERD)):
        given(*told).when(ASL, assignment(SERD)).refused("ROLE_NOT_ALLOWED", "its own persons")
    given(*FRAMED, SENT_TO_SERD).when(SERD, assignment(SERD)).then(assignment(SERD))


def test_an_agency_does_not_learn_that_another_of_its_kind_is_in_the_case_by_assigning_there():
    refuge, other = operator("ets-cav"), operator("ets-1")
    seat = Component(
        person_id=refuge.person, role="OTHER", agency="ets-cav", name="N", surname="I", function="operatrice"
    )
    hers = assignment(refuge)
    for team in (TEAM, replace(TEAM, components=(*TEAM.components, seat))):
        given(*ANALYSED, team).when(other, hers).refused("ROLE_NOT_ALLOWED", "its own persons")


# --- a protection path, by the contact of a convocation --------------------------------------------------

HERS, HIS = MOTHER.contacts[0].value, HUSBAND.contacts[0].value
BY_HIM = contacts_now(HUSBAND, "new@example.org")
UNSAFE = contacts_now(MOTHER, "watched@example.org", safe=False)
UNREACHED = [
    replace(fact, members=(replace(MOTHER, contacts=()), HUSBAND, SON)) if fact is HOUSEHOLD else fact
    for fact in LIFE
]


def convoked(told: Any, by: Recorder, value: str) -> Any:
    called = replace(CALLED.event, contact_used=value)
    sent = replace(CONVOKED, convocation_id=new("another"), contact_used=(contact(MOTHER, value),))
    return answers((*told, AMBITO_ASSIGNED), by, called if by is CPI else sent)


TRIED = {
    "a mistyped one": (LIFE, "refuso@example.org", False),
    "her husband's": (LIFE, HIS, False),
    "his new one": ((*LIFE, BY_HIM), "new@example.org", False),
    "one that is not safe": ((*LIFE, UNSAFE), "watched@example.org", False),
    "a former one": ((*LIFE, UNSAFE), HERS, False),
    "any, where none is on record": (UNREACHED, HERS, False),
    "her own": (LIFE, HERS, True),
}


@pytest.mark.parametrize("office", [CPI, AMBITO], ids=lambda by: by.agency)
@pytest.mark.parametrize("case", TRIED)
def test_the_contact_of_a_convocation_is_judged_alike_with_a_protection_path_and_without(case, office):
    told, value, accepted = TRIED[case]
    open_to_all = convoked(told, office, value)
    assert convoked((*told, PATH), office, value) == open_to_all
    assert isinstance(open_to_all[0], list) == accepted


def test_a_contact_that_two_members_have_convokes_who_is_in_no_protection_path():
    shared = (*LIFE, contacts_now(HUSBAND, HERS))
    assert convoked(shared, CPI, HERS) == convoked(LIFE, CPI, HERS)
    assert convoked((*shared, PATH), CPI, HERS) == convoked(LIFE, CPI, "refuso@example.org")


def test_were_the_protected_alone_held_to_their_contacts_a_refusal_would_tell(monkeypatch):
    judged = deciding.meeting._own_contact

    def of_the_protected(by: Recorder, member: Any, value: str, case: Any) -> None:
        judged(SOCIAL_WORKER, member, value, case)

    monkeypatch.setattr(deciding.meeting, "_own_contact", of_the_protected)
    typed = "refuso@example.org"
    assert convoked((*LIFE, PATH), CPI, typed) != convoked(LIFE, CPI, typed)
