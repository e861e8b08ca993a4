"""What a reader sees of a case: the servizio sociale all of it, others what is disclosed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from api.caller import Invisible, refuse
from api.in_full import View
from api.policy import Decision, Tie, allowed
from api.readings import NOW, Past
from api.services import Services
from api.who import Who
from domain.case.rulings.charge import linked
from domain.case.state import Case, corrected, fold
from domain.contract import Json, contract_of, cut, encode, instant, occurred_on
from domain.disclosure import Had, Shown, agency_shown, as_sent, grounds, may_receive, readable, recall
from domain.disclosure.unnamed import in_charge
from domain.fact import Fact, kind
from domain.ledger.access_logs import access_to
from domain.ledger.disclosed import Disclosed
from domain.ledger.reading import take_in_hand
from domain.ledger.store import Unknown
from domain.ledger.warm import Stream
from domain.message import Message, last_words
from domain.reconstruct import as_corrected, as_known
from domain.rules.calendar import legal_day

PAGE = 500
"""Messages read at a time."""


def tie(services: Services, who: Who, case_id: UUID) -> Tie:
    """What ties someone to a case."""
    try:
        return _tie(services, who, case_id, services.log.case(case_id))
    except Unknown:
        return Tie(exists=False)


def see(services: Services, operation: str, who: Who, case_id: UUID) -> None:
    """Raises Invisible where there is no case to be seen, Refused where it may be seen but not so.

    What is read from here on is read of this case.
    """
    try:
        case = services.log.case(case_id)
    except Unknown:
        raise Invisible(case_id) from None
    judge(services, operation, who, case_id, case)


def judge(services: Services, operation: str, who: Who, case_id: UUID, case: Case) -> None:
    """Raises the same for a case that was read already."""
    decision = allowed(operation, who, _tie(services, who, case_id, case))
    if decision is Decision.INVISIBLE:
        raise Invisible(case_id)
    refuse(decision)
    take_in_hand(case_id, access_to(case_id))


def case_of_measure(services: Services, operation: str, who: Who, measure_id: UUID) -> UUID:
    """The case of a measure, as :func:`see` has it. Raises Invisible of one case, or of none."""
    hidden = None
    for case_id in services.log.measures.cases_of(measure_id):
        try:
            see(services, operation, who, case_id)
        except Invisible:
            hidden = case_id
            continue
        return case_id
    raise Invisible(hidden)


def _tie(services: Services, who: Who, case_id: UUID, case: Case) -> Tie:
    outside = who.kind not in ("servizio-sociale", "ats", "inps", "system")
    purposes = case.assigned_for(who.person, who.kind)
    return Tie(
        exists=True,
        assigned=bool(purposes),
        disclosed=outside and _disclosed(services, who, case_id, case),
        for_purpose=bool(purposes & {who.purpose, "TAKING_CHARGE"}),
        taken=is_taken(case),
    )


def is_taken(case: Case) -> bool:
    """Whether somebody of the servizio sociale has the case."""
    return any(kind(each.agency) == "servizio-sociale" for each in case.assignments.values())


def _disclosed(services: Services, who: Who, case_id: UUID, case: Case) -> bool:
    """Whether the seat was shown something of the case, or is linked to it before anything was.

    Who left the protocol is linked to nothing: it keeps what it was shown. Who only receives no more acts on,
    and reads nothing of what it is not sent.
    """
    recipient = who.reads_as(services.recipients)
    tied = bool(grounds(case, recipient)) or linked(case, who.seat)
    if tied and may_receive(services.log.protocol(), recipient, legal_day(services.clock())):
        return True
    return bool(last_words(_messages(services.disclosed, recipient, case_id)))


def manages(case: Case, who: Who) -> bool:
    """Whether somebody is the case manager, who alone is told of an anti-violence service."""
    return who.kind == "servizio-sociale" and in_charge(case, who.person)


def view_of(stream: Stream, who: Who) -> View:
    """What somebody of its servizio sociale may read of a case that she may see."""
    return stream.once(_view, manages(stream.case, who))


def _view(stream: Stream, in_charge: bool) -> View:
    return View.of(stream.facts, in_charge)


def names_operator(services: Services, who: Who, case_id: UUID, operator: UUID) -> bool:
    """Whether somebody may be told that an operator is of a case that she sees."""
    return view_of(services.log.stream(case_id), who).names_operator(operator)


# --- what is shown ---------------------------------------------------------------------------------------


def shown_to_reader(services: Services, who: Who, case_id: UUID, past: Past = NOW) -> list[dict[str, Json]]:
    """What someone outside the servizio sociale may read of a case, by version, in a reading of its past.

    The Ambito reads what it is entitled to, the others what of that they were sent. Whatever the instant,
    the masks are those of today.
    """
    facts = services.reading.facts(case_id)
    known = as_known(facts, past.known_at) if past.known_at else facts
    recipient = "ats" if who.kind == "ats" else who.reads_as(services.recipients)
    shown = readable(known, recipient, fold(facts))
    if who.kind != "ats":
        shown = _as_sent(shown, _sent(services, recipient, case_id, facts))
    items = (_cut(fact, given, recipient) for fact in corrected(known) if (given := shown.get(fact.event_id)))
    if past.corrected_on is None:
        return list(items)
    held = {str(fact.event_id) for fact in as_corrected(known, past.corrected_on)}
    return [item for item in items if item["event_id"] in held]


def _cut(fact: Fact[Any], given: Shown, recipient: str) -> dict[str, Json]:
    data = cut(encode(fact.event), given.paths, given.replaced)
    return item(fact, data, agency_shown(fact, recipient), given.ground)


def _sent(services: Services, recipient: str, case_id: UUID, facts: Iterable[Fact[Any]]) -> Had:
    """What of each fact a recipient was sent last, and was not taken back."""
    by_id = {fact.event_id: fact for fact in facts}
    had: Had = {}
    for who, event_id, said, paths in services.shown.shown(case_id):
        if who == recipient and event_id in by_id:
            recall(had, by_id[event_id], said, paths)
    return had


def _as_sent(shown: Mapping[UUID, Shown], had: Had) -> dict[UUID, Shown]:
    """A fact that was sent once may have gained what its reader was not sent: who left receives no more."""
    return {event_id: as_sent(given, had[event_id]) for event_id, given in shown.items() if event_id in had}


def item(fact: Fact[Any], data: Json, agency: str, ground: str) -> dict[str, Json]:
    """A fact as a list of facts shows it."""
    day = occurred_on(fact.event)
    return {
        "event_id": str(fact.event_id),
        "version": fact.version,
        "type": contract_of(fact.event).stored_name,
        "title": contract_of(fact.event).title,
        "occurred_on": day.isoformat() if day else None,
        "recorded_at": instant(fact.recorded_at) if fact.recorded_at else None,
        "agency": agency,
        "ground": ground,
        "data": data,
    }


def _messages(disclosed: Disclosed, recipient: str, case_id: UUID) -> Iterator[Message]:
    after = 0
    while batch := disclosed.messages(recipient, after, PAGE, case_id=case_id):
        yield from batch
        after = batch[-1].seq
