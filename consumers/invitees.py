"""Whom a convocation of the équipe writes to, and whom a correction of it writes to again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal
from uuid import UUID, uuid5

from domain.case.events import EquipeConvoked, EventCorrected
from domain.case.parts import Invitee
from domain.case.state import fold
from domain.disclosure.rows import listed
from domain.extract import before_invited, digest, extract, speaks_of, standing
from domain.fact import Fact, seat
from domain.ledger.outbox import Letter

Seat = tuple[UUID, str]
"""A person in the seat whose mailbox is written to."""


def letters(facts: Sequence[Fact[Any]], domain: str) -> Iterator[Letter]:
    """What the last of these facts of a case gives cause to write; ``domain`` ends the message ids.

    Everyone invited gets the sitting as it now stands, whoever is invited no longer its end.
    """
    convocation_id = speaks_of(facts[-1])
    was, now = standing(facts[:-1], convocation_id), standing(facts, convocation_id)
    invited, before = _seats(now), _seats(was)
    for who in before.keys() - invited.keys():
        yield _letter(facts, who, "CANCEL", None, domain)
    for who, invitee in invited.items():
        known = before_invited(facts, convocation_id, invitee.person_id)
        yield _letter(facts, who, "REQUEST", digest(extract(known, fold(known), invitee)), domain)


def sitting(facts: Sequence[Fact[Any]]) -> EquipeConvoked:
    """The convocation that the last of these facts is, or corrects; as it last stood, where it is voided."""
    convocation_id = speaks_of(facts[-1])
    for end in range(len(facts), 0, -1):
        if found := standing(facts[:end], convocation_id):
            return found
    raise LookupError("no convocation")


def _seats(convoked: EquipeConvoked | None) -> dict[Seat, Invitee]:
    invitees = listed(convoked.invitees) if convoked else ()
    return {(each.person_id, _seat(each)): each for each in invitees}


def _seat(invitee: Invitee) -> str:
    agency: object = invitee.agency
    return seat(agency, invitee.unit) if isinstance(agency, str) else ""  # erased: no mailbox


def _letter(
    facts: Sequence[Fact[Any]],
    who: Seat,
    kind: Literal["REQUEST", "CANCEL"],
    extract_sha256: str | None,
    domain: str,
) -> Letter:
    cause, (person_id, code) = facts[-1], who
    return Letter(
        message_id=f"<{uuid5(cause.event_id, f'{person_id}/{code}')}@{domain}>",
        kind=kind,
        session_id=sitting(facts).session_id,
        stream_id=cause.case_id,
        position=cause.position,
        event_id=cause.event_id,
        person_id=person_id,
        seat=code,
        sequence=_corrections(facts),
        extract_sha256=extract_sha256,
    )


def _corrections(facts: Sequence[Fact[Any]]) -> int:
    """How often the convocation was corrected so far: SEQUENCE of RFC 5546."""
    target = speaks_of(facts[-1])
    return sum(isinstance(f.event, EventCorrected) and f.event.corrects_event_id == target for f in facts)
