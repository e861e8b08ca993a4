"""The registry of facts: what an event is called when stored, what of it is personal, who may see it.

A class becomes a fact with :func:`fact`. Its stored name and fields are a contract: they never change,
a new shape is an upcaster (plain JSON to plain JSON), and the version is the number of upcasters plus one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache, cached_property, lru_cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

T = TypeVar("T")
Personal = Annotated[T, "personal"]
"""A field that speaks of a person: sealed with that person's key, apart from opaque ids (UUIDs)."""


@dataclass(frozen=True)
class Matching:
    """Of an annotated text: how it must read, for what is indexed or names a recipient is no free text."""

    pattern: str
    called: str
    example: str


FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Days and instants outside are mistyped, and some would break who computes with them."""


Json = Any
"""Plain JSON: dict, list, str, int, bool, None. Never a float, so that its canonical form is one."""

Upcaster = Callable[[dict[str, Json]], dict[str, Json]]


class BadValue(ValueError):
    """A value does not fit the contract. ``where`` is a JSON path; the value itself is never repeated."""

    def __init__(self, where: str, because: str) -> None:
        super().__init__(f"{where or 'value'}: {because}")
        self.where, self.because = where, because

    def inside(self, outer: str) -> BadValue:
        """The same, told from one field or entry further out."""
        between = "." if self.where and not self.where.startswith("[") else ""
        return BadValue(f"{outer}{between}{self.where}", self.because)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal value as it lies in the log; ``box`` names the key and holds the ciphertext."""

    box: str


@dataclass(frozen=True, slots=True)
class Erased:
    """A personal value whose key was destroyed (GDPR art. 17). Equal to any other."""

    def __str__(self) -> str:
        return "[cancellato]"


ERASED = Erased()


@dataclass(frozen=True, slots=True)
class Cell:
    """What one kind of agency is shown of a fact: a cell of the disclosure matrix.

    ``level`` is F, P, X, T or N (DOMAIN section 9); ``ground`` names the condition in
    :mod:`domain.disclosure`; ``fields`` are paths such as ``members[].name``, all of them for F.
    """

    actors: tuple[str, ...]
    level: Literal["F", "P", "X", "T", "N"]
    ground: str
    fields: tuple[str, ...] = ()


def show(actors: str, level: Literal["F", "P", "X", "T", "N"], ground: str, paths: str = "") -> Cell:
    """A cell written as text: ``show("cpi ust", "T", "team", "team_id components[].role")``."""
    return Cell(tuple(actors.split()), level, ground, tuple(paths.split()))


@dataclass(frozen=True)
class Contract:
    """All that is declared about one kind of fact."""

    name: str
    type: type
    act: str
    path: str
    recorders: frozenset[str]
    happened: str | None
    ahead: bool
    slot: tuple[str, ...]
    shown: tuple[Cell, ...]
    upcasts: tuple[Upcaster, ...]

    @property
    def version(self) -> int:
        return 1 + len(self.upcasts)

    @property
    def aggregate(self) -> str:
        """What the fact is of: ``case``, ``protocol``, ``table`` or ``access``."""
        return self.name.split(".")[1]

    @property
    def stated(self) -> tuple[str, ...]:
        """Fields that whoever records the fact states, those that the rules compute left out."""
        return tuple(f.name for f in fields(self.type) if f.metadata.get("by") != "rules")

    @property
    def in_full(self) -> tuple[str, ...]:
        """Fields of a cell of level F: all but those kept for the replay of a decision."""
        return tuple(f.name for f in fields(self.type) if not f.metadata.get("internal"))

    @cached_property
    def stored_name(self) -> str:
        """Name in the log, with its version: ``adi.case.patto_signed.v1``."""
        return f"{self.name}.v{self.version}"

    @property
    def title(self) -> str:
        """The Italian term: the first sentence of the docstring."""
        return " ".join((self.type.__doc__ or "").split(".", 1)[0].split())

    def cell(self, actor: str) -> Cell | None:
        return next((cell for cell in self.shown if actor in cell.actors), None)


CONTRACTS: dict[str, Contract] = {}
_BY_TYPE: dict[type, Contract] = {}


def computed() -> Any:
    """A field that the rules fill in; whoever states the fact leaves it out."""
    return field(default=None, metadata={"by": "rules"})


def traced() -> Any:
    """A computed field that lets the decision be replayed; outside the servizio sociale it is never shown."""
    return field(default=None, metadata={"by": "rules", "internal": True})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field, computed, traced))
