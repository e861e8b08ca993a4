"""Whose a line of the patto is: everybody's, or of those in whose annexes alone it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.documents import reserved
from api.documents.document import Unprintable
from domain.case.events import AnalysisFrameworkCompleted
from domain.case.parts import AnalysedArea, Commitment, Member, Objective, Support
from domain.case.state import fold
from domain.contract import ERASED
from tests.telling import facts_of
from tests.unit.case.world import (
    ANALYSIS,
    CONTACTS,
    DRAFTED,
    HEALTH,
    HUSBAND,
    MOTHER,
    NEED,
    OBJECTIVE,
    SON,
    WITH_TEAM,
    commitment,
    condition,
    day,
    new,
)

pytestmark = pytest.mark.unit

EVERYONE = (MOTHER, HUSBAND, SON)
ALL = "all"
CURE = replace(HEALTH, id=new("cure"))
AIM = replace(OBJECTIVE, objective_id=new("aim"), need_id=new("another need"))
HERS = condition("GENDER_VIOLENCE_PATH", MOTHER)
PROTECTED = (*WITH_TEAM, HERS)


def readers(
    line: Commitment | Support | Objective, story: tuple[Any, ...] = WITH_TEAM, **said: Any
) -> list[str]:
    """Who reads a line of a draft that says this: ``all``, or some by name."""
    draft = replace(DRAFTED, **{"commitments": (CONTACTS, CURE), "supports": ()} | said)
    case = fold(facts_of(*story, draft))
    household = case.members
    parts = {ALL: reserved.common(draft, case, household)}
    parts |= {m.name: reserved.of_member(draft, case, household, m.member_id) for m in EVERYONE}
    return [
        who for who, part in parts.items() if line in (*part.objectives, *part.supports, *part.commitments)
    ]


def in_need(area: str, who: Member | None, story: tuple[Any, ...] = WITH_TEAM) -> tuple[Any, ...]:
    """The story, where the analysis found the need that AIM comes from."""
    found = replace(NEED, need_id=AIM.need_id, area=area, member_id=who and who.member_id)
    return tuple(
        replace(ANALYSIS, needs_by_area=(NEED, found)) if fact is ANALYSIS else fact for fact in story
    )


def health_support(**said: Any) -> Support:
    stated = {"support_id": new("support/cure"), "catalogue_code": "PROT8.h", "provider": "asl-serd"}
    return Support(**stated | {"planned_from": day(3, 20)} | said)


# --- commitments -------------------------------------------------------------------------------------------


def test_a_health_commitment_is_read_by_whom_it_concerns_and_any_other_by_all() -> None:
    assert readers(CURE) == ["José"] and readers(CONTACTS) == [ALL]


@pytest.mark.parametrize("service", ["asl", "asl-serd", "mmg", "ets-cav", "consultorio-nord", "nobody-knows"])
def test_a_commitment_that_a_health_service_certifies_is_reserved_whatever_its_area(service: str) -> None:
    line = commitment("CONTACTS", service, HUSBAND, id=new("x"))
    assert readers(line, commitments=(CONTACTS, line)) == ["José"]


def test_a_health_commitment_for_a_child_is_read_by_who_took_it_on_and_by_the_child() -> None:
    line = replace(CURE, beneficiary_member_id=SON.member_id)
    assert readers(line, commitments=(CONTACTS, line)) == ["José", "Mosè"]


def test_a_commitment_whose_area_was_erased_may_have_been_of_health() -> None:
    line = replace(CONTACTS, area=ERASED)
    assert readers(line, commitments=(line,)) == ["Rosaria"]


def test_all_commitments_of_a_protected_member_are_hers() -> None:
    assert readers(CONTACTS, PROTECTED) == ["Rosaria"]
    hers = replace(CONTACTS, obliged_member_id=HUSBAND.member_id, beneficiary_member_id=MOTHER.member_id)
    assert readers(hers, PROTECTED, commitments=(hers,)) == ["Rosaria", "José"]


# --- supports ----------------------------------------------------------------------------------------------


def test_a_health_support_is_of_the_member_whose_commitment_rests_on_it() -> None:
    support = health_support()
    resting = replace(CURE, depends_on_support_id=support.support_id)
    hers = replace(CURE, id=new("hers"), obliged_member_id=MOTHER.member_id)
    assert readers(support, supports=(support,), commitments=(resting, hers)) == ["José"]


@pytest.mark.parametrize("said", [{}, {"catalogue_code": "PROT8.m"}, {"provider": "ets-uno"}])
def test_a_health_support_is_of_the_one_member_with_a_health_commitment(said: dict[str, str]) -> None:
    support = health_support(**said)
    assert readers(support, supports=(support,)) == ["José"]


def test_a_health_support_is_of_the_one_member_with_a_health_need() -> None:
    support = health_support()
    story = in_need("HEALTH", SON)
    assert readers(support, story, supports=(support,), commitments=(CONTACTS,)) == ["Mosè"]


def test_a_health_support_that_could_be_for_either_or_for_none_is_printed_for_nobody() -> None:
    hers = replace(CURE, id=new("hers"), obliged_member_id=MOTHER.member_id)
    for lines in ((CURE, hers), (CONTACTS,)):
        with pytest.raises(Unprintable) as why:
            readers(CONTACTS, supports=(*DRAFTED.supports, health_support()), commitments=lines)
        assert why.value.where == "/supports/1"


def test_any_other_support_is_read_by_all() -> None:
    (support,) = DRAFTED.supports
    assert readers(support, supports=(support,)) == [ALL]


def test_a_support_on_which_only_reserved_commitments_rest_is_as_reserved() -> None:
    support = health_support(catalogue_code="PROT8.c", provider="ets-uno")
    resting = replace(CONTACTS, depends_on_support_id=support.support_id)
    said = {"supports": (support,), "commitments": (resting, CURE)}
    assert readers(support, **said) == [ALL]
    assert readers(support, PROTECTED, **said) == ["Rosaria"]


# --- objectives --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("area", ["HEALTH", "CARE", ERASED])
def test_an_objective_on_health_or_care_is_of_the_member_in_need(area: Any) -> None:
    assert readers(AIM, in_need(area, HUSBAND), objectives=(OBJECTIVE, AIM)) == ["José"]


def test_an_objective_on_care_of_the_whole_household_stands_in_every_annex() -> None:
    assert readers(AIM, in_need("CARE", None), objectives=(AIM,)) == ["Rosaria", "José", "Mosè"]


def test_an_objective_on_anything_else_is_read_by_all_but_hers_who_is_protected() -> None:
    for area in ("INCOME", "WORK", "TRAINING", "SCHOOLING", "HOUSING", "RELATIONS", "OTHER"):
        assert readers(AIM, in_need(area, MOTHER), objectives=(AIM,)) == [ALL]
        assert readers(AIM, in_need(area, MOTHER, PROTECTED), objectives=(AIM,)) == ["Rosaria"]


def test_a_need_of_the_quadro_di_analisi_counts_as_well() -> None:
    area = AnalysedArea(
        need_id=AIM.need_id, member_id=SON.member_id, area="HEALTH", needs="un bisogno", resources="una zia"
    )
    framework = AnalysisFrameworkCompleted(
        framework_id=new("framework"), instrument_version="1", completed_on=day(2, 27), areas=(area,)
    )
    assert readers(AIM, (*WITH_TEAM, framework), objectives=(AIM,)) == ["Mosè"]


def test_an_objective_of_no_known_need_is_printed_for_nobody() -> None:
    with pytest.raises(Unprintable) as why:
        readers(AIM, objectives=(OBJECTIVE, AIM))
    assert why.value.where == "/objectives/1/need_id"
