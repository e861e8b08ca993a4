"""The extract of a case for who is invited to the équipe: what its seat may read of it, never the scheda.

It is made of the facts on record before the convocation, under the masks of that moment, so that the log
gives the same extract, and the same SHA-256, for ever: ``attachment_hash`` of EquipeConvoked binds those
of all invitees. Who reads it later reads it under the masks of that day, less what was withdrawn or erased
since: where that is less than what was bound, its hash is another one, and the answer says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case.events import CaseEvent
from domain.case.parts import Invitee
from domain.case.state import Case, corrected, fold
from domain.contract import Json, contract_of, cut, encode, leaves, occurred_on
from domain.disclosure import Shown, agency_shown, readable
from domain.disclosure.rows import listed
from domain.disclosure.unnamed import Unnamed, in_charge
from domain.fact import Fact, kind, seat
from domain.seats import is_seat

Extract = dict[str, Json]

ASSIGNED = "assigned"
"""The ground of the servizio sociale, which is no recipient: an open assignment to the case."""

SITTING = (
    e.CaseManagerAssigned,
    e.PreliminaryAnalysisCompleted,
    e.EquipeFormed,
    e.EquipeChanged,
    e.EquipeMet,
    e.AnalysisFrameworkCompleted,
    e.PattoDrafted,
    e.PattoSigned,
    e.PattoRevised,
    e.MonitoringReviewHeld,
    e.SupportActivated,
    e.SupportEnded,
)
"""What a sitting needs (protocol artt. 5, 6). Who the household is, each seat knows where it has a title."""


def bound(event: CaseEvent, facts: Sequence[Fact[Any]]) -> CaseEvent:
    """A convocation of the équipe with the one hash that binds every extract; any other event as it is."""
    if not isinstance(event, e.EquipeConvoked):
        return event
    return replace(event, attachment_hash=binding(event.invitees, facts))


def binding(invitees: Iterable[Invitee], facts: Sequence[Fact[Any]]) -> str:
    """SHA-256 over the sorted lines ``person_id extract_hash`` of the invitees, each ended by a newline."""
    case = fold(facts)
    lines = sorted(f"{each.person_id} {digest(extract(facts, case, each))}\n" for each in invitees)
    return sha256("".join(lines).encode()).hexdigest()


def extract(facts: Sequence[Fact[Any]], case: Case, invitee: Invitee) -> Extract:
    """What the seat of an invitee may read of these facts for a sitting.

    ``case`` is the one whose masks hold: these facts folded when it is bound, that of today when it is read.
    """
    return _told(_made(facts, invitee, _shown(facts, case, invitee)), facts, case, invitee)


def as_read(facts: Sequence[Fact[Any]], convocation_id: UUID, invitee: Invitee) -> Extract:
    """The extract as its reader may have it now: masks of today, nothing withdrawn or voided since."""
    before = before_invited(facts, convocation_id, invitee.person_id)
    today = fold(facts)
    now = _shown(facts, today, invitee)
    then = _shown(before, today, invitee)
    kept = {
        event_id: shown
        for event_id, shown in then.items()
        if event_id in now and shown.paths <= now[event_id].paths
    }
    return _told(_made(before, invitee, kept), facts, today, invitee)


def without(made: Extract, unnamed: Unnamed) -> Extract:
    """An extract as somebody reads it to whom the operators of an anti-violence service are not named."""
    facts = [fact for fact in made["facts"] if UUID(fact["event_id"]) not in unnamed.events]
    return made | {"facts": [fact | {"data": unnamed.without(fact["data"])} for fact in facts]}


def holds(facts: Sequence[Fact[Any]], convocation_id: UUID) -> bool:
    """Whether the log still gives all the extracts that a convocation bound.

    An erasure changes what the log can show of then: nothing is bound any more where it touched any extract.
    """
    at = _place(facts, convocation_id)
    convoked = facts[at].event
    return bool(convoked.attachment_hash == binding(convoked.invitees, facts[:at]))


def is_of_then(facts: Sequence[Fact[Any]], convocation_id: UUID, invitee: Invitee, read: Extract) -> bool:
    """Whether what was read is what the convocation bound; never for who was invited by a correction."""
    at = _place(facts, convocation_id)
    before, convoked = facts[:at], facts[at].event
    return invitee in listed(convoked.invitees) and digest(read) == digest(
        extract(before, fold(before), invitee)
    )


def digest(made: Extract) -> str:
    """SHA-256 of the canonical JSON: keys sorted, no spaces, UTF-8."""
    text = json.dumps(made, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


# --- convocations ------------------------------------------------------------------------------------------


def standing(facts: Iterable[Fact[Any]], convocation_id: UUID) -> e.EquipeConvoked | None:
    """A convocation as these facts correct it; None where it is voided, or was not made yet."""
    found = (fact.event for fact in corrected(facts) if fact.event_id == convocation_id)
    return next((event for event in found if isinstance(event, e.EquipeConvoked)), None)


def speaks_of(fact: Fact[Any]) -> UUID:
    """The fact that this one is, or corrects."""
    return fact.event.corrects_event_id if isinstance(fact.event, e.EventCorrected) else fact.event_id


def before_invited(facts: Sequence[Fact[Any]], convocation_id: UUID, person_id: UUID) -> Sequence[Fact[Any]]:
    """The facts before the convocation, or the correction of it, that first named a person."""
    for at, fact in enumerate(facts):
        if speaks_of(fact) == convocation_id:
            now = standing(facts[: at + 1], convocation_id)
            if now and any(each.person_id == person_id for each in listed(now.invitees)):
                return facts[:at]
    raise LookupError("never invited")


def _place(facts: Sequence[Fact[Any]], event_id: UUID) -> int:
    return next(at for at, fact in enumerate(facts) if fact.event_id == event_id)


# --- what is shown -----------------------------------------------------------------------------------------


def recipient_of(invitee: Invitee) -> str:
    """As whom an invitee is shown facts: its agency where the units share, else its unit; "" once erased."""
    agency: object = invitee.agency
    if not isinstance(agency, str):
        return ""
    return agency if is_seat(agency, agency, invitee.unit) else seat(agency, invitee.unit)


def _shown(facts: Sequence[Fact[Any]], case: Case, invitee: Invitee) -> Mapping[UUID, Shown]:
    recipient = recipient_of(invitee)
    if recipient == "servizio-sociale":
        # The operators assigned to the case read all of it, the rest of the office nothing (DOMAIN 9).
        mine = fold(facts).assigned(invitee.person_id, "servizio-sociale")
        return {fact.event_id: _whole(fact) for fact in corrected(facts)} if mine else {}
    return readable(facts, recipient, case)


def _whole(fact: Fact[Any]) -> Shown:
    paths = (leaf.path for leaf in leaves(type(fact.event), encode(fact.event)))
    return Shown("F", ASSIGNED, frozenset(paths))


def _told(made: Extract, facts: Sequence[Fact[Any]], case: Case, invitee: Invitee) -> Extract:
    """The case manager alone is told of the operators of an anti-violence service; ``facts`` are all."""
    if recipient_of(invitee) != "servizio-sociale" or in_charge(case, invitee.person_id):
        return made  # the masks of the other seats have hidden them already
    return without(made, Unnamed(tuple(facts)))


def _made(facts: Sequence[Fact[Any]], invitee: Invitee, shown: Mapping[UUID, Shown]) -> Extract:
    return {
        "case_id": str(facts[0].case_id),
        "case_version": facts[-1].version,
        "profile": kind(recipient_of(invitee)),
        "salt": _salt(facts, invitee),
        "facts": [
            _item(fact, shown[fact.event_id], recipient_of(invitee))
            for fact in corrected(facts)
            if isinstance(fact.event, SITTING) and fact.event_id in shown and shown[fact.event_id].paths
        ],
    }


def _item(fact: Fact[Any], shown: Shown, recipient: str) -> Json:
    day = occurred_on(fact.event)
    return {
        "event_id": str(fact.event_id),
        "version": fact.version,
        "type": contract_of(fact.event).stored_name,
        "title": contract_of(fact.event).title,
        "occurred_on": day.isoformat() if day else None,
        "agency": fact.recorder.agency if shown.ground == ASSIGNED else agency_shown(fact, recipient),
        "data": cut(encode(fact.event), shown.paths, shown.replaced),
    }


def _salt(facts: Sequence[Fact[Any]], invitee: Invitee) -> str:
    """From the ids of the commands, which no other seat is ever shown.

    Without it one seat could find, by trying, what another may read: the bound hash goes to all of them.
    """
    said = "".join(f"{fact.command_id}\n" for fact in facts)
    return sha256(f"{invitee.person_id}\n{said}".encode()).hexdigest()