def fact(
    name: str,
    *,
    act: str,
    path: str = "",
    recorders: str,
    happened: str | None = None,
    ahead: bool = False,
    slot: str = "",
    shown: tuple[Cell, ...] = (),
    upcasts: tuple[Upcaster, ...] = (),
) -> Callable[[type[T]], type[T]]:
    """Declare a fact.

    ``act`` is the command and operationId that records it, ``path`` the sub-resource it is posted to,
    ``happened`` the field that holds the day of the fact (``occurred_on``), which lies behind who records it
    unless it may be ``ahead``; ``slot`` the fields that say which fact of its kind it is: a second one with
    the same slot is a repetition or a contradiction.
    """

    def register(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        contract = Contract(
            name=name,
            type=made,
            act=act,
            path=path,
            recorders=frozenset(recorders.split()),
            happened=happened,
            ahead=ahead,
            slot=tuple(slot.split()),
            shown=shown,
            upcasts=upcasts,
        )
        if name in CONTRACTS:
            raise TypeError(f"{name} is declared twice")
        CONTRACTS[name] = contract
        _BY_TYPE[made] = contract
        return made

    return register


def contract_of(event: object) -> Contract:
    """The contract of an event or of its class."""
    return _BY_TYPE[event if isinstance(event, type) else type(event)]


@cache
def stored_as(name: str) -> tuple[Contract, int]:
    """The contract and version behind a stored name (``adi.case.patto_signed.v1``)."""
    stem, _, version = name.rpartition(".v")
    return CONTRACTS[stem], int(version)


def occurred_on(event: object) -> date | None:
    """The day of the fact, taken from the event's own field."""
    happened = contract_of(event).happened
    value = getattr(event, happened) if happened else None
    return value.date() if isinstance(value, datetime) else cast(date | None, value)


def slot_of(event: object) -> tuple[object, ...]:
    """Which fact of its kind this is."""
    contract = contract_of(event)
    return (contract.name, *(getattr(event, name) for name in contract.slot))


def same_statement(one: object, other: object) -> bool:
    """Whether two events state the same, whatever the rules added."""
    return type(one) is type(other) and all(
        getattr(one, name) == getattr(other, name) for name in contract_of(one).stated
    )


# --- to JSON and back --------------------------------------------------------------------------------


def encode(value: object) -> Json:
    """An event, or any value of one, as plain JSON; fields that are None are left out."""
    kind = type(value)
    return (_WRITERS.get(kind) or _writer(kind))(value)


Writer = Callable[[Any], Json]


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, microseconds always written: one text per instant."""
    # Not by strftime, which writes a year below 1000 with fewer digits.
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _as_it_is(value: Any) -> Json:
    return value


def _list(value: Any) -> Json:
    return [encode(entry) for entry in value]


def _object(value: Any) -> Json:
    return {key: encode(entry) for key, entry in value.items()}


_WRITERS: dict[type, Writer] = {
    str: _as_it_is,
    bool: _as_it_is,
    int: _as_it_is,
    NoneType: _as_it_is,
    UUID: str,
    datetime: instant,
    date: date.isoformat,
    Sealed: lambda value: {"sealed": value.box},
    Erased: lambda value: {"erased": True},
    tuple: _list,
    list: _list,
    dict: _object,
}


def _writer(kind: type) -> Writer:
    """How a value of a kind not met before is written: a record, or what derives from one of the above."""
    if is_dataclass(kind):
        names = _names(kind)

        def write(value: Any) -> Json:
            return {name: encode(entry) for name in names if (entry := getattr(value, name)) is not None}

        writer: Writer = write
    else:
        base = next((known for known in kind.__mro__ if known in _WRITERS), Mapping)
        writer = _WRITERS.get(base, _object)
    _WRITERS[kind] = writer
    return writer


def decode(cls: type[T], data: Json) -> T:
    """Plain JSON as an event. Raises :class:`BadValue` for an unknown, missing or wrong field."""
    kind: Any = cls
    return cast(T, _reader(kind)(data))


def decode_stored(name: str, data: dict[str, Json]) -> Any:
    """The event stored under ``name``, upcast to its present version."""
    contract, version = stored_as(name)
    for upcast in contract.upcasts[version - 1 :]:
        data = upcast(data)
    return _reader(contract.type)(data)


def amend(event: T, new_value: Mapping[str, Json]) -> T:
    """The event with some fields replaced by their corrected values. Raises :class:`BadValue`."""
    return decode(type(event), encode(event) | dict(new_value))


Reader = Callable[[Json], object]
"""Reads a value, or raises BadValue. Where it stood is told by those further out: most values are right."""


@cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls))


def _expect(kind: type, called: str) -> Reader:
    def read(value: Json) -> object:
        if type(value) is kind:
            return value
        return _closed(value) or _bad(f"must be {called}")

    return read


def _closed(value: Json) -> Sealed | Erased | None:
    if type(value) is dict and len(value) == 1:
        if "sealed" in value:
            return Sealed(value["sealed"])
        if "erased" in value:
            return ERASED
    return None


def _bad(because: str) -> Any:
    raise BadValue("", because)


def _parsed(parse: Callable[[str], object], called: str) -> Reader:
    def read(value: Json) -> object:
        if type(value) is not str:
            return _closed(value) or _bad(f"must be {called}")
        try:
            return parse(value)
        except (ValueError, OverflowError):
            raise BadValue("", f"must be {called}") from None

    return read


_id = lru_cache(maxsize=65_536)(UUID)
"""The ids of a case return in most of its facts; to parse one takes longer than to remember it."""


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    moment = moment.astimezone(UTC)
    _in_our_time(moment)
    return moment


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    _in_our_time(day)
    return day


def _in_our_time(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError("not in our time")


def _matching(inner: Reader, how: Matching) -> Reader:
    right = re.compile(how.pattern)

    def read(value: Json) -> object:
        text = inner(value)
        if isinstance(text, str) and not right.fullmatch(text):
            return _bad(f"must be {how.called}")
        return text

    return read


def _one_of(codes: tuple[str, ...]) -> Reader:
    known, called = frozenset(codes), "one of " + ", ".join(codes)

    def read(value: Json) -> object:
        if type(value) is str and value in known:
            return value
        return _closed(value) or _bad(f"must be {called}")

    return read


def _many(entry: Reader) -> Reader:
    def read(value: Json) -> object:
        if type(value) is not list:
            return _closed(value) or _bad("must be a list")
        found: list[object] = []
        try:
            for item in value:
                found.append(entry(item))
        except BadValue as bad:
            raise bad.inside(f"[{len(found)}]") from None
        return tuple(found)

    return read


def _optional(inner: Reader) -> Reader:
    return lambda value: None if value is None else inner(value)


def _record(cls: type) -> Reader:
    hints = get_type_hints(cls, include_extras=True)
    readers = {f.name: _reader(hints[f.name]) for f in fields(cls)}
    required = tuple(f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING)
    make = cast(Callable[..., object], cls)

    def read(value: Json) -> object:
        if type(value) is not dict:
            return _bad("must be an object")
        arguments, name = {}, ""
        try:
            for name, entry in value.items():
                reader = readers.get(name)
                arguments[name] = reader(entry) if reader else _bad("is not a field of this fact")
        except BadValue as bad:
            raise bad.inside(str(name)) from None
        for name in required:
            if name not in arguments:
                raise BadValue(name, "is missing")
        return make(**arguments)

    return read


_SCALARS: dict[object, Reader] = {
    str: _expect(str, "a text"),
    bool: _expect(bool, "true or false"),
    int: _expect(int, "a whole number"),
    UUID: _parsed(_id, "a UUID"),
    date: _parsed(_day, f"a date (YYYY-MM-DD) from {FIRST_YEAR} to {LAST_YEAR}"),
    datetime: _parsed(_instant, f"an instant with its offset (RFC 3339) from {FIRST_YEAR} to {LAST_YEAR}"),
    Json: lambda value: value,
}


@cache
def _reader(kind: Any) -> Reader:
    if kind in _SCALARS:
        return _SCALARS[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        inner = _reader(arguments[0])
        how = next((extra for extra in arguments[1:] if isinstance(extra, Matching)), None)
        return _matching(inner, how) if how else inner
    if origin is Literal:
        return _one_of(arguments)
    if origin is tuple:
        return _many(_reader(arguments[0]))
    if origin in (Union, UnionType):
        return _optional(_reader(next(a for a in arguments if a is not NoneType)))
    if origin is dict:
        return _expect(dict, "an object")
    if is_dataclass(kind):
        return _record(cast(type, kind))
    raise TypeError(f"{kind} has no place in a fact")


# --- and back from the log, where every value was read once before it was taken ------------------------

Maker = Callable[[Any], object]


def recall(name: str, data: dict[str, Json]) -> Any:
    """As :func:`decode_stored`, of values in clear that fitted when they were stored; ``data`` is used up.

    It does not ask again whether they do. Raises TypeError, ValueError or AttributeError for no event.
    """
    contract, version = stored_as(name)
    for upcast in contract.upcasts[version - 1 :]:
        data = upcast(data)
    return _record_maker(contract.type)(data)


@cache
def _record_maker(cls: type) -> Maker:
    hints = get_type_hints(cls, include_extras=True)
    makers = tuple((f.name, maker) for f in fields(cls) if (maker := _maker(hints[f.name])))

    def make(data: Any) -> object:
        for name, maker in makers:
            value = data.get(name)
            if value is not None:
                data[name] = maker(value)
        return cls(**data)

    return make


def _maker(kind: Any) -> Maker | None:
    """What makes a value of its JSON; None where it is the same."""
    if kind in _MADE:
        return _MADE[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _maker(arguments[0])
    if origin in (Union, UnionType):
        return _maker(next(a for a in arguments if a is not NoneType))
    if origin is tuple:
        maker = _maker(arguments[0])
        return (lambda value: tuple(map(maker, value))) if maker else tuple
    return _record_maker(kind) if is_dataclass(kind) and isinstance(kind, type) else None


_MADE: dict[object, Maker] = {
    UUID: _id,
    date: lru_cache(maxsize=4_096)(date.fromisoformat),
    datetime: datetime.fromisoformat,
}


# --- leaves: what is digested, sealed and shown, one by one --------------------------------------------

SUBJECTS = ("member_id", "person_id", "obliged_member_id", "minor_member_id", "signatory_member_id")
"""Fields that name the person whom the personal values beside them speak of, in this order."""


class Leaf(NamedTuple):
    """One value of an event: ``path`` such as ``members[0].name``, ``subject`` the person or None."""

    path: str
    value: Json
    personal: bool
    subject: str | None


def leaves(event_type: type, data: Mapping[str, Json]) -> list[Leaf]:
    """Every value of an encoded event, in order. An empty list or object is itself a value."""
    personal = personal_fields(event_type)
    subject = _subject_beside(data, None)
    found: list[Leaf] = []
    for name, value in data.items():
        _leaves(name, value, name in personal, subject, found)
    return found


@cache
def personal_fields(event_type: type) -> frozenset[str]:
    """Names of the fields declared :data:`Personal`."""
    hints = get_type_hints(event_type, include_extras=True)
    return frozenset(name for name, hint in hints.items() if _is_personal(hint))


def _is_personal(hint: Any) -> bool:
    if get_origin(hint) is Annotated and "personal" in get_args(hint)[1:]:
        return True
    return get_origin(hint) in (Union, UnionType) and any(_is_personal(part) for part in get_args(hint))


def _subject_beside(data: Mapping[str, Json], above: str | None) -> str | None:
    for name in SUBJECTS:
        if name in data and isinstance(data[name], str):
            return cast(str, data[name])
    return above


def _leaves(path: str, value: Json, personal: bool, subject: str | None, found: list[Leaf]) -> None:
    kind = type(value)
    if kind is dict and value and _closed(value) is None:
        inner = _subject_beside(value, subject)
        for name, entry in value.items():
            _leaves(f"{path}.{name}", entry, personal, inner, found)
    elif kind is list and value and type(value[0]) is dict:
        for index, entry in enumerate(value):
            _leaves(f"{path}[{index}]", entry, personal, subject, found)
    else:
        found.append(Leaf(path, value, personal and not _opaque(value), subject))


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def _opaque(value: Json) -> bool:
    """Ids are pseudonyms and stay readable, alone or in a list."""
    if type(value) is list:
        return all(_opaque(entry) for entry in value)
    return type(value) is str and _UUID.match(value) is not None


def pattern(path: str) -> str:
    """The path without its indices: ``members[0].name`` becomes ``members[].name``."""
    return re.sub(r"\[\d+\]", "[]", path)


_NOTHING = object()


def cut(data: Mapping[str, Json], paths: frozenset[str], replaced: Mapping[str, Json]) -> dict[str, Json]:
    """Only the leaves at ``paths``, those in ``replaced`` with another value; list entries left empty go."""
    shown = _cut(data, paths, replaced, "")
    return {} if shown is _NOTHING else cast("dict[str, Json]", shown)


def _cut(data: Json, paths: frozenset[str], replaced: Mapping[str, Json], path: str) -> object:
    if path in replaced:
        return replaced[path]
    if path in paths:
        return data
    if isinstance(data, Mapping) and _closed(data) is None:
        found = {n: _cut(v, paths, replaced, f"{path}.{n}" if path else n) for n, v in data.items()}
        return {name: value for name, value in found.items() if value is not _NOTHING} or _NOTHING
    if type(data) is list:
        entries = [_cut(value, paths, replaced, f"{path}[{index}]") for index, value in enumerate(data)]
        return [entry for entry in entries if entry is not _NOTHING] or _NOTHING
    return _NOTHING
