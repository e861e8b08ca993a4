"""The Tavolo di coordinamento: convoked, held, its minutes approved and sent."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import get_args
from uuid import UUID, uuid5

import pytest

from domain.contract import contract_of
from domain.fact import KINDS
from domain.protocol.events import (
    ProtocolSigned,
    ReferentAppointed,
    ReferentReplaced,
    Signatory,
    WithdrawalReceived,
)
from domain.protocol.state import Protocol
from domain.protocol.state import fold as fold_protocol
from domain.refused import Refused
from domain.table.decide import decide
from domain.table.events import (
    Decision,
    Delegate,
    Head,
    MinutesApproved,
    MinutesSent,
    TableConvoked,
    TableEvent,
    TableMeetingHeld,
)
from domain.table.state import fold
from tests.telling import AMBITO, facts_of, operator

BODIES = ("ats", "cpi", "ust")


def new(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


SIGNED = ProtocolSigned(
    protocol_id=new("protocol"),
    signatories=tuple(
        Signatory(agency=agency, represented_by="chi la rappresenta", signed_on=date(2024, 12, 16))
        for agency in BODIES
    ),
    effective_on=date(2025, 1, 1),
    document_ref="protocollo/1",
    on_withdrawal="SIGNATORY_LEAVES",
)
REFERENTS = tuple(
    ReferentAppointed(
        protocol_id=SIGNED.protocol_id,
        agency=agency,
        person_id=new(f"referent/{agency}"),
        name="Noè",
        surname="Fittizio",
        contact=f"{agency}@example.org",
        from_on=date(2025, 1, 1),
    )
    for agency in BODIES
)
WITHDRAWN = WithdrawalReceived(
    protocol_id=SIGNED.protocol_id,
    agency="ust",
    document_ref="disdetta/1",
    received_on=date(2025, 3, 1),
    effective_on=date(2025, 4, 10),
)
REPLACED = ReferentReplaced(
    protocol_id=SIGNED.protocol_id,
    agency="cpi",
    former_person_id=new("referent/cpi"),
    person_id=new("successor"),
    name="Zoè",
    surname="Fittizia",
    contact="zoe@example.org",
    from_on=date(2025, 3, 1),
)
DELEGATES = tuple(Delegate(agency=agency, person_id=new(f"referent/{agency}")) for agency in BODIES)
CONVOKED = TableConvoked(
    meeting_id=new("meeting"),
    meeting_at=datetime(2025, 4, 9, 8, 0, tzinfo=UTC),
    seat="Sala consiliare",
    invitees=DELEGATES,
    topics=("gradini della decurtazione",),
)
HELD = TableMeetingHeld(
    meeting_id=CONVOKED.meeting_id,
    held_on=date(2025, 4, 9),
    present=DELEGATES[:2],
    secretary=DELEGATES[0].person_id,
    topics=CONVOKED.topics,
    decisions=(Decision(text="si provano per un anno", owner="ats", due_on=date(2026, 4, 9)),),
)
APPROVED = MinutesApproved(
    meeting_id=CONVOKED.meeting_id, minutes_ref="verbale/7", approved_on=date(2025, 5, 7)
)
SENT = MinutesSent(
    meeting_id=CONVOKED.meeting_id,
    minutes_ref="verbale/7",
    recipients=tuple(Head(agency=agency) for agency in BODIES),
    sent_on=date(2025, 5, 8),
)
LIFE = (CONVOKED, HELD, APPROVED, SENT)


def protocol(*more) -> Protocol:
    return fold_protocol(facts_of(SIGNED, *REFERENTS, *more))


def deciding(states, *told, by=AMBITO, under=None):
    return decide(by, states, fold(facts_of(*told)), under or protocol())


def refusal(states, *told, **how) -> str:
    with pytest.raises(Refused) as refused:
        deciding(states, *told, **how)
    return refused.value.rule


def test_the_tavolo_is_convoked_held_and_its_minutes_go_out():
    for number, states in enumerate(LIFE):
        assert deciding(states, *LIFE[:number]) == [states]
        assert deciding(states, *LIFE[: number + 1]) == []
    assert fold(facts_of(*LIFE)).approved_minutes == {"verbale/7"}
    assert not fold(facts_of(CONVOKED, HELD)).approved_minutes


@pytest.mark.parametrize("states", LIFE, ids=lambda states: type(states).__name__)
def test_only_the_ambito_records_it(states):
    for kind in set(KINDS) - contract_of(states).recorders:
        assert refusal(states, by=operator(kind)) == "ROLE_NOT_ALLOWED"


def test_every_kind_of_fact_occurs_here():
    assert {type(event) for event in LIFE} == set(get_args(TableEvent))


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (0, {"seat": "altrove"}),
        (1, {"topics": ()}),
        (2, {"minutes_ref": "verbale/8"}),
        (3, {"sent_on": date(2025, 5, 9)}),
    ],
)
def test_what_is_on_record_is_not_said_otherwise(number, change):
    assert refusal(replace(LIFE[number], **change), *LIFE[: number + 1]) == "ALREADY_RECORDED"


# --- convoked --------------------------------------------------------------------------------------------


def test_without_a_protocol_there_is_no_tavolo():
    assert refusal(CONVOKED, under=Protocol()) == "NOT_RECORDED"


def test_there_is_something_to_speak_of():
    assert refusal(replace(CONVOKED, topics=())) == "BAD_VALUE"


@pytest.mark.parametrize(
    "invitees",
    [
        DELEGATES[:2],
        (*DELEGATES[:2], Delegate(agency="ust", person_id=new("nobody"))),
        (*DELEGATES[:2], Delegate(agency="cpi", person_id=new("referent/ust"))),
    ],
    ids=["a body left out", "not its referent", "for another body"],
)
def test_a_referent_of_each_body_in_force_is_invited(invitees):
    assert refusal(replace(CONVOKED, invitees=invitees)) == "REFERENT_NOT_INVITED"


@pytest.mark.parametrize(
    ("hour", "left"),
    [(datetime(2025, 4, 9, 21, tzinfo=UTC), False), (datetime(2025, 4, 9, 22, tzinfo=UTC), True)],
)
def test_who_has_left_on_the_italian_day_of_the_meeting_need_not_be(hour, left):
    states = replace(CONVOKED, meeting_at=hour, invitees=DELEGATES[:2])
    if left:
        assert deciding(states, under=protocol(WITHDRAWN)) == [states]
    else:
        assert refusal(states, under=protocol(WITHDRAWN)) == "REFERENT_NOT_INVITED"


def test_the_referent_who_took_the_place_is_invited():
    assert refusal(CONVOKED, under=protocol(REPLACED)) == "REFERENT_NOT_INVITED"
    successor = Delegate(agency="cpi", person_id=REPLACED.person_id)
    states = replace(CONVOKED, invitees=(DELEGATES[0], successor, DELEGATES[2]))
    assert deciding(states, under=protocol(REPLACED)) == [states]


# --- held ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"meeting_id": new("another")}, "OUT_OF_ORDER"),
        ({"held_on": date(2025, 4, 8)}, "BAD_VALUE"),
        ({"present": ()}, "BAD_VALUE"),
        ({"present": DELEGATES[:1] * 2}, "BAD_VALUE"),
        ({"secretary": DELEGATES[2].person_id}, "SECRETARY_NOT_PRESENT"),
        ({"decisions": (replace(HELD.decisions[0], text=" "),)}, "BAD_VALUE"),
    ],
    ids=["not convoked", "before its day", "nobody", "somebody twice", "an absent secretary", "no text"],
)
def test_a_meeting_is_held_by_who_was_there(change, rule):
    assert refusal(replace(HELD, **change), CONVOKED) == rule


def test_a_meeting_may_be_put_off():
    later = replace(HELD, held_on=date(2025, 4, 10))
    assert deciding(later, CONVOKED) == [later]


# --- minutes ---------------------------------------------------------------------------------------------


def test_minutes_are_of_a_meeting_that_was_held():
    assert refusal(APPROVED, CONVOKED) == "OUT_OF_ORDER"
    assert refusal(replace(APPROVED, approved_on=date(2025, 4, 8)), CONVOKED, HELD) == "BAD_VALUE"
    at_once = replace(APPROVED, approved_on=HELD.held_on)
    assert deciding(at_once, CONVOKED, HELD) == [at_once]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"meeting_id": new("another")}, "OUT_OF_ORDER"),
        ({"minutes_ref": "verbale/8"}, "OUT_OF_ORDER"),
        ({"sent_on": date(2025, 5, 6)}, "BAD_VALUE"),
        ({"recipients": SENT.recipients[:2]}, "BAD_VALUE"),
    ],
    ids=["another meeting", "other minutes", "before they were approved", "a head left out"],
)
def test_approved_minutes_go_to_the_head_of_each_body(change, rule):
    assert refusal(replace(SENT, **change), CONVOKED, HELD, APPROVED) == rule


def test_minutes_that_were_not_approved_are_not_sent():
    assert refusal(SENT, CONVOKED, HELD) == "OUT_OF_ORDER"


def test_who_has_left_gets_no_minutes():
    two = replace(SENT, recipients=SENT.recipients[:2])
    assert deciding(two, CONVOKED, HELD, APPROVED, under=protocol(WITHDRAWN)) == [two]
