"""Edits of what follows what: events that come and go, tails cut off, another past."""

from __future__ import annotations

from contextlib import closing
from random import Random
from typing import Any
from uuid import UUID

import orjson

from tests.integration.ledger.acts import referral
from tests.integration.ledger.attacked import LOG, STRANGER, Attacked, keys_of
from tests.integration.ledger.edits import change, column, edit, fit_head, fit_tree_head, somewhere
from tests.integration.ledger.test_sealing import save


@edit("an event deleted")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    log.do("delete from ledger.events where position = %s", position)
    return position


@edit("an event deleted, those after it moved up, with right links and the head")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    log.do("delete from ledger.events where position = %s", position)
    log.on.execute("update ledger.events set position = -position where position > %s", [position])
    log.on.execute("update ledger.events set position = -position - 1 where position < 0")
    fit_head(log)
    log.relink(position)
    return position


@edit("a forged event at the end, with a right link and the head")
def _(log: Attacked, chance: Random) -> int:
    return forge(log, log.size + 1, somewhere(log, chance))


@edit("a forged event at the end that says nothing")
def _(log: Attacked, chance: Random) -> int:
    forged = forge(log, log.size + 1, somewhere(log, chance))
    head = orjson.loads(column(log, forged, "state")) | {"digests": ""}
    log.do(
        "update ledger.events set sealed = '{}', state = %s where position = %s", orjson.dumps(head), forged
    )
    log.relink(forged)
    return forged


@edit("a forged event where no position is")
def _(log: Attacked, chance: Random) -> None:
    forge(log, chance.choice((0, -1, -(2**62), 2**62)), somewhere(log, chance), head=False)


@edit("a forged event among the others, all links and the head right")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    log.on.execute("update ledger.events set position = -position where position >= %s", [position])
    log.on.execute("update ledger.events set position = -position + 1 where position < 0")
    return forge(log, position, chance.choice([n for n in range(1, log.size + 2) if n != position]))


def forge(log: Attacked, position: int, like: int, *, head: bool = True) -> int:
    """A copy of an event as the next one of its stream, as far as may be without any key."""
    row = log.row(
        "insert into ledger.events select %s, stream_id, 1 + (select max(version) from ledger.events s"
        " where s.stream_id = e.stream_id), gen_random_uuid(), type, coalesce((select recorded_at from"
        " ledger.events p where p.position = %s - 1), recorded_at), state, sealed, chain from ledger.events e"
        " where position = %s returning version, event_id, state",
        position,
        position,
        like,
    )
    state = orjson.dumps(orjson.loads(row[2]) | {"version": row[0], "event_id": str(row[1])})
    log.do("update ledger.events set state = %s where position = %s", state, position)
    if head:
        fit_head(log)
        log.relink(position)
    return position


@edit("the tail cut off")
def _(log: Attacked, chance: Random) -> int:
    return cut(log, chance)


@edit("the tail cut off, with the head")
def _(log: Attacked, chance: Random) -> int:
    first = cut(log, chance)
    fit_head(log)
    return first


@edit("the tail cut off, with the head, tiles and cosignatures")
def _(log: Attacked, chance: Random) -> int:
    first = cut(log, chance)
    fit_head(log)
    log.on.execute("delete from ledger.tiles where (index + 1) * 256 >= %s", [first])
    log.on.execute("delete from ledger.cosignatures where size >= %s", [first])
    return first


def cut(log: Attacked, chance: Random) -> int:
    first = chance.randint(2, log.size)
    log.do("delete from ledger.events where position >= %s", first)
    return first


@edit("an old backup put back", witnessed=True)
def _(log: Attacked, chance: Random) -> int:
    return old_backup(log, chance) + 1


@edit("an old backup that goes on in another way", witnessed=True)
def _(log: Attacked, chance: Random) -> None:
    old_backup(log, chance)
    log.on.commit()
    with closing(log.ledger.log(size=1)) as other:
        for _ in range(chance.randint(1, 9)):
            save(other, UUID(int=chance.getrandbits(128)), [referral()])
        keys_of(other).close()
        other.recorder.pool.close()
    log.sign(1)


def old_backup(log: Attacked, chance: Random) -> int:
    """All tables as they were at a checkpoint; its size."""
    sizes = [
        size for (size,) in log.on.execute("select size from ledger.checkpoints order by size").fetchall()
    ]
    size = chance.choice(sizes[:-1])
    log.do("delete from ledger.events where position > %s", size)
    log.do("delete from ledger.checkpoints where size > %s", size)
    log.do("delete from ledger.cosignatures where size > %s", size)
    log.on.execute("delete from ledger.tiles where (index + 1) * 256 > %s", [size])
    fit_head(log)
    fit_tree_head(log)
    return size


@edit("another past, all hashes right, signed by a stranger")
def _(log: Attacked, chance: Random) -> None:
    another_past(log, chance, STRANGER)


@edit("another past, all hashes right, signed by the log", witnessed=True)
def _(log: Attacked, chance: Random) -> None:
    another_past(log, chance, LOG)


def another_past(log: Attacked, chance: Random, key: Any) -> None:
    """Somebody else recorded a fact, and everything after it fits."""
    position = somewhere(log, chance)
    head = orjson.loads(column(log, position, "state"))
    head["recorder"]["agency"] = "another"
    change(log, position, "state", orjson.dumps(head, option=orjson.OPT_SORT_KEYS))
    log.relink(position)
    log.sign_anew(position, key)
