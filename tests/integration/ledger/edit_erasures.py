"""Edits that make somebody pass for erased, or undo an erasure: values, the register, the key file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from random import Random
from uuid import UUID

import orjson

from tests.integration.ledger.attacked import Attacked
from tests.integration.ledger.edits import FIELDS, change, column, edit, living_box, of_two_people


@edit("a living person's value passes for erased")
def _(log: Attacked, chance: Random) -> int:
    position, values = of_two_people(log, chance)
    name, erased = chance.choice(FIELDS), chance.choice(log.erased)
    told = values["members"][chance.randrange(2)]
    text = told[name]["sealed"].split("|")[2]
    told[name] = chance.choice(
        (
            {"erased": True},
            {"sealed": f"person/{erased}|members[0].{name}|{text}"},
            {"sealed": f"person/{erased}|members[1].{name}|{text}"},
        )
    )
    return change(log, position, "sealed", orjson.dumps(values))


@edit("a living person's value taken out, and one of an erased person invented")
def _(log: Attacked, chance: Random) -> int:
    position, values = of_two_people(log, chance, erased=1)
    at = next(n for n, who in enumerate(values["members"]) if UUID(who["member_id"]) in log.erased)
    gone, living = values["members"][at], values["members"][1 - at]
    del living[chance.choice(FIELDS)]
    gone["more"] = {"sealed": f"person/{gone['member_id']}|members[{at}].more|AAAA"}
    return change(log, position, "sealed", orjson.dumps(values))


@edit("an erasure in the register without a fact")
def _(log: Attacked, chance: Random) -> None:
    _, _, match = living_box(log, chance)
    log.do("insert into ledger.erasures (key_id) values (%s)", match[1].decode())


@contextmanager
def key_file(log: Attacked) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(log.ledger.keys_file)) as file:
        yield file
        file.commit()


@edit("a key destroyed without a fact")
def _(log: Attacked, chance: Random) -> None:
    _, _, match = living_box(log, chance)
    with closing(log.keys()) as keys:
        keys.destroy(match[1].decode())


@edit("the key of a household destroyed of which somebody is left")
def _(log: Attacked, chance: Random) -> None:
    position, _ = of_two_people(log, chance, erased=1)
    with closing(log.keys()) as keys:
        keys.destroy(f"household/{column(log, position, 'stream_id')}")


@edit("a key emptied in its file")
def _(log: Attacked, chance: Random) -> None:
    with key_file(log) as file:
        ids = [k for (k,) in file.execute("select key_id from keys where wrapped is not null order by 1")]
        file.execute("update keys set wrapped = null where key_id = ?", [chance.choice(ids)])


@edit("a key deleted from its file")
def _(log: Attacked, chance: Random) -> None:
    named = living_box(log, chance)[2][1].decode()
    with key_file(log) as file:
        assert file.execute("delete from keys where key_id = ?", [named]).rowcount


@edit("a key in the place of another")
def _(log: Attacked, chance: Random) -> None:
    named = living_box(log, chance)[2][1].decode()
    with key_file(log) as file:
        file.execute(
            "update keys set wrapped = (select wrapped from keys where key_id glob ? and key_id <> ?"
            " and wrapped is not null limit 1) where key_id = ?",
            [chance.choice(("case/*", "person/*")), named, named],
        )


@edit("the key of an erased person is there again")
def _(log: Attacked, chance: Random) -> None:
    gone = f"person/{chance.choice(log.erased)}"
    with key_file(log) as file:
        file.execute(
            "update keys set (wrapped, wrapped_by) = (select wrapped, wrapped_by from keys"
            " where wrapped is not null limit 1) where key_id = ?",
            [gone],
        )
        if chance.random() < 0.5:
            file.execute("delete from destroyed where key_id = ?", [gone])
