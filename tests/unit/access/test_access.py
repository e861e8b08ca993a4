"""The access log: a request to read a case file, who is told of it, how it is answered."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args
from uuid import UUID

import pytest

from domain.access.decide import decide
from domain.access.events import (
    AccessEvent,
    AccessRequestAnswered,
    AccessRequestReceived,
    CaseFileAccessed,
    CommandRefused,
    ThirdPartiesNotified,
    ThirdParty,
    ThirdPartyReplied,
)
from domain.access.state import fold
from domain.case.state import fold as fold_case
from domain.contract import ERASED, contract_of, occurred_on
from domain.fact import KINDS
from domain.refused import Refused
from tests.telling import AMBITO, CASE, CLOCK, COLLEAGUE, SOCIAL_WORKER, facts_of, id_of, operator, said
from tests.unit.case.world import HUSBAND, OPENED, STRANGER, day, new

RECEIVED = AccessRequestReceived(
    request_id=new("access request"),
    subject_case_id=CASE,
    requester="l'avvocata della signora",
    requester_kind="LAWYER",
    object="il provvedimento e i suoi atti",
    received_on=day(7, 16),
    answer_by=date(2025, 8, 16),
)
TOLD = ThirdPartiesNotified(
    request_id=RECEIVED.request_id,
    third_parties=(ThirdParty(member_id=HUSBAND.member_id, name="José Inventata"),),
    notified_on=day(7, 20),
    reply_by=day(7, 30),
)
REPLIED = ThirdPartyReplied(
    request_id=RECEIVED.request_id,
    notified_on=TOLD.notified_on,
    line=1,
    opposes=True,
    reasons="vi sono dati suoi",
    replied_on=day(7, 25),
)
ANSWERED = AccessRequestAnswered(request_id=RECEIVED.request_id, outcome="granted", answered_on=day(8, 10))
READ = CaseFileAccessed(
    accessor=SOCIAL_WORKER.person,
    agency="servizio-sociale",
    purpose="TAKING_CHARGE",
    subject_case_id=CASE,
    as_of=datetime(2025, 7, 16, tzinfo=UTC),
    events_shown=(),
    accessed_at=datetime(2025, 7, 16, tzinfo=UTC),
)
REFUSED = CommandRefused(
    actor=SOCIAL_WORKER.person,
    command="open_sanction_proposal",
    rule="NO_LEGAL_BASIS",
    refused_at=datetime(2025, 7, 16, tzinfo=UTC),
)
EVERY = (RECEIVED, TOLD, REPLIED, ANSWERED, READ, REFUSED)
REQUESTS = (RECEIVED, TOLD, REPLIED, ANSWERED)


def history(*told):
    return facts_of(*(said(AMBITO, event) for event in told))


def deciding(states, *told, by=SOCIAL_WORKER, known_on=None):
    return decide(by, states, fold(history(*told)), CASE, fold_case(facts_of(*OPENED)), known_on)


def refusal(states, *told, by=SOCIAL_WORKER, known_on=None) -> str:
    with pytest.raises(Refused) as refused:
        deciding(states, *told, by=by, known_on=known_on)
    return refused.value.rule


def before(states):
    """What a fact of a request follows."""
    if states is RECEIVED:
        return ()
    return (RECEIVED, TOLD) if states is REPLIED else (RECEIVED,)


def test_every_kind_of_fact_occurs_here():
    assert {type(event) for event in EVERY} == set(get_args(AccessEvent))


@pytest.mark.parametrize("states", EVERY, ids=lambda states: type(states).__name__)
def test_an_agency_records_only_what_is_its_own(states):
    for kind in set(KINDS) - contract_of(states).recorders:
        assert refusal(states, RECEIVED, by=operator(kind)) == "ROLE_NOT_ALLOWED"


@pytest.mark.parametrize("states", REQUESTS, ids=lambda states: type(states).__name__)
def test_what_has_not_happened_is_not_recorded(states):
    day_of_it = occurred_on(states)
    assert deciding(states, *before(states), known_on=day_of_it) == [states]
    assert refusal(states, *before(states), known_on=day_of_it - timedelta(days=1)) == "BAD_VALUE"


@pytest.mark.parametrize("states", REQUESTS, ids=lambda states: type(states).__name__)
def test_an_operator_of_the_servizio_sociale_is_assigned_to_the_case(states):
    assert refusal(states, *before(states), by=COLLEAGUE) == "NOT_ASSIGNED"
    assert deciding(states, *before(states), by=SOCIAL_WORKER) == [states]
    assert deciding(states, *before(states), by=AMBITO) == [states]


@pytest.mark.parametrize("states", [READ, REFUSED], ids=lambda states: type(states).__name__)
def test_the_register_writes_of_itself_who_read_and_what_was_refused(states):
    assert deciding(states, by=CLOCK) == [states]


@pytest.mark.parametrize(
    "other",
    [
        replace(RECEIVED, object="altro"),
        replace(TOLD, reply_by=day(7, 31)),
        replace(REPLIED, opposes=False),
        replace(ANSWERED, outcome="denied", reason="riservato"),
    ],
    ids=lambda states: type(states).__name__,
)
def test_what_is_on_record_is_not_said_otherwise(other):
    same = next(states for states in REQUESTS if type(states) is type(other))
    assert deciding(same, *before(same), same) == []
    assert refusal(other, *before(same), same) == "ALREADY_RECORDED"


# --- the request -----------------------------------------------------------------------------------------


def test_a_request_is_of_the_case_it_was_made_to():
    stated = replace(RECEIVED, subject_case_id=None)
    assert deciding(stated) == [RECEIVED]


@pytest.mark.parametrize(
    ("answer_by", "sound"),
    [
        (day(7, 15), False),
        (day(7, 16), True),
        (date(2025, 8, 16), True),
        (date(2025, 8, 17), False),
    ],
    ids=["before", "at once", "in 30 days, the 15th of August closed", "later"],
)
def test_a_request_is_answered_within_30_days(answer_by, sound):
    states = replace(RECEIVED, answer_by=answer_by)
    if sound:
        assert deciding(states) == [states]
    else:
        assert refusal(states) == "BAD_VALUE"


# --- third parties ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"request_id": new("another")}, "NOT_RECORDED"),
        ({"third_parties": ()}, "BAD_VALUE"),
        ({"notified_on": day(7, 15)}, "BAD_VALUE"),
        ({"reply_by": day(7, 29)}, "BAD_VALUE"),
        ({"third_parties": (ThirdParty(member_id=STRANGER, name="Nessuno"),)}, "UNKNOWN_MEMBER"),
    ],
    ids=["no request", "nobody", "before the request", "nine days", "a stranger as a member"],
)
def test_third_parties_are_told_of_a_request_and_given_time(change, rule):
    assert refusal(replace(TOLD, **change), RECEIVED) == rule


def test_a_third_party_may_be_nobody_of_the_household():
    other = replace(TOLD, third_parties=(ThirdParty(name="Il vicino"),))
    assert deciding(other, RECEIVED) == [other]


def test_nobody_is_told_of_a_request_that_was_answered():
    assert refusal(replace(TOLD, notified_on=day(8, 11), reply_by=day(8, 21)), RECEIVED, ANSWERED) == (
        "OUT_OF_ORDER"
    )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"request_id": new("another")}, "NOT_RECORDED"),
        ({"notified_on": day(7, 21)}, "NOT_RECORDED"),
        ({"line": 0}, "BAD_VALUE"),
        ({"line": 2}, "BAD_VALUE"),
        ({"replied_on": day(7, 19)}, "BAD_VALUE"),
        ({"reasons": " "}, "BAD_VALUE"),
        ({"reasons": None}, "BAD_VALUE"),
    ],
    ids=[
        "no request",
        "no notice",
        "line 0",
        "line 2 of 1",
        "before the notice",
        "no reasons",
        "none at all",
    ],
)
def test_a_third_party_replies_to_its_notice_and_opposes_with_reasons(change, rule):
    assert refusal(replace(REPLIED, **change), RECEIVED, TOLD) == rule


def test_a_third_party_who_agrees_need_not_say_why_and_a_late_reply_is_recorded_as_it_came():
    for reply in (replace(REPLIED, opposes=False, reasons=None), replace(REPLIED, replied_on=day(8, 5))):
        assert deciding(reply, RECEIVED, TOLD) == [reply]


def test_an_erased_third_party_is_waited_for_no_more():
    gone = replace(TOLD, third_parties=ERASED)
    early = replace(ANSWERED, answered_on=day(7, 21))
    assert deciding(early, RECEIVED, gone) == [early]
    assert deciding(REPLIED, RECEIVED, gone) == [REPLIED]


# --- the answer ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["partial", "denied", "deferred"])
def test_what_is_not_granted_in_full_has_a_reason(outcome):
    for reason in (None, " "):
        assert refusal(replace(ANSWERED, outcome=outcome, reason=reason), RECEIVED) == "BAD_VALUE"
    because = replace(ANSWERED, outcome=outcome, reason="terzi da proteggere")
    assert deciding(because, RECEIVED) == [because]


def test_an_answer_follows_its_request():
    assert refusal(ANSWERED) == "NOT_RECORDED"
    assert refusal(replace(ANSWERED, answered_on=day(7, 15)), RECEIVED) == "BAD_VALUE"


@pytest.mark.parametrize("outcome", ["granted", "partial"])
def test_access_is_not_granted_while_a_third_party_may_oppose(outcome):
    early = replace(ANSWERED, outcome=outcome, reason="omissis", answered_on=day(7, 30))
    assert refusal(early, RECEIVED, TOLD) == "OUT_OF_ORDER"
    for told in ((TOLD, REPLIED), ()):
        assert deciding(early, RECEIVED, *told) == [early]
    after = replace(early, answered_on=day(7, 31))
    assert deciding(after, RECEIVED, TOLD) == [after]
    two = replace(TOLD, third_parties=(*TOLD.third_parties, ThirdParty(name="Il vicino")))
    assert refusal(early, RECEIVED, two, REPLIED) == "OUT_OF_ORDER"


def test_access_is_denied_or_deferred_whenever_it_is():
    for outcome in ("denied", "deferred"):
        at_once = replace(ANSWERED, outcome=outcome, reason="riservato", answered_on=day(7, 21))
        assert deciding(at_once, RECEIVED, TOLD) == [at_once]


@pytest.mark.parametrize(
    ("answered_on", "today", "state"),
    [
        (None, date(2025, 8, 16), "RUNNING"),
        (None, date(2025, 8, 17), "LAPSED"),
        (date(2025, 8, 16), date(2025, 9, 1), "KEPT"),
        (date(2025, 8, 17), date(2025, 9, 1), "KEPT_LATE"),
    ],
)
def test_the_term_of_a_request_runs_is_kept_or_lapses(answered_on, today, state):
    answers = (replace(ANSWERED, answered_on=answered_on),) if answered_on else ()
    assert fold(history(RECEIVED, *answers)).state(RECEIVED.request_id, today) == state


@pytest.mark.parametrize(
    ("answered_on", "overdue"), [(None, True), (date(2025, 8, 16), False), (date(2025, 8, 17), True)]
)
def test_a_request_is_overdue_until_it_is_answered_in_time(answered_on, overdue):
    answers = (replace(ANSWERED, answered_on=answered_on),) if answered_on else ()
    found: dict[UUID, date] = fold(history(RECEIVED, *answers)).overdue()
    assert found == ({id_of(RECEIVED): RECEIVED.answer_by} if overdue else {})
