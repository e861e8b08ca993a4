"""The decisions on sanctions as they are listed: which, and how each step that goes with them stands."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.case import events as e
from domain.case.state import fold
from domain.contract import occurred_on
from domain.fact import Fact
from domain.replay import Replay
from domain.rules.deadlines import last_day
from projections.decisions import Row, Step, rows_of
from tests.telling import SOCIAL_WORKER, facts_of, given, id_of
from tests.unit.case.world import (
    ANNULLED,
    ASKED,
    HUSBAND,
    MISSED,
    NOTICE,
    OBLIGED,
    SIGNED,
    asked,
    day,
    decurtazione,
    inps_report,
    new,
    voided,
)
from tests.unit.case.world import proposal as stated

pytestmark = pytest.mark.unit

AGAIN = replace(MISSED, missed_on=day(5, 12), ascertained_on=day(5, 13))
PROPOSED_ON = day(4, 30)
IN_TIME = last_day("D5", day(4, 15))


def proposal(infraction: Any = MISSED) -> e.SanctionProposalOpened:
    """As the rules decide it."""
    both = (*SIGNED, infraction, asked(infraction))
    found: e.SanctionProposalOpened = (
        given(*both).when(SOCIAL_WORKER, stated(infraction)).tells(proposed_measure="DECURTAZIONE")
    )
    return found


def measure(**more: Any) -> e.DecurtazioneOrdered:
    rules = {"rule_set_id": "PROTOCOLLO-ADI", "finding": "NONE", "evidence_event_ids": (id_of(OBLIGED),)}
    return decurtazione(**{"proposal_id": new("proposal")} | rules | more)


def rows(*told: Any) -> list[Row]:
    """What each was told of is known on its own day, a proposal on PROPOSED_ON; all come out again."""
    facts = [replace(fact, known_on=occurred_on(fact.event) or PROPOSED_ON) for fact in facts_of(*told)]
    return rows_of(fold(facts), again)


def again(fact: Fact[Any]) -> Replay:
    return Replay(fact, (), sources_erased=False)


def only(kind: str, *told: Any) -> Row:
    (row,) = [row for row in rows(*told) if row.kind == kind]
    return row


def test_a_case_in_which_nothing_was_proposed_has_no_decisions_to_look_at() -> None:
    assert rows(*ASKED) == []


def test_listed_are_proposals_measures_and_the_evaluations_that_they_rest_on() -> None:
    other = replace(OBLIGED, member_id=HUSBAND.member_id)
    found = rows(*ASKED, other, proposal(), measure())
    assert [(row.kind, row.measure, row.decided_on) for row in found] == [
        ("EVALUATION", None, occurred_on(OBLIGED)),
        ("PROPOSAL", "DECURTAZIONE", PROPOSED_ON),
        ("MEASURE", "DECURTAZIONE", day(6, 3)),
    ]
    assert found[0].fact.event_id == id_of(OBLIGED)
    assert [row.decision_id for row in found] == [None, new("proposal"), new("measure")]


def test_the_rule_sets_that_say_otherwise_are_named() -> None:
    assert only("PROPOSAL", *ASKED, proposal()).conflicts_with == ["ADI-2023"]


def test_a_measure_that_was_annulled_stays_and_one_that_was_voided_goes() -> None:
    assert only("MEASURE", *ASKED, measure(), ANNULLED).annulled
    assert not only("MEASURE", *ASKED, measure()).annulled
    assert rows(*ASKED, measure(), voided(measure())) == []


# --- the steps ---------------------------------------------------------------------------------------------


def test_the_report_is_due_ten_days_from_when_the_infraction_was_known() -> None:
    assert only("PROPOSAL", *ASKED, proposal()).report == Step(IN_TIME)
    sent = inps_report()
    for kind, told in (("PROPOSAL", (proposal(), sent)), ("MEASURE", (sent, measure()))):
        assert only(kind, *ASKED, *told).report == Step(IN_TIME, day(4, 18))


def test_of_two_infractions_the_one_furthest_from_its_report_counts() -> None:
    refs = (id_of(MISSED), id_of(AGAIN))
    both = replace(proposal(), infraction_refs=refs)
    told = (*ASKED, AGAIN, asked(AGAIN))
    later = last_day("D5", day(5, 12))
    assert only("PROPOSAL", *told, both, inps_report()).report == Step(later)
    late = inps_report(AGAIN, report_id=new("second"), reported_on=later + timedelta(days=3))
    assert only("PROPOSAL", *told, both, inps_report(), late).report == Step(later, later + timedelta(days=3))


def test_the_notice_is_due_before_the_measure_and_not_while_there_is_none() -> None:
    assert only("PROPOSAL", *ASKED, proposal(), NOTICE).notice == Step()
    told = (*ASKED, proposal(), NOTICE, measure())
    for kind in ("PROPOSAL", "MEASURE"):
        assert only(kind, *told).notice == Step(day(6, 3), day(5, 2))
    assert only("MEASURE", *ASKED, proposal(), measure()).notice == Step(day(6, 3))


def test_a_notice_may_name_the_report_instead_of_the_proposal() -> None:
    by_report = replace(NOTICE, proposal_id=None, report_id=new("report"))
    assert only("MEASURE", *ASKED, inps_report(), by_report, measure()).notice == Step(day(6, 3), day(5, 2))
    other = replace(by_report, report_id=new("another"))
    assert only("MEASURE", *ASKED, inps_report(), other, measure()).notice == Step(day(6, 3))


def test_the_reason_is_asked_for_every_infraction_before_the_decision() -> None:
    assert only("PROPOSAL", *ASKED, proposal()).reason == Step(PROPOSED_ON, day(4, 17))
    assert only("MEASURE", *SIGNED, MISSED, measure()).reason == Step(day(6, 3))
    refs = (id_of(MISSED), id_of(AGAIN))
    assert only("MEASURE", *ASKED, AGAIN, measure(infraction_refs=refs)).reason == Step(day(6, 3))
    late = replace(asked(AGAIN), asked_on=day(6, 4), respond_by=day(6, 14))
    assert only("MEASURE", *ASKED, AGAIN, late, measure(infraction_refs=refs)).reason == Step(
        day(6, 3), day(6, 4)
    )


def test_a_measure_without_an_infraction_on_record_has_nothing_to_ask_or_to_report() -> None:
    row = only("MEASURE", *ASKED, measure(infraction_refs=(), proposal_id=None))
    assert (row.reason, row.report, row.notice) == (Step(), Step(), Step(day(6, 3)))


def test_a_measure_that_names_no_infraction_has_those_of_its_proposal() -> None:
    row = only("MEASURE", *ASKED, proposal(), measure(infraction_refs=()))
    assert (row.reason, row.report) == (Step(day(6, 3), day(4, 17)), Step(IN_TIME))
