"""Whether a text tells who a household is, or where it lives.

Texts are compared as they sound: without accents, apostrophes and capitals. Whoever writes a place writes it
as he likes, so a place is rather taken for a home too often than a home for any place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple
from unicodedata import combining, normalize

from domain.case.state import Case

_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"\d+|[^\W\d_]+")
_LINE = re.compile(r"[,;\n]")
_APOSTROPHES = re.compile("['’‘ʼ`´′]")

LINKS = (
    frozenset({"al", "alla", "da", "dal", "dalla", "de", "degli", "dei", "del", "dell", "della", "delle"})
    | {"dello", "di", "il", "la", "le", "li", "lo"}
    | {"civ", "civico", "nr", "num", "numero", "snc"}
)
"""Words that names and streets share with any text."""

STREETS = (
    frozenset({"via", "v", "viale", "vle", "vicolo", "vico", "piazza", "p", "pza", "pzza", "zza", "piazzale"})
    | {"largo", "corso", "c", "cso", "so", "strada", "str", "borgo"}
    | {"contrada", "localita", "loc", "frazione", "fraz"}
)
"""The kinds of street and their abbreviations: any of them stands for any other."""

STREET = "via"

TELLING = 4
"""Letters of a word that tells a street apart, with the number of the house."""


class Home(NamedTuple):
    """Where somebody lives: the words of the street, and the number of the house, empty where it has none."""

    street: frozenset[str]
    number: str


def tells(text: str, case: Case) -> bool:
    """Whether it names a member of the household, or leads to the home of one."""
    words, parts = _words(text), frozenset(_parts(text))
    return not words.isdisjoint(_names(case)) or any(_leads_to(home, parts) for home in _homes(case))


# --- names -------------------------------------------------------------------------------------------------


def _names(case: Case) -> set[str]:
    """Words that name the members; what was erased names nobody any more."""
    said: list[object] = []
    for member in case.members.values():
        said += [member.name, member.surname, member.tax_code, str(member.member_id)]
    return {word for value in said if isinstance(value, str) for word in _naming(value)}


def _naming(name: str) -> set[str]:
    """The words of a name that name somebody: of ``Di Marco`` not the first, of ``Li`` the only one.

    Names of two letters are words of the language at times. A place that is hidden for one of them is found
    in the register; a family that is named in a mailbox is not taken back.
    """
    words = _found(name)
    found = [word for word in (*words, "".join(words)) if len(word) > 1]
    return {word for word in found if word not in LINKS} or set(found)


def _words(text: str) -> set[str]:
    """The words of a text, and each two neighbours as one: ``D. Amico`` is ``D'Amico``."""
    found = _found(text)
    return {*found, *(one + other for one, other in pairwise(found))}


def _found(text: str) -> list[str]:
    return _WORD.findall(_folded(text))


# --- homes -------------------------------------------------------------------------------------------------


def _homes(case: Case) -> Iterator[Home]:
    for member in case.members.values():
        said: object = member.residence_address
        if isinstance(said, str):
            yield _home(said)


def _home(address: str) -> Home:
    """The part of an address that speaks of the street, up to the number that follows its name."""
    lines = [_parts(line) for line in _LINE.split(address)]
    at = next((n for n, line in enumerate(lines) if STREET in line), 0)
    street: list[str] = []
    for part in lines[at]:
        if part.isdigit() and any(word != STREET for word in street):
            return Home(frozenset(street), part)
        street.append(part)
    after = (part for line in lines[at + 1 :] for part in line if part.isdigit())
    return Home(frozenset(street), next(after, ""))


def _leads_to(home: Home, parts: frozenset[str]) -> bool:
    """Whether a text has the whole street, or the house number and a word that tells the street apart."""
    apart = (word in parts for word in home.street if len(word) >= TELLING)
    return bool(home.street and home.street <= parts) or (home.number in parts and any(apart))


def _parts(text: str) -> list[str]:
    """The words and numbers of an address, every kind of street as one; no initials, nor what links them."""
    found = [STREET if part in STREETS else part for part in _PART.findall(_folded(text))]
    return [part for part in found if part not in LINKS and (len(part) > 1 or part.isdigit())]


def _folded(text: str) -> str:
    plain = normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    return "".join(letter for letter in plain if not combining(letter))
