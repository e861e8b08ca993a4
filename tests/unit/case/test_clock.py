"""What time alone brings into a case, and that it brings it once."""

from dataclasses import replace
from datetime import date

from domain.case import clock
from domain.case import events as e
from domain.case.commands import Act, Law
from domain.case.decide import decide
from domain.case.state import fold
from domain.contract import decode
from tests.telling import CLOCK, INPS, PROTOCOL_IN_FORCE, SOCIAL_WORKER, Said, facts_of, id_of, said
from tests.unit.case.world import (
    ASSIGNED,
    EVALUATED,
    HELD,
    HOUSEHOLD,
    MOTHER,
    OBLIGED,
    REFERRED,
    SON,
    condition,
    day,
    new,
)

PAD = said(
    INPS,
    e.PadSigned(signed_on=day(1, 7), signatory_member_id=MOTHER.member_id, siisl_ref="SIISL-INVENTATO"),
)
AFTER_D1 = date(2025, 5, 8)
"""The day after the 120th from the PAD: 7 May 2025."""


def told(*history) -> list:
    return [event for event in history if event is not None]


def case_of(*history):
    return fold(facts_of(*told(*history)))


def kept(*history, today: date) -> list:
    """A history after the clock has run until it has nothing more to say."""
    history = told(*history)
    for _ in range(10):
        events = clock.due(case_of(*history), today)
        if not events:
            return history
        for event in events:
            decided = decide(Act(CLOCK, event), PROTOCOL_IN_FORCE, case_of(*history))
            history += [said(CLOCK, each) for each in decided]
    raise AssertionError("the clock never ends")


def of(kind: type, history: list) -> list:
    events = [each.event if isinstance(each, Said) else each for each in history]
    return [event for event in events if isinstance(event, kind)]


def results(history: list, who) -> dict[date, str]:
    """What the last evaluation for each day says of a member; those given were not decided, so are redone."""
    own = [found for found in of(e.ObligationEvaluated, history) if found.member_id == who.member_id]
    return {found.evaluated_for: found.result for found in own}


def test_a_term_that_lapsed_is_put_on_record_with_whose_duty_it_was():
    (lapsed,) = [
        event for event in clock.due(case_of(REFERRED, ASSIGNED, PAD), AFTER_D1) if event.term_id == "D1"
    ]
    assert (lapsed.due_on, lapsed.duty_bearer) == (date(2025, 5, 7), "SERVIZI")
    assert lapsed.started_by_event_id == id_of(PAD)


def test_on_its_last_day_a_term_still_runs():
    assert not any(
        isinstance(event, e.TermLapsed) and event.term_id == "D1"
        for event in clock.due(case_of(REFERRED, ASSIGNED, PAD), date(2025, 5, 7))
    )


def test_a_term_that_was_kept_is_not_called_lapsed():
    history = kept(*EVALUATED, PAD, HELD, today=AFTER_D1)
    assert not [lapsed for lapsed in of(e.TermLapsed, history) if lapsed.term_id == "D1"]


def test_running_twice_says_nothing_twice():
    once = kept(*EVALUATED, PAD, today=AFTER_D1)
    assert kept(*once, today=AFTER_D1) == once


def test_running_late_says_what_it_missed():
    daily = told(*EVALUATED, PAD)
    for today in (date(2025, 3, 9), date(2025, 4, 1), AFTER_D1):
        daily = kept(*daily, today=today)
    late = kept(*EVALUATED, PAD, today=AFTER_D1)
    assert set(of(e.TermLapsed, daily)) == set(of(e.TermLapsed, late))


def test_on_the_eighteenth_birthday_of_the_last_child_the_mother_is_no_longer_obliged():
    history = kept(*EVALUATED, today=date(2033, 11, 9))
    evaluations = [
        found for found in of(e.ObligationEvaluated, history) if found.member_id == MOTHER.member_id
    ]
    assert evaluations[-1].evaluated_for == date(2033, 11, 8)
    assert (evaluations[0].result, evaluations[-1].result) == ("obliged", "excluded")
    assert "NO_PARENTAL_RESPONSIBILITY" in evaluations[-1].reason_codes


