"""The erasure of what is personal of a member (GDPR art. 17): the fact that it was done stays."""

from __future__ import annotations

from domain.case import events as e
from domain.case.rulings import on_record
from domain.case.state import Case
from domain.refused import Refused


def erase(states: e.PersonalDataErased, case: Case) -> e.PersonalDataErased:
    """What a legal duty needs is kept, and it is said why (GDPR art. 17 c. 3 lett. b))."""
    on_record.member(states.member_id, case)
    on_record.unique("erased_event_ids", states.erased_event_ids)
    if not states.erased_event_ids:
        raise Refused("BAD_VALUE", "erased_event_ids: at least one")
    if not set(states.erased_event_ids) <= case.facts.keys():
        raise Refused("NOT_RECORDED", "erased_event_ids: not a fact of this case")
    return states
