"""What a superuser can do to a log: each kind of edit, at a place that chance chooses.

An edit returns the position of the first event that differs, None where it is of no one event. Those of
WITNESSED leave a log that is right in itself: only a note that somebody kept tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from random import Random
from typing import Any

import orjson

from tests.integration.ledger.attacked import Attacked

Edit = Callable[[Attacked, Random], int | None]
EDITS: dict[str, Edit] = {}
WITNESSED: set[str] = set()

BOX = re.compile(rb'"((?:person|household)/[0-9a-f-]{36})\|[^"|]*\|([^"]*)"')


def edit(kind: str, *, witnessed: bool = False) -> Callable[[Edit], Edit]:
    def register(made: Edit) -> Edit:
        assert kind not in EDITS
        EDITS[kind] = made
        if witnessed:
            WITNESSED.add(kind)
        return made

    return register


def somewhere(log: Attacked, chance: Random) -> int:
    return chance.randint(1, log.size)


def change(log: Attacked, position: int, column: str, value: Any) -> int:
    """Another value of a column of an event."""
    before = log.row(f"select {column} from ledger.events where position = %s", position)
    assert before[0] != value
    log.do(f"update ledger.events set {column} = %s where position = %s", value, position)
    return position


def column(log: Attacked, position: int, name: str) -> Any:
    return log.row(f"select {name} from ledger.events where position = %s", position)[0]


def flipped(raw: bytes, at: int, chance: Random) -> bytes:
    """With one bit of one byte changed."""
    return raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]


def gone_for_ever(sealed: bytes, log: Attacked) -> list[tuple[int, int]]:
    """Where ciphertexts of erased values lie. Nobody can open them, so nobody can tell them from noise."""
    with closing(log.keys()) as keys:
        return [m.span(2) for m in BOX.finditer(sealed) if keys.states([m[1].decode()]).destroyed]


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def another_letter(text: str, chance: Random) -> str:
    at = chance.randrange(len(text.rstrip("=")) - 1)
    return text[:at] + chance.choice(ALPHABET.replace(text[at], "")) + text[at + 1 :]


def living_box(log: Attacked, chance: Random) -> tuple[int, bytes, re.Match[bytes]]:
    """An event with its values, and where a sealed value of somebody who was not erased stands in them."""
    while True:
        position = somewhere(log, chance)
        sealed = column(log, position, "sealed")
        noise = gone_for_ever(sealed, log)
        if found := [match for match in BOX.finditer(sealed) if match.span(2) not in noise]:
            return position, sealed, chance.choice(found)


def of_two_people(log: Attacked, chance: Random, *, erased: int = 0) -> tuple[int, Any]:
    """The composition of a household of which so many were erased: where it stands, and its values."""
    rows = log.on.execute(
        "select position, sealed from ledger.events where type like 'adi.case.household_composition%'"
    ).fetchall()
    found = [(position, orjson.loads(sealed)) for position, sealed in rows]
    gone = {str(who) for who in log.erased}
    return chance.choice(
        [each for each in found if sum(who["member_id"] in gone for who in each[1]["members"]) == erased]
    )


FIELDS = ("name", "surname", "tax_code", "birth_date", "relationship", "residence_address", "language")


def fit_head(log: Attacked) -> None:
    log.do(
        "update ledger.log_head set (position, recorded_at) ="
        " (select position, recorded_at from ledger.events order by position desc limit 1)"
    )


def fit_tree_head(log: Attacked) -> None:
    log.do(
        "update ledger.tree_head set (number, log_epoch, size, root) ="
        " (select number, log_epoch, size, root from ledger.checkpoints order by number desc limit 1)"
    )


def alter(log: Attacked, chance: Random, table: str, sets: tuple[str, ...], one_of: str = "") -> None:
    where = ""
    if one_of:
        (which,) = pick(log, chance, f"select {one_of} from ledger.{table} order by 1")
        where = f" where {one_of} = {which}"
    log.do(f"update ledger.{table} set {chance.choice(sets)}{where}")


def pick(log: Attacked, chance: Random, query: str) -> Any:
    return chance.choice(log.on.execute(query.encode()).fetchall())


def another_text(text: str, chance: Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice([c for c in "Aaz09 ~é\n" if c != text[at]]) + text[at + 1 :]
