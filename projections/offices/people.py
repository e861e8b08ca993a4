"""Who is who in a case, as far as the office was told: household, contacts, pupils asked about."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from domain.case import events as e
from projections.offices.held import Held, Told, Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact that may be used: of one that is not safe the office was told nothing."""

    channel: str | None = None
    value: str | None = None
    verified_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Representative:
    """Who acts for the member: tutore, curatore or amministratore di sostegno."""

    kind: str
    act_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of the household. What the office may not know, and what was erased, is left out."""

    member_id: UUID
    name: str | None = None
    surname: str | None = None
    tax_code: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    relationship: str | None = None
    resident_from: date | None = None
    residence_address: str | None = None
    language: str | None = None
    needs_mediation: bool | None = None
    legal_representative: Representative | None = None
    contacts: tuple[Contact, ...] = ()


def of_case(held: Held) -> dict[UUID, Person]:
    """Everybody on record, by member: as last recorded, with the contacts that were last updated."""
    found: dict[UUID, Person] = {}
    for fact in held.all(e.SchoolVerificationRequested):
        for row in fact.rows("minors"):
            if member_id := row.id("minor_member_id"):
                found[member_id] = _person(member_id, row)
    for fact in held.all(e.HouseholdCompositionRecorded):
        for row in fact.rows("members"):
            if member_id := row.id("member_id"):
                found[member_id] = _person(member_id, row)
    for member_id, fact in _last_contacts(held).items():
        known = found.get(member_id, Person(member_id=member_id))
        mediation = fact.yes("needs_mediation")
        found[member_id] = replace(
            known,
            contacts=_contacts(fact),
            language=fact.text("language") or known.language,
            needs_mediation=known.needs_mediation if mediation is None else mediation,
        )
    return found


def _person(member_id: UUID, row: Values) -> Person:
    return Person(
        member_id=member_id,
        name=row.text("name"),
        surname=row.text("surname"),
        tax_code=row.text("tax_code"),
        birth_date=row.day("birth_date"),
        sex=row.text("sex"),
        relationship=row.text("relationship"),
        resident_from=row.day("resident_from"),
        residence_address=row.text("residence_address"),
        language=row.text("language"),
        needs_mediation=row.yes("needs_mediation"),
        legal_representative=_represented(row.inner("legal_representative")),
        contacts=_contacts(row),
    )


def _represented(by: Values) -> Representative | None:
    return Representative(kind=kind, act_ref=by.text("act_ref")) if (kind := by.text("kind")) else None


def _contacts(row: Values) -> tuple[Contact, ...]:
    found = (
        Contact(channel=each.text("channel"), value=each.text("value"), verified_on=each.day("verified_on"))
        for each in row.rows("contacts")
    )
    return tuple(contact for contact in found if contact.value)


def _last_contacts(held: Held) -> dict[UUID, Told]:
    """The last update of each member's contacts; a late record of earlier ones changes nothing."""
    found: dict[UUID, Told] = {}
    for fact in held.all(e.ContactsUpdated):
        member_id = fact.id("member_id")
        known = found.get(member_id) if member_id else None
        if member_id and (known is None or _updated_on(known) <= _updated_on(fact)):
            found[member_id] = fact
    return found


def _updated_on(fact: Told) -> date:
    return fact.day("updated_on") or date.min


def folded(text: str | None) -> str | None:
    """A name as it is searched: ``D'Àmico`` and ``d amico`` are one."""
    if text is None:
        return None
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(letters.split())
