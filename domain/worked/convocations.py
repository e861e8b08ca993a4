"""The convocations of a worked sanction: sent, delivered or not, and the appointment kept or missed."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import UUID

from domain.case import events as e
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules.facts import Convocation
from domain.worked.household import PARENT
from domain.worked.life import CPI, Life, new

MORNING, NOON, AFTERNOON = 7, 9, 13
"""Hours (UTC) of the sending, the recapito and the appointment: each can be of the same Italian day."""

Purpose = Literal["FIRST_APPOINTMENT", "OTHER"]


def convoke(life: Life, by: Recorder, purpose: Purpose, sent_on: date, appointment_on: date) -> UUID:
    """The id of a convocation of the parent by an office."""
    convocation_id = new(f"convocation/{appointment_on}")
    of_cpi = e.MemberConvokedByCpi(
        convocation_id=convocation_id,
        member_id=PARENT,
        appointment_at=_at(appointment_on, AFTERNOON),
        place="Piazza che non c'è, 1",
        channel="SIISL",
        contact_used="SIISL",
        text_ref="convocazione/1",
        text_hash="0" * 64,
        language="it",
        sent_at=_at(sent_on, MORNING),
        warning_text_version="1",
    )
    of_household = e.HouseholdConvoked(
        convocation_id=convocation_id,
        member_ids=(PARENT,),
        appointment_at=of_cpi.appointment_at,
        place=of_cpi.place,
        channel="SIISL",
        contact_used=(),
        text_ref=of_cpi.text_ref,
        text_hash=of_cpi.text_hash,
        language="it",
        sent_at=of_cpi.sent_at,
        purpose=purpose,
        warning_text_version="1",
    )
    life.tell(by, of_cpi if by is CPI else of_household, sent_on)
    return convocation_id


def appoint(life: Life, by: Recorder, purpose: Purpose, told: Convocation) -> UUID | None:
    """A convocation as the example has it; the absence that it leads to, None where the register refuses
    one because the parent came.

    What nobody sent is told as sent to nobody: without a recapito, either proves nothing.
    """
    sent_on = told.sent_on or told.delivered_on or told.appointment_on - timedelta(days=1)
    convocation_id = convoke(life, by, purpose, min(sent_on, told.appointment_on), told.appointment_on)
    if told.delivered_on is not None:
        _deliver(life, by, convocation_id, told.delivered_on)
    if told.attended:
        _hold(life, by, convocation_id, told.appointment_on)
    missed = e.AppointmentMissed(
        convocation_id=convocation_id,
        member_id=PARENT,
        missed_on=told.appointment_on,
        ascertained_by=new(f"operator/{by.agency}"),
        ascertained_on=told.appointment_on,
    )
    try:
        return life.tell(by, missed, told.appointment_on)
    except Refused as refused:
        if told.attended and refused.rule == "OUT_OF_ORDER":
            return None
        raise


def _deliver(life: Life, by: Recorder, convocation_id: UUID, day: date) -> None:
    delivered = e.ConvocationDelivered(
        convocation_id=convocation_id, member_id=PARENT, delivered_at=_at(day, NOON), proof_ref="ricevuta/1"
    )
    life.tell(by, delivered, day)


def _hold(life: Life, by: Recorder, convocation_id: UUID, day: date) -> None:
    held = e.AppointmentHeld(
        appointment_id=new(f"appointment/{day}"),
        convocation_id=convocation_id,
        held_on=day,
        kind="CONVOCATO",
        seat="CPI" if by is CPI else "SERVIZIO_SOCIALE",
        attendees=(PARENT,),
    )
    life.tell(by, held, day)


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
