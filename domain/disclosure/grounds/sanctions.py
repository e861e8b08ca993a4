"""What may end in a measure: convocations, breaches, terms, and the measures themselves.

An office knows its own acts, and what follows on its own convocations and patti di servizio; of the others it
learns by the measure, if one falls on a member in its charge.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import seats
from domain.case import events as e
from domain.case import observe
from domain.case.state import Case
from domain.disclosure import measures
from domain.disclosure.rows import Test, when
from domain.fact import Fact

HOUSEHOLD_TERMS = frozenset({"D1", "D2", "D3", "D18"})
"""Terms of which INPS is told that the household let them lapse."""


def _own_convocation(fact: Fact[Any], case: Case, recipient: str) -> bool:
    """It rests on a convocation or a patto di servizio of this office."""
    event = fact.event
    match event:
        case e.PattoSignatureRefused():
            return seats.recorded_by(fact, recipient)
        case e.ConvocationDelivered() | e.AppointmentMissed():
            return _convoked_by(case, event.convocation_id, recipient)
        case e.SanctionProposalOpened():
            refs = event.infraction_refs
        case _:
            refs = (event.infraction_ref,)
    return bool(refs) and all(_own_breach(case, ref, recipient) for ref in refs)


def _convoked_by(case: Case, convocation_id: UUID, recipient: str) -> bool:
    sent = [fact for fact in case.all(e.MemberConvokedByCpi) if fact.event.convocation_id == convocation_id]
    return bool(sent) and all(seats.recorded_by(fact, recipient) for fact in sent)


def _own_breach(case: Case, ref: UUID, recipient: str) -> bool:
    """A breach that this office recorded; not one of the PaIS, which is the servizio sociale's."""
    fact = case.facts.get(ref)
    if fact is None or ref not in case.infractions or not seats.recorded_by(fact, recipient):
        return False
    return not isinstance(fact.event, e.CommitmentMissed) or observe.of_psp(case, fact.event)


def _reported(fact: Fact[e.CommitmentMissed], case: Case, recipient: str) -> bool:
    """A reporter knows its own report, not that the servizio sociale made an infraction of it."""
    return seats.is_seat(recipient, fact.event.reporter) and not fact.event.ascertained_on


def _household_term(fact: Fact[e.TermLapsed], case: Case, recipient: str) -> bool:
    event = fact.event
    ours = event.term_id in HOUSEHOLD_TERMS and event.duty_bearer in ("NUCLEO", "COMPONENTE")
    return recipient == "inps" and ours


GROUNDS: dict[str, Test] = {
    "own_act": when(lambda fact, case, r: seats.recorded_by(fact, r)),
    "own_meeting": when(
        lambda fact, case, r: seats.recorded_by(fact, r) and fact.event.seat != "SERVIZIO_SOCIALE"
    ),
    "own_convocation": when(_own_convocation),
    "own_fact": when(lambda fact, case, r: seats.is_seat(r, fact.event.reporter)),
    "own_report": when(_reported),
    "household_term": when(_household_term),
    "charge": when(measures.charge),
    "own_measure": when(measures.own_measure),
    "of_measure": when(measures.of_measure),
}