def test_a_birthday_that_matters_is_put_on_record():
    history = kept(*EVALUATED, today=date(2033, 11, 9))
    changes = {(c.member_id, c.change_type, c.effective_on) for c in of(e.HouseholdMemberChanged, history)}
    assert (SON.member_id, "AGE_18", date(2033, 11, 8)) in changes


def test_a_child_who_comes_of_age_is_evaluated_for_the_first_time():
    history = kept(*EVALUATED, today=date(2033, 11, 9))
    assert list(results(history, SON)) == [date(2033, 11, 8)]


def test_the_end_of_a_condition_asks_for_a_new_evaluation():
    working = condition("EMPLOYED", valid_from=day(2, 1), valid_to=day(3, 31))
    history = kept(*EVALUATED, working, today=day(5, 1))
    assert results(history, MOTHER) == {
        OBLIGED.evaluated_for: "obliged",
        day(2, 1): "excluded",
        day(4, 1): "obliged",
    }


def test_a_condition_learnt_late_asks_for_the_evaluation_of_its_day_again():
    late = condition("REGULAR_STUDY", valid_from=day(1, 1))
    history = kept(*EVALUATED, late, today=day(5, 1))
    assert results(history, MOTHER) == {OBLIGED.evaluated_for: "excluded"}


def test_who_was_never_evaluated_is_not_evaluated_by_the_clock():
    due = clock.due(case_of(REFERRED, ASSIGNED, HOUSEHOLD), date(2040, 1, 1))
    assert due and not [event for event in due if isinstance(event, e.ObligationEvaluated)]


def test_the_clock_never_orders_proposes_or_reports():
    history = kept(*EVALUATED, PAD, today=date(2034, 1, 1))
    new_kinds = {type(event) for event in of(object, history)} - {type(event) for event in EVALUATED}
    assert new_kinds <= {e.PadSigned, e.TermLapsed, e.HouseholdMemberChanged, e.ObligationEvaluated}


def test_in_a_closed_case_no_time_passes():
    closed = e.CaseClosed(closed_on=day(2, 1), reason="MOVED")
    assert clock.due(case_of(*EVALUATED, PAD, said(SOCIAL_WORKER, closed)), date(2040, 1, 1)) == []


def test_a_request_of_access_that_was_not_answered_lapses_on_its_day():
    started, due_on = new("request"), day(4, 1)
    assert clock.answers_overdue([(started, due_on)], due_on) == []
    (lapsed,) = clock.answers_overdue([(started, due_on)], day(4, 2))
    assert (lapsed.term_id, lapsed.duty_bearer, lapsed.started_by_event_id) == ("D13", "SERVIZI", started)
    law = replace(PROTOCOL_IN_FORCE, unanswered={started: due_on})
    assert decide(Act(CLOCK, lapsed), law, case_of(*EVALUATED)) == [lapsed]


def test_a_birth_date_that_was_erased_has_no_birthdays():
    erased = decode(e.HouseholdCompositionRecorded, _without_birth_dates())
    assert clock.due(case_of(REFERRED, ASSIGNED, erased), date(2040, 1, 1)) == []


def _without_birth_dates() -> dict:
    from domain.contract import encode

    stated = encode(HOUSEHOLD)
    return stated | {"members": [m | {"birth_date": {"erased": True}} for m in stated["members"]]}


# --- the patron saint --------------------------------------------------------------------------------------

AT_THE_FEAST = replace(PROTOCOL_IN_FORCE, settings={"patron_saint": "05-07"})
"""The last day of D1 is the local feast: the term ends on the next one."""


def lapses_of(term_id: str, law: Law, today: date) -> list:
    found = clock.due(case_of(*EVALUATED, PAD), today, law)
    return [event for event in found if isinstance(event, e.TermLapsed) and event.term_id == term_id]


def test_a_term_that_ends_on_the_patron_saint_lapses_a_day_later_where_the_ambito_says_so():
    assert [lapse.due_on for lapse in lapses_of("D1", PROTOCOL_IN_FORCE, AFTER_D1)] == [date(2025, 5, 7)]
    assert lapses_of("D1", AT_THE_FEAST, AFTER_D1) == []
    (late,) = lapses_of("D1", AT_THE_FEAST, date(2025, 5, 9))
    assert late.due_on == date(2025, 5, 8)
    assert decide(Act(CLOCK, late), AT_THE_FEAST, case_of(*EVALUATED, PAD)) == [late]
