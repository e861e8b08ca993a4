"""How a member is reached, and where she lives: of a protected one nothing, nor what leads to her.

Nor is it told that she is: a list of contacts that is hidden reads as an empty one, and what could only be
left out of hers is left out of everybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case.parts import Contact
from domain.case.state import Case
from domain.disclosure.masks.mask import NO_ENTRIES, Mask, could_be
from domain.disclosure.rows import listed, rows_where
from domain.fact import kind

KNOWS_BIRTH_DATES = frozenset({"ats", "comune", "inps", "person", "cpi", "accreditato", "ust", "asl"})


OF_A_MEASURE = frozenset({"person", "judge"})
"""Who reads the file of a measure: the proof of a convocation is shown, but of a protected member."""


def masks(event: Any, case: Case, recipient: str) -> Iterator[Mask]:
    match event:
        case e.HouseholdCompositionRecorded():
            yield from _household(event, case, kind(recipient))
        case e.ContactsUpdated():
            secret, at_hers = event.member_id in protected(case), _lives_with_her(event, case)
            yield from _contacts("contacts", event.contacts, _hers(case), secret, at_hers)
        case e.HouseholdConvoked() | e.MemberConvokedByCpi() if recipient not in OF_A_MEASURE:
            yield from (("contact_used", None), ("place", None))
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
    at_hers = any(m.member_id in secret for m in listed(event.members))
    for index, member in enumerate(listed(event.members)):
        path = f"members[{index}]"
        if actor not in KNOWS_BIRTH_DATES:
            yield f"{path}.birth_date", None
        if at_hers or actor not in OF_A_MEASURE:
            # The others live where she lives, or write it otherwise: theirs would give hers away.
            yield f"{path}.residence_address", None
        yield from _contacts(f"{path}.contacts", member.contacts, hers, member.member_id in secret, at_hers)


def _contacts(
    path: str, contacts: object, hers: frozenset[str], secret: bool, at_hers: bool
) -> Iterator[Mask]:
    """Her own contacts, those that are not safe, that are hers too, or, in her house, that lead to it."""
    found: tuple[Contact, ...] = listed(contacts)
    hidden = rows_where(
        found,
        lambda contact: (
            secret
            or contact.safe is not True
            or _plain(contact.value) in hers
            or (at_hers and contact.channel == "POSTA")
        ),
    )
    if found and len(hidden) == len(found):
        yield path, NO_ENTRIES
    else:
        yield from ((f"{path}[{index}]", None) for index in hidden)


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
