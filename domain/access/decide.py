"""What may be recorded of a request of access to a case file (L. 241/1990 artt. 22-25; GDPR art. 15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import assert_never
from uuid import UUID

from domain.access import events as e
from domain.access.events import AccessEvent
from domain.access.state import Access
from domain.case.state import Case
from domain.contract import contract_of, occurred_on, same_statement, slot_of
from domain.fact import Recorder
from domain.refused import Refused
from domain.rules.deadlines import last_day

TIME_TO_OPPOSE = timedelta(days=10)
"""From the receipt of the notice (DPR 184/2006 art. 3 c. 2), so from its day at the least."""


def decide(
    by: Recorder, states: AccessEvent, access: Access, case_id: UUID, case: Case, known_on: date | None = None
) -> list[AccessEvent]:
    """The facts to record for an act, none where it says what is already on record. Raises Refused.

    ``known_on`` is the day on which the recorder learnt of it; None where nobody asks.
    """
    contract, day = contract_of(states), occurred_on(states)
    if by.kind not in contract.recorders:
        raise Refused("ROLE_NOT_ALLOWED", f"{by.agency} does not record this")
    if known_on is not None and day is not None and day > known_on:
        raise Refused("BAD_VALUE", f"{contract.happened}: after {known_on}, the day on which it was learnt")
    if by.kind == "servizio-sociale" and not case.assigned(by.person, by.kind):
        raise Refused("NOT_ASSIGNED", "the operator has no open assignment to this case")
    earlier = access.said.get(slot_of(states))
    if earlier is not None and same_statement(earlier, states):
        return []
    if earlier is not None:
        raise Refused("ALREADY_RECORDED", "the record of it says otherwise")
    match states:
        case e.AccessRequestReceived():
            latest = last_day("D13", states.received_on)
            if not states.received_on <= states.answer_by <= latest:
                raise Refused("BAD_VALUE", f"answer_by: from the day of the request to {latest} (30 days)")
            return [replace(states, subject_case_id=case_id)]
        case e.ThirdPartiesNotified():
            _notify(states, access, case)
        case e.ThirdPartyReplied():
            _reply(states, access)
        case e.AccessRequestAnswered():
            _answer(states, access)
        case e.CaseFileAccessed() | e.CommandRefused():
            pass  # the register writes them of itself
        case never:
            assert_never(never)
    return [states]


def _request(request_id: UUID, access: Access) -> e.AccessRequestReceived:
    if request_id not in access.requests:
        raise Refused("NOT_RECORDED", "there is no such request of access to this case")
    return access.requests[request_id][1]


def _notify(states: e.ThirdPartiesNotified, access: Access, case: Case) -> None:
    """Controinteressati (DPR 184/2006 art. 3); a member in a protection path is one to all the others."""
    request = _request(states.request_id, access)
    if not states.third_parties:
        raise Refused("BAD_VALUE", "third_parties: at least one")
    if states.notified_on < request.received_on:
        raise Refused("BAD_VALUE", "notified_on: before the request")
    if states.reply_by < states.notified_on + TIME_TO_OPPOSE:
        raise Refused("BAD_VALUE", "reply_by: ten days at the least (DPR 184/2006 art. 3 c. 2)")
    if states.request_id in access.answered:
        raise Refused("OUT_OF_ORDER", "the request was answered already")
    for party in states.third_parties:
        if party.member_id is not None and party.member_id not in case.members:
            raise Refused("UNKNOWN_MEMBER", "third_parties: a person who is not in the household on record")


def _reply(states: e.ThirdPartyReplied, access: Access) -> None:
    """One that comes late is recorded as it came: the answer need not have waited for it."""
    _request(states.request_id, access)
    notice = access.notices.get((states.request_id, states.notified_on))
    if notice is None:
        raise Refused("NOT_RECORDED", "no third party was told of the request on that day")
    told: object = notice.third_parties
    if states.line < 1 or (isinstance(told, tuple) and states.line > len(told)):
        raise Refused("BAD_VALUE", "line: the notice of that day names no such third party")
    if states.replied_on < notice.notified_on:
        raise Refused("BAD_VALUE", "replied_on: before the notice")
    if states.opposes and not (states.reasons or "").strip():
        raise Refused("BAD_VALUE", "reasons: an opposition says why (DPR 184/2006 art. 3 c. 2)")


def _answer(states: e.AccessRequestAnswered, access: Access) -> None:
    request = _request(states.request_id, access)
    if states.outcome != "granted" and not (states.reason or "").strip():
        raise Refused("BAD_VALUE", "reason: why it is not granted in full (L. 241/1990 art. 25 c. 3)")
    if states.answered_on < request.received_on:
        raise Refused("BAD_VALUE", "answered_on: before the request")
    if states.outcome in ("granted", "partial"):
        for notice in access.notices_of(states.request_id):
            if access.may_still_oppose(notice, states.answered_on):
                raise Refused("OUT_OF_ORDER", f"third parties may oppose until {notice.reply_by}")
