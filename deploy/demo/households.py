"""Invented households of an invented Ambito, with the sizes and shares that INPS publishes.

DOMAIN.md section 11: 2.4 members per household; in June 2025, of about 666,000 households, 251,000 with
minors, 261,000 with disabled members, 236,000 with care loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from deploy.demo.people import ITALIAN, MIGRANT, Origin, Person, Sex, person, plain

AMBITO = "ats-demo"
RECIPIENT_COMUNE, OTHER_COMUNE, SMALL_COMUNE = "058091", "058991", "058992"
COMUNI: Mapping[str, int] = {RECIPIENT_COMUNE: 6, OTHER_COMUNE: 3, SMALL_COMUNE: 1}
"""The code of the project's examples, whose Comune has a recipient in the demo, and two that ISTAT never gave
(the province ends at 058122); with the weight of each.
"""

WITH_MINORS, WITH_DISABLED, FROM_ELSEWHERE, PROTECTED = 0.377, 0.392, 0.25, 0.05

ADULTS_IN_CHARGE = ("RICHIEDENTE", "CONIUGE", "CONVIVENTE")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an invented household."""

    id: UUID
    person: Person
    relationship: str
    email: str = ""
    safe: bool = True

    def age(self, on: date) -> int:
        born = self.person.born
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of one member: a code and yes or no, never a diagnosis."""

    member: Member
    code: str
    value: bool = True


@dataclass(frozen=True, slots=True)
class Household:
    """An invented household as it stands on the day on which it asks for the benefit."""

    id: UUID
    comune: str
    address: str
    on: date
    members: tuple[Member, ...]
    conditions: tuple[Condition, ...] = ()

    @property
    def applicant(self) -> Member:
        return self.members[0]

    @property
    def adults(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.age(self.on) >= 18)

    @property
    def minors(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.age(self.on) < 18)

    @property
    def protected(self) -> frozenset[UUID]:
        return frozenset(c.member.id for c in self.conditions if c.code == "GENDER_VIOLENCE_PATH")

    def has(self, *codes: str) -> bool:
        return any(condition.code in codes and condition.value for condition in self.conditions)

    @property
    def with_care_load(self) -> bool:
        """A child under three, three minor children, or a disabled member to care for."""
        small = any(member.age(self.on) < 3 for member in self.minors)
        return small or len(self.minors) > 2 or self.has("CARE_LOAD_DISABLED_MEMBER")

    @property
    def pupils(self) -> tuple[Member, ...]:
        """Those under the duty of schooling on that day."""
        return tuple(member for member in self.minors if 6 <= member.age(self.on) < 16)

    @property
    def bound(self) -> bool:
        """Whether the applicant is plainly obliged: a parent, without care loads or conditions of her own."""
        own = any(condition.member == self.applicant for condition in self.conditions)
        return bool(self.minors) and not self.with_care_load and not own

    def as_stated(self) -> list[dict[str, Any]]:
        """The members as ``record_household`` states them."""
        return [self._member(member) for member in self.members]

    def _member(self, member: Member) -> dict[str, Any]:
        who, since = member.person, (self.on - timedelta(days=700)).isoformat()
        contact = {"channel": "EMAIL", "value": member.email, "safe": member.safe, "verified_on": since}
        stated = {
            "member_id": str(member.id),
            "name": who.name,
            "surname": who.surname,
            "tax_code": who.tax_code,
            "birth_date": who.born.isoformat(),
            "sex": who.sex,
            "relationship": member.relationship,
            "resident_from": max(since, who.born.isoformat()),
            "residence_address": self.address,
            "contacts": [contact] if member.email else [],
            "needs_mediation": who.language != "it" and member.relationship == "RICHIEDENTE",
        }
        return stated if who.language == "it" else stated | {"language": who.language}


def household(rng: Random, on: date) -> Household:
    """A household of the Ambito, drawn with the published shares."""
    origin = rng.choice(MIGRANT) if rng.random() < FROM_ELSEWHERE else ITALIAN
    with_minors = rng.random() < WITH_MINORS
    members = [_new(rng, origin, _applicant_age(rng, with_minors), on, "RICHIEDENTE")]
    members += _family(rng, origin, members[0], on) if with_minors else _others(rng, origin, members[0], on)
    found = Household(
        id=new_id(rng),
        comune=rng.choices(tuple(COMUNI), tuple(COMUNI.values()))[0],
        address=f"{rng.choice(STREETS)}, {rng.randrange(1, 120)}",
        on=on,
        members=tuple(_with_contact(rng, member, on) for member in members),
    )
    return replace(found, conditions=_conditions(rng, found))


def new_id(rng: Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)


def newborn(rng: Random, found: Household, on: date) -> Member:
    """A child of the applicant, some days old."""
    parent = found.applicant.person
    origin = next(each for each in (ITALIAN, *MIGRANT) if each.language == parent.language)
    child = person(rng, origin, 0, on, surname=parent.surname)
    return Member(new_id(rng), replace(child, born=on - timedelta(days=rng.randrange(5, 20))), "FIGLIO")


STREETS = ("Via Inventata", "Via della Fantasia", "Piazza che non c'è", "Largo dei Mai Nati")


def _new(
    rng: Random,
    origin: Origin,
    age: int,
    on: date,
    relationship: str,
    surname: str = "",
    sex: Sex | None = None,
) -> Member:
    return Member(new_id(rng), person(rng, origin, age, on, sex, surname), relationship)


def _with_contact(rng: Random, member: Member, on: date) -> Member:
    if member.age(on) < 15:
        return member
    name, surname = plain(member.person.name).lower(), plain(member.person.surname).lower()
    return replace(member, email=f"{name}.{surname}{rng.randrange(10, 100)}@example.org")


def _applicant_age(rng: Random, with_minors: bool) -> int:
    if with_minors:
        return rng.randrange(27, 52)
    return rng.randrange(24, 60) if rng.random() < 0.5 else rng.randrange(60, 84)


def _family(rng: Random, origin: Origin, applicant: Member, on: date) -> list[Member]:
    """The rest of a household with minors: often a partner, one to four children, at times a grandparent."""
    surname = applicant.person.surname
    rest = [_partner(rng, origin, applicant, on)] if rng.random() < 0.62 else []
    minors = rng.choices((1, 2, 3, 4), (48, 35, 13, 4))[0]
    oldest = min(17, applicant.age(on) - 20)
    ages = sorted((rng.randrange(0, oldest + 1) for _ in range(minors)), reverse=True)
    if rng.random() < 0.12 and applicant.age(on) > 40:
        rest.append(_new(rng, origin, rng.randrange(18, 21), on, "FIGLIO", surname))
    rest += [_new(rng, origin, age, on, "FIGLIO", surname) for age in ages]
    if rng.random() < 0.06:
        rest.append(_new(rng, origin, applicant.age(on) + rng.randrange(33, 38), on, "GENITORE", surname))
    return rest


def _others(rng: Random, origin: Origin, applicant: Member, on: date) -> list[Member]:
    """The rest of a household without minors: nobody, a partner, grown-up children, an old parent."""
    rest = []
    if rng.random() < 0.33:
        rest.append(_partner(rng, origin, applicant, on))
    if applicant.age(on) > 45 and rng.random() < 0.35:
        age = rng.randrange(18, min(40, applicant.age(on) - 22))
        rest.append(_new(rng, origin, age, on, "FIGLIO", applicant.person.surname))
    if applicant.age(on) < 60 and rng.random() < 0.2:
        age = max(60, applicant.age(on) + rng.randrange(22, 32))
        rest.append(_new(rng, origin, age, on, "GENITORE", applicant.person.surname))
    return rest


def _partner(rng: Random, origin: Origin, applicant: Member, on: date) -> Member:
    age = max(21, applicant.age(on) + rng.randrange(-6, 7))
    sex: Sex = "M" if applicant.person.sex == "F" else "F"
    return _new(rng, origin, age, on, rng.choice(("CONIUGE", "CONIUGE", "CONVIVENTE")), sex=sex)


def _conditions(rng: Random, found: Household) -> tuple[Condition, ...]:
    """What is true of the members: disability and its carer, work, study, protection."""
    conditions = _disability(rng, found) if rng.random() < WITH_DISABLED else []
    for member in found.adults:
        taken = any(condition.member == member for condition in conditions)
        if not taken and (code := _occupation(rng, member, found.on)):
            conditions.append(Condition(member, code))
    if found.minors and rng.random() < 0.5:
        conditions += [Condition(each, "CAREGIVER", False) for each in found.adults[1:2]]
    if found.applicant.person.sex == "F" and rng.random() < PROTECTED:
        conditions.append(Condition(found.applicant, "GENDER_VIOLENCE_PATH"))
    return tuple(conditions)


def _disability(rng: Random, found: Household) -> list[Condition]:
    """A member with a disability; in a larger household another adult mostly carries the care."""
    disabled = rng.choice(found.members)
    conditions = [Condition(disabled, "DISABILITY_L68")]
    carers = [adult for adult in found.adults if adult != disabled and adult.relationship in ADULTS_IN_CHARGE]
    if carers and rng.random() < 0.9:
        conditions.append(Condition(rng.choice(carers), "CARE_LOAD_DISABLED_MEMBER"))
    elif found.members[1:] and disabled != found.applicant:
        conditions.append(Condition(found.applicant, "CARE_LOAD_DISABLED_MEMBER"))
    return conditions


def _occupation(rng: Random, member: Member, on: date) -> str:
    age = member.age(on)
    if member.relationship == "FIGLIO" and age < 25:
        return "REGULAR_STUDY" if rng.random() < 0.6 else ""
    if age >= 60:
        return "DIRECT_PENSION" if rng.random() < 0.4 else ""
    return rng.choices(("", "EMPLOYED", "ONCOLOGICAL"), (80, 17, 3))[0]
