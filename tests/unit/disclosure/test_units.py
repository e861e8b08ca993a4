"""Recipients that must not read each other: two units of the ASL in one case, and the Comuni side by side.

Cell by cell, as in test_cells: every fact of a case, made for one of them, beside the other.
"""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from domain.case import events as e
from domain.case.state import Case
from domain.disclosure import agency_shown, disclose
from domain.disclosure.masks.mask import HEALTH_SERVICE
from tests.unit.disclosure.story import (
    ANNA,
    BRUNO,
    CARLO,
    COMUNE,
    RECIPIENTS,
    Story,
    answered,
    by,
    component,
    draft,
    everyone,
    fields_of,
    household,
    line,
    read,
    referral,
    sent_to,
    signed,
    support,
    team,
)
from tests.unit.disclosure.test_cells import EVERY_CASE_FACT, expected
from tests.unit.disclosure.worlds import fact_for

SERD, CONSULTORIO = "asl-serd", "asl-consultorio"
WHO = {SERD: ANNA, CONSULTORIO: BRUNO}
OTHER = {SERD: CONSULTORIO, CONSULTORIO: SERD}
WORDS = {SERD: "serd", CONSULTORIO: "consultorio"}
EVERY_UNIT = pytest.mark.parametrize("unit", [SERD, CONSULTORIO])

OF_BOTH = {
    e.HouseholdCompositionRecorded,
    e.PreliminaryAnalysisCompleted,
    e.EquipeFormed,
    e.EquipeChanged,
    e.EquipeMet,
    e.PattoDrafted,
    e.PattoSigned,
    e.PattoRevised,
    e.MonitoringReviewHeld,
    e.CaseClosed,
}
"""Facts of the case as a whole, of which each unit is shown its own part; every other is of one alone."""


def side_by_side() -> Story:
    """Anna is in the care of the SerD, Bruno in that of the consultorio; both units sit in the équipe."""
    units = (SERD, CONSULTORIO)
    seats = tuple(component(unit, "SPECIALIST", f"medico del {WORDS[unit]}") for unit in units)
    story = Story(
        referral(),
        household(),
        team(*seats, component("cpi", "EMPLOYMENT_OPERATOR"), component("ust", "SCHOOL")),
        draft(
            *(line("HEALTH", unit, who=WHO[unit]) for unit in units),
            line("SCHOOLING", "ust", CARLO),
            supports=tuple(support(unit) for unit in units),
        ),
        signed(),
    )
    for unit in units:
        story.add(sent_to(unit, WHO[unit]))
        story.add(answered(unit, WHO[unit], "TAKEN"), by(unit))
    return story


@cache
def fact_of(unit: str, contract: Any) -> tuple[Case, Any]:
    """A fact of this kind that is the unit's own, about the member in its care, and its case."""
    story = side_by_side()
    given = [fact for fact in story.facts if type(fact.event) is contract.type]
    if contract.type in (e.MemberReferredToSpecialistService, e.SpecialistReferralAnswered):
        return story.case, given[0 if unit == SERD else 1]
    fact = fact_for(story, contract, unit)
    if getattr(fact.event, "member_id", None) == ANNA and contract.cell("asl") is not None:
        fact = replace(fact, event=replace(fact.event, member_id=WHO[unit]))
    return story.case, fact


@EVERY_CASE_FACT
@EVERY_UNIT
def test_a_unit_is_shown_what_its_cell_says_of_its_own_and_the_other_unit_nothing_of_it(contract, unit):
    case, fact = fact_of(unit, contract)
    cell = contract.cell("asl")
    own, other = disclose(fact, case, unit), disclose(fact, case, OTHER[unit])
    if cell is None or cell.ground == "person":
        assert own is None and other is None
        return
    assert own is not None and (own.level, own.ground) == (cell.level, cell.ground)
    assert fields_of(own) <= expected(fact, unit)
    assert (other is not None) == (contract.type in OF_BOTH)
    assert disclose(fact, case, "asl") is None or contract.type in OF_BOTH


@EVERY_CASE_FACT
@EVERY_UNIT
def test_no_recipient_reads_the_name_of_a_unit_but_the_unit_itself(contract, unit):
    case, fact = fact_of(unit, contract)
    for recipient in (*RECIPIENTS, CONSULTORIO, "asl-npi"):
        shown = disclose(fact, case, recipient)
        told = str(read(fact, shown)).lower() + agency_shown(fact, recipient)
        foreign = [word for named, word in WORDS.items() if named != recipient and word in told]
        assert foreign == [], (recipient, told)


@EVERY_CASE_FACT
@EVERY_UNIT
def test_a_unit_reads_no_member_who_is_in_the_care_of_the_other(contract, unit):
    case, fact = fact_of(OTHER[unit], contract)
    told = str(read(fact, disclose(fact, case, unit)))
    assert str(WHO[OTHER[unit]]) not in told


@EVERY_UNIT
def test_of_the_equipe_a_unit_reads_itself_and_of_the_other_that_it_is_a_health_service(unit):
    story = side_by_side()
    formed = next(fact for fact in story.facts if type(fact.event) is e.EquipeFormed)
    seats = [each["agency"] for each in read(formed, story.shown(formed, unit))["components"]]
    assert seats == [
        "asl" if seat == unit else HEALTH_SERVICE if seat in WORDS else seat
        for seat in (SERD, CONSULTORIO, "cpi", "ust")
    ]
    for recipient in ("cpi", "ust"):
        told = read(formed, story.shown(formed, recipient))["components"]
        assert [each["agency"] for each in told[:2]] == [HEALTH_SERVICE] * 2
        assert [each["name"] for each in told[:2]] == [HEALTH_SERVICE] * 2


# --- the Comuni ------------------------------------------------------------------------------------------

NEIGHBOURS = ("comune-058047", "comune-058001", "comune-058092", "comune")

PARTIES = (e.CompetenceTransferred, e.CompetenceAccepted)
"""What a Comune is told of as a party to it: here to the one that the worlds name."""


@EVERY_CASE_FACT
def test_of_what_a_comune_is_shown_no_other_comune_is_shown_anything(contract):
    story = everyone()
    fact = fact_for(story, contract, COMUNE)
    own = story.shown(fact, COMUNE)
    assert (own is not None) == (contract.cell("comune") is not None)
    assert [other for other in NEIGHBOURS if story.shown(fact, other)] == []


@EVERY_CASE_FACT
def test_a_comune_is_shown_nothing_of_the_residents_of_another_but_its_own_acts(contract):
    """A case of another Comune: what this one made itself is its own, and nothing else."""
    story = Story(referral("058047"), household(), *[fact.event for fact in everyone().facts[2:]])
    fact = fact_for(story, contract, COMUNE)
    shown = story.shown(fact, COMUNE)
    cell = contract.cell("comune")
    assert (shown is not None) == (cell is not None and cell.ground in ITS_OWN)


ITS_OWN = {"own_act", "own_operator", "own_verification", "own_puc", "transfer_party"}
"""Grounds that need no residence: what this Comune did, asked or holds itself."""
