"""How a member is reached, and where she lives: of a protected one nothing, nor what leads to her."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case.parts import Contact
from domain.case.state import Case
from domain.disclosure.masks.mask import Mask, could_be
from domain.disclosure.rows import listed
from domain.fact import kind

KNOWS_BIRTH_DATES = frozenset({"ats", "comune", "inps", "person", "cpi", "accreditato", "ust", "asl"})


def masks(event: Any, case: Case, recipient: str) -> Iterator[Mask]:
    match event:
        case e.HouseholdCompositionRecorded():
            yield from _household(event, case, kind(recipient))
        case e.ContactsUpdated():
            if event.member_id in protected(case):
                yield "contacts", None
            at_hers = _lives_with_her(event, case)
            yield from _contacts("contacts", event.contacts, _hers(case), at_hers)
        case e.HouseholdConvoked() if set(event.member_ids) & protected(case):
            yield from (("contact_used", None), ("place", None))
        case e.MemberConvokedByCpi():
            yield from _convocation(event, case)
        case _:
            return


def protected(case: Case) -> frozenset[UUID]:
    """Members in a protection path at any time; also who might be, where an erasure left it unreadable."""
    said = [fact.event for fact in case.all(e.MemberConditionRecorded)]
    return frozenset(
        c.member_id
        for c in said
        if could_be(c.condition_code, "GENDER_VIOLENCE_PATH") and c.value is not False
    )


def _household(event: e.HouseholdCompositionRecorded, case: Case, actor: str) -> Iterator[Mask]:
    secret, hers = protected(case), _hers(case)
    hidden = any(m.member_id in secret for m in listed(event.members))
    for index, member in enumerate(listed(event.members)):
        path = f"members[{index}]"
        if actor not in KNOWS_BIRTH_DATES:
            yield f"{path}.birth_date", None
        if member.member_id in secret:
            yield f"{path}.contacts", None
        if hidden:
            # The others live where she lives, or write it otherwise: theirs would give hers away.
            yield f"{path}.residence_address", None
        yield from _contacts(f"{path}.contacts", member.contacts, hers, hidden)


def _contacts(path: str, contacts: object, hers: frozenset[str], at_hers: bool) -> Iterator[Mask]:
    """Contacts that are not safe, that are hers too, or, in her house, that lead to it."""
    for index, contact in enumerate(listed(contacts)):
        shared = _plain(contact.value) in hers or (at_hers and contact.channel == "POSTA")
        if contact.safe is not True or shared:
            yield f"{path}[{index}]", None


def _convocation(event: e.MemberConvokedByCpi, case: Case) -> Iterator[Mask]:
    if event.member_id in protected(case):
        yield from (("contact_used", None), ("place", None))
    post = event.channel == "POSTA" and _lives_with_her(event, case)
    if post or _plain(event.contact_used) in _hers(case) | _unsafe(case):
        yield "contact_used", None


def _lives_with_her(event: e.ContactsUpdated | e.MemberConvokedByCpi, case: Case) -> bool:
    """Whether a protected member is, or was, of one household with whom a fact speaks of."""
    homes = [
        {member.member_id for member in listed(fact.event.members)}
        for fact in case.all(e.HouseholdCompositionRecorded)
    ]
    return any(event.member_id in home and home & protected(case) for home in homes)


def _hers(case: Case) -> frozenset[str]:
    """The contacts of protected members, as far as they are on record, however they are written."""
    secret = protected(case)
    return frozenset(_plain(contact.value) for member_id, contact in _recorded(case) if member_id in secret)


def _unsafe(case: Case) -> frozenset[str]:
    return frozenset(_plain(contact.value) for _, contact in _recorded(case) if contact.safe is not True)


def _recorded(case: Case) -> Iterator[tuple[UUID, Contact]]:
    for composition in case.all(e.HouseholdCompositionRecorded):
        for member in listed(composition.event.members):
            yield from ((member.member_id, contact) for contact in listed(member.contacts))
    for update in case.all(e.ContactsUpdated):
        yield from ((update.event.member_id, contact) for contact in listed(update.event.contacts))


def _plain(value: object) -> str:
    return "".join(letter for letter in str(value).casefold() if letter.isalnum())
