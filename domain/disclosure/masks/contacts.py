"""How a member is reached, and where she lives: of a protected one nothing, nor what leads to her.

Nor is it told that she is: a list of contacts that is hidden reads as an empty one, and what could only be
left out of hers is left out of everybody's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from domain.case import events as e
from domain.case import observe
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
            secret, at_hers = event.member_id in protected(case), _at_hers([event.member_id], case)
            yield from _contacts("contacts", event.contacts, _hers(case), secret, at_hers)
        case e.HouseholdConvoked() | e.MemberConvokedByCpi() if recipient not in OF_A_MEASURE:
            yield from (("contact_used", None), ("place", None))
        case e.HouseholdConvoked() | e.MemberConvokedByCpi():
            yield from _convocation(event, case)
        case e.PadSigned() if recipient in OF_A_MEASURE:
            yield from _pad(event, case)
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


def _convocation(event: e.HouseholdConvoked | e.MemberConvokedByCpi, case: Case) -> Iterator[Mask]:
    """Of hers nothing, nor the hash of a letter that names the place; of who lives with her neither the post
    nor a place that is her house; of anybody no contact that is hers too, or not safe.
    """
    convoked = observe.convoked(event)
    secret, at_hers = bool(set(convoked) & protected(case)), _at_hers(convoked, case)
    not_told = _hers(case) | _unsafe(case)
    if secret or any(house in _plain(event.place) for house in _houses(case)):
        yield from (("place", None), ("text_hash", None))
    if secret or (at_hers and event.channel == "POSTA"):
        yield "contact_used", None
    elif isinstance(event, e.MemberConvokedByCpi):
        if _plain(event.contact_used) in not_told:
            yield "contact_used", None
    else:
        hidden = rows_where(
            event.contact_used,
            lambda used: (at_hers and used.channel == "POSTA") or _plain(used.value) in not_told,
        )
        yield from ((f"contact_used[{index}]", None) for index in hidden)


def _pad(event: e.PadSigned, case: Case) -> Iterator[Mask]:
    """INPS told them; who reads the file of a measure is told them nowhere else either."""
    secret, not_told = event.signatory_member_id in protected(case), _hers(case) | _unsafe(case)
    for name in ("contact_email", "contact_phone"):
        if secret or _plain(getattr(event, name)) in not_told:
            yield name, None


def _at_hers(members: Collection[UUID], case: Case) -> bool:
    """Whether a protected member is, or was, of one household with one of them."""
    homes = [
        {member.member_id for member in listed(fact.event.members)}
        for fact in case.all(e.HouseholdCompositionRecorded)
    ]
    return any(home & set(members) and home & protected(case) for home in homes)


def _hers(case: Case) -> frozenset[str]:
    """The contacts of protected members, as far as they are on record, however they are written."""
    secret = protected(case)
    said = [(member_id, contact.value) for member_id, contact in _recorded(case)] + list(_in_pads(case))
    return frozenset(_plain(value) for member_id, value in said if value and member_id in secret)


def _houses(case: Case) -> frozenset[str]:
    secret = protected(case)
    members = (m for fact in case.all(e.HouseholdCompositionRecorded) for m in listed(fact.event.members))
    return frozenset(_plain(m.residence_address) for m in members if m.member_id in secret) - {""}


def _unsafe(case: Case) -> frozenset[str]:
    return frozenset(_plain(contact.value) for _, contact in _recorded(case) if contact.safe is not True)


def _recorded(case: Case) -> Iterator[tuple[UUID, Contact]]:
    for composition in case.all(e.HouseholdCompositionRecorded):
        for member in listed(composition.event.members):
            yield from ((member.member_id, contact) for contact in listed(member.contacts))
    for update in case.all(e.ContactsUpdated):
        yield from ((update.event.member_id, contact) for contact in listed(update.event.contacts))


def _in_pads(case: Case) -> Iterator[tuple[UUID, object]]:
    for pad in case.all(e.PadSigned):
        yield from (
            (pad.event.signatory_member_id, value)
            for value in (pad.event.contact_email, pad.event.contact_phone)
        )


def _plain(value: object) -> str:
    """As contacts are compared: of a number its end alone, so that it is the same with its prefix."""
    letters = "".join(letter for letter in str(value).casefold() if letter.isalnum())
    return letters[-NATIONAL:] if letters.isdigit() else letters


NATIONAL = 8
"""Figures of a number that tell it apart. Two that agree in them are hidden both: better than neither."""
