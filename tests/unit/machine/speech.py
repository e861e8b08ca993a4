"""What somebody might state: any value that the contract allows, with the ids that are on record or new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from domain.case.commands import Law
from domain.case.parts import AgencyCode, Istat, Month
from domain.case.state import Case
from domain.contract import contract_of
from domain.fact import Fact
from domain.rules.calendar import age
from tests.unit.machine.people import EVERYBODY, OFFICES, PERSONS, RESIDENCE, VALUES

T = TypeVar("T")

OF_OPERATORS = frozenset(
    [
        "person_id",
        "ascertained_by",
        "decided_by",
        "operator_id",
        "confirmed_by",
        "witnessed_by",
        "issued_by",
        "case_manager_id",
        "second_person_id",
        "substitute_person_id",
        "replaces_person_id",
        "present",
        "absent",
        "removed",
    ]
)
OF_FACTS = frozenset(
    [
        "transfer_event_id",
        "started_by_event_id",
        "cause_event_ref",
        "subject_event_id",
        "from_event_id",
        "corrects_event_id",
        "erased_event_ids",
    ]
)
OF_INFRACTIONS = frozenset(("infraction_ref", "infraction_refs"))
SAME_AS = {
    "team_ref": "team_id",
    "depends_on_support_id": "support_id",
    "commitment_id": "id",
    "supersedes_report_id": "report_id",
}
CODES = [
    "JOB_OFFER_REFUSED",
    "COMMUNICATION_BREACH",
    "DSU_NOT_UPDATED",
    "UNDECLARED_WORK_FOUND",
    "FALSE_DECLARATION",
    "FINAL_CONVICTION",
    "UPDATE_90D_MISSED",
    "CONVOCATION_MISSED",
    "MINOR_SCHOOLING_NOT_DOCUMENTED",
    "UNHEARD_OF",
    "PAIS_COMMITMENT_BREACH",
    "ADULT_EDUCATION_18_29_MISSED",
    "PATTO_NOT_SIGNED",
    "ACTIVE_MEASURE_MISSED",
]
TEXTS: dict[str, Sequence[str]] = {
    "code": CODES,
    "reason": ("motivo scritto", " "),
    "months_fraction": ("1/4", "1", "2"),
    "amount": ("120.50",),
    "relationship": ("FIGLIO", "CONIUGE", "ALTRO"),
    "value": VALUES,
    "contact_used": VALUES,
    "act_ref": ("atto/1", "atto/2", " "),
    "siisl_ref": ("SIISL-1", "SIISL-2"),
    "report_ref": ("scuola/1", "scuola/2"),
    "period": ("2025-03", "2025-04", "2025-05"),
    "catalogue_code": ("PROT8.a", "PROT8.h", "147-7.c"),
    "destination_id": ("cpi", "cpi-2", "accreditato"),
    "check": ("PA-05", "PA-06", "PA-10", "PA-12"),
}
TEXT = ("un testo", "un altro testo", "")
AGENCIES = sorted({office.agency for office in OFFICES} | {"asl-serd", "ets-altro", "cpi-2"})


@dataclass
class Speaker:
    """One who chooses what to say of a case, by chance; ``seen`` are the ids on record by their field."""

    rng: Random
    today: date
    law: Law
    case: Case
    seen: Mapping[str, list[UUID]] = field(default_factory=dict)

    def chance(self, of: float) -> bool:
        return self.rng.random() < of

    def pick(self, among: Sequence[T]) -> T:
        return self.rng.choice(among)

    def new(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def on_record(self, name: str) -> UUID:
        """An id that the case knows by this name, the last ones first; else a new one."""
        known = self.seen.get(SAME_AS.get(name, name), [])
        return self.pick(known[-6:]) if known else self.new()

    def last(self, kind: type[T]) -> T | None:
        """One of the last facts of a kind."""
        found: list[Fact[Any]] = self.case.all(kind)  # type: ignore[type-var]
        return self.pick(found[-4:]).event if found else None

    def fact(self) -> UUID:
        return self.pick([*self.case.facts]) if self.case.facts else self.new()

    def infraction(self) -> UUID:
        return self.pick([*self.case.infractions][-6:]) if self.case.infractions else self.fact()

    # --- days ---------------------------------------------------------------------------------------------

    def day(self, back: int = 45) -> date:
        """Today, or a day before it: late facts are normal."""
        return self.today if self.chance(0.6) else self.today - timedelta(days=self.rng.randrange(back))

    def later(self, day: date, most: int = 30) -> date:
        return day + timedelta(days=self.rng.randrange(1, most))

    def hour(self, day: date) -> datetime:
        return datetime.combine(day, time(self.rng.randrange(6, 24)), tzinfo=UTC)

    def month(self) -> str:
        return f"{self.day():%Y-%m}"

    # --- people -------------------------------------------------------------------------------------------

    def member(self, day: date | None = None) -> UUID:
        here = sorted(self.case.members_on(day or self.today))
        return self.pick(here) if here else self.pick(EVERYBODY)

    def adult(self) -> UUID:
        return self._aged(lambda years: years >= 18)

    def minor(self) -> UUID:
        return self._aged(lambda years: years < 18)

    def obliged(self, result: str = "obliged") -> UUID:
        """A member whom the record has obliged; else any adult."""
        found = [m for m in sorted(self.case.members) if self._stands(m) == result]
        return self.pick(found) if found else self.adult()

    def _stands(self, member_id: UUID) -> str | None:
        held = self.case.evaluation_on(member_id, self.today)
        return held.event.result if held else None

    def _aged(self, fits: Any) -> UUID:
        here = self.case.members_on(self.today).items()
        found = sorted(key for key, member in here if fits(age(member.birth_date, self.today)))
        return self.pick(found) if found else self.pick(EVERYBODY)

    # --- anything -----------------------------------------------------------------------------------------

    def any(self, hint: Any, name: str) -> Any:
        """Any value of a type, with an eye on what the field is called."""
        origin, arguments = get_origin(hint), get_args(hint)
        if hint in (AgencyCode, Istat, Month):
            return self._code(hint)
        if origin is Annotated:
            return self.any(arguments[0], name)
        if origin in (Union, UnionType):
            inner = next(each for each in arguments if each is not NoneType)
            return None if self.chance(0.4) else self.any(inner, name)
        if origin is Literal:
            return self.pick(arguments)
        if origin is tuple:
            return tuple(self.any(arguments[0], name) for _ in range(self.rng.randrange(3)))
        if is_dataclass(hint):
            return self.fill(hint, {})  # type: ignore[arg-type]
        return self._plain(hint, name)

    def fill(self, cls: type[T], stated: Mapping[str, Any]) -> T:
        """An event or a part of one: what is stated, and any value for the rest."""
        missing = {name: hint for name, hint in _hints(cls).items() if name not in stated}
        return cls(**{name: self.any(hint, name) for name, hint in missing.items()}, **stated)

    def _code(self, hint: Any) -> str:
        if hint is Month:
            return self.month()
        return self.pick(AGENCIES) if hint is AgencyCode else self.pick((RESIDENCE, "058991"))

    def _plain(self, hint: Any, name: str) -> Any:
        if hint is UUID:
            return self._id(name)
        if hint is str:
            return self.pick(TEXTS.get(name, TEXT if self.chance(0.2) else TEXT[:1]))
        if hint is bool:
            return self.chance(0.5)
        if hint is int:
            return self.rng.choice((1, 2, 12, 60, 100, 0, -1, 9))
        if hint is date:
            return self.day()
        return self.hour(self.day()) if hint is datetime else {}

    def _id(self, name: str) -> UUID:
        if self.chance(0.1):
            return self.new()
        if name in OF_OPERATORS:
            return self.pick(PERSONS)
        if name in OF_FACTS:
            return self.fact()
        if name in OF_INFRACTIONS:
            return self.infraction()
        if name.endswith(("member_id", "member_ids", "attendees", "referent_id", "responsible_id")):
            return self.pick(EVERYBODY) if self.chance(0.3) else self.member()
        if name == "puc_id" and self.law.pucs:
            return self.pick([*self.law.pucs])
        return self.on_record(name)


@cache
def _hints(cls: type) -> Mapping[str, Any]:
    """The types of what one states; what the rules compute is left out."""
    hints = get_type_hints(cls, include_extras=True)
    try:
        names: Sequence[str] = contract_of(cls).stated
    except KeyError:
        names = [each.name for each in fields(cls)]  # type: ignore[arg-type]
    return {name: hints[name] for name in names}


def ids_in(value: object, name: str = "") -> Iterator[tuple[str, UUID]]:
    """Every id in an event, with the name of its field."""
    if isinstance(value, UUID):
        yield name, value
    elif isinstance(value, tuple):
        for entry in value:
            yield from ids_in(entry, name)
    elif is_dataclass(value):
        for each in fields(value):
            yield from ids_in(getattr(value, each.name), each.name)
