"""What a superuser can do to a log: each kind of edit, at a place that chance chooses.

An edit returns the position of the first event that differs, None where it is of no one event. Those of
WITNESSED leave a log that is right in itself: only a note that somebody kept tells.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from random import Random
from typing import Any
from uuid import UUID

import orjson

from domain.ledger.tiles import WIDTH
from tests.integration.ledger.acts import referral
from tests.integration.ledger.attacked import LOG, STRANGER, Attacked, keys_of
from tests.integration.ledger.test_sealing import save

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


# --- one column of one event -----------------------------------------------------------------------------


@edit("a byte of state")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    state = column(log, position, "state")
    return change(log, position, "state", flipped(state, chance.randrange(len(state)), chance))


@edit("a byte of sealed")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    sealed = column(log, position, "sealed")
    noise = gone_for_ever(sealed, log)
    places = [n for n in range(len(sealed)) if not any(start <= n < end for start, end in noise)]
    return change(log, position, "sealed", flipped(sealed, chance.choice(places), chance))


@edit("a byte of chain")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    return change(
        log, position, "chain", flipped(column(log, position, "chain"), chance.randrange(32), chance)
    )


@edit("a letter of type")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    name = column(log, position, "type")
    at = chance.randrange(len(name))
    return change(log, position, "type", name[:at] + chance.choice("0123456789~é") + name[at + 1 :])


@edit("a byte of event_id")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    raw = flipped(column(log, position, "event_id").bytes, chance.randrange(16), chance)
    return change(log, position, "event_id", UUID(bytes=raw))


@edit("a byte of stream_id")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    raw = flipped(column(log, position, "stream_id").bytes, chance.randrange(16), chance)
    return change(log, position, "stream_id", UUID(bytes=raw))


@edit("another version")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    wrong = chance.choice((-1, 0, 100, 2**31 - 1, -(2**31), chance.randrange(20, 10**6)))
    return change(log, position, "version", wrong)


@edit("another position")
def _(log: Attacked, chance: Random) -> int:
    position, n = somewhere(log, chance), log.size
    wrong = chance.choice((0, -1, -(2**63), 2**63 - 1, n + 1, n + chance.randrange(1, 10**9)))
    return change(log, position, "position", wrong)


@edit("another instant")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    # An hour is what a clock that is put back in autumn could hide.
    by = chance.choice(("1 us", "-1 us", "1 hour", "-1 hour", "-1 year", "infinity", f"{chance.random()} s"))
    new = "'infinity'" if by == "infinity" else f"recorded_at + interval '{by}'"
    return change(log, position, "recorded_at", column(log, position, new))


@edit("an instant, with right links and the head")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    log.do("update ledger.events set recorded_at = recorded_at + '1 us' where position = %s", position)
    log.do("update ledger.log_head set recorded_at = (select max(recorded_at) from ledger.events)")
    log.relink(position)
    return position


@edit("an instant in no full tile yet, with right links and the head")
def _(log: Attacked, chance: Random) -> int:
    position = chance.randint(log.size - log.size % WIDTH + 1, log.size)
    log.do("update ledger.events set recorded_at = recorded_at + '1 us' where position = %s", position)
    log.do("update ledger.log_head set recorded_at = (select max(recorded_at) from ledger.events)")
    log.relink(position)
    return position


# --- what still parses -----------------------------------------------------------------------------------


@edit("a digit of a day in state")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    state = column(log, position, "state")
    return change(log, position, "state", re.sub(rb'("known_on":"\d{3})\d', rb"\g<1>9", state))


@edit("a digest in state")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    head = orjson.loads(column(log, position, "state"))
    head["digests"] = another_letter(head["digests"], chance)
    return change(log, position, "state", orjson.dumps(head))


@edit("a digest in state, with right links")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    head = orjson.loads(column(log, position, "state"))
    head["digests"] = another_letter(head["digests"], chance)
    change(log, position, "state", orjson.dumps(head))
    log.relink(position)
    return position


@edit("a space in state or sealed")
def _(log: Attacked, chance: Random) -> int:
    position, name = somewhere(log, chance), chance.choice(("state", "sealed"))
    raw = column(log, position, name)
    at = chance.choice([m.end() for m in re.finditer(rb'[{,](?=")', raw)])
    return change(log, position, name, raw[:at] + b" " + raw[at:])


@edit("a value in clear")
def _(log: Attacked, chance: Random) -> int:
    position = somewhere(log, chance)
    values = orjson.loads(column(log, position, "sealed"))
    name = chance.choice([name for name, value in values.items() if type(value) in (str, bool, int)])
    values[name] = chance.choice(("another", 1, None, {"erased": True}, [], {}))
    return change(log, position, "sealed", orjson.dumps(values))


@edit("a letter of a ciphertext")
def _(log: Attacked, chance: Random) -> int:
    position, sealed, match = living_box(log, chance)
    text = another_letter(match[2].decode(), chance)
    return change(log, position, "sealed", sealed[: match.start(2)] + text.encode() + sealed[match.end(2) :])


@edit("the bits that base64 does not use")
def _(log: Attacked, chance: Random) -> int:
    while True:
        position, sealed, match = living_box(log, chance)
        text = match[2].decode()
        if text.endswith("="):
            break
    at = len(text.rstrip("=")) - 1
    last = ALPHABET.index(text[at])
    text = text[:at] + ALPHABET[last ^ 1] + text[at + 1 :]
    return change(log, position, "sealed", sealed[: match.start(2)] + text.encode() + sealed[match.end(2) :])


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


@edit("values that are none")
def _(log: Attacked, chance: Random) -> int:
    deep = b'{"a":' * 1_000 + b"1" + b"}" * 1_000
    wrong = (b"", b"[1]", b"5", b"null", b'"x"', b"{}", b'{"members":[[{"sealed":7}]]}', deep)
    return change(log, somewhere(log, chance), "sealed", chance.choice(wrong))


@edit("a state that is none")
def _(log: Attacked, chance: Random) -> int:
    wrong = (b"", b"[1]", b"5", b"null", b"{}", b'{"digests":5}', b"[" * 1_000 + b"]" * 1_000, b"\xff")
    return change(log, somewhere(log, chance), "state", chance.choice(wrong))


# --- values of one in the place of another's -------------------------------------------------------------


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


@edit("values of two persons swapped")
def _(log: Attacked, chance: Random) -> int:
    position, values = of_two_people(log, chance)
    one, other = values["members"]
    name = chance.choice(FIELDS)
    one[name], other[name] = other[name], one[name]
    return change(log, position, "sealed", orjson.dumps(values))


@edit("values of two persons swapped, their boxes relabelled")
def _(log: Attacked, chance: Random) -> int:
    position, values = of_two_people(log, chance)
    one, other = values["members"]
    name = chance.choice(FIELDS)
    (key, path, text), (key_2, path_2, text_2) = (each[name]["sealed"].split("|") for each in (one, other))
    one[name]["sealed"], other[name]["sealed"] = f"{key}|{path}|{text_2}", f"{key_2}|{path_2}|{text}"
    return change(log, position, "sealed", orjson.dumps(values))


@edit("the values of two events swapped")
def _(log: Attacked, chance: Random) -> int:
    return swap(log, chance, "sealed")


@edit("the states of two events swapped")
def _(log: Attacked, chance: Random) -> int:
    return swap(log, chance, "state")


@edit("the instants of two events swapped")
def _(log: Attacked, chance: Random) -> int:
    return swap(log, chance, "recorded_at")


@edit("two events swapped")
def _(log: Attacked, chance: Random) -> int:
    return swap(log, chance, "stream_id, version, event_id, type, state, sealed, chain, recorded_at")


@edit("two events swapped, with right links")
def _(log: Attacked, chance: Random) -> int:
    first = swap(log, chance, "stream_id, version, event_id, type, state, sealed")
    log.relink(first)
    return first


def swap(log: Attacked, chance: Random, columns: str) -> int:
    first, second = sorted(chance.sample(range(1, log.size + 1), 2))
    names = columns.split(", ")
    log.do(
        "create temporary table two on commit drop as select * from ledger.events where position = any(%s)",
        [first, second],
    )
    log.do(
        "update ledger.events set version = -version, event_id = gen_random_uuid() where position = any(%s)",
        [first, second],
    )
    log.do(
        "update ledger.events e set version = t.version, event_id = t.event_id from two t"
        " where t.position = e.position"
        if "version" not in names
        else "update ledger.events set version = version"
    )
    new = ", ".join(f"{name} = t.{name}" for name in names)
    log.do(
        f"update ledger.events e set {new} from two t where t.position = %s - e.position"
        " and e.position = any(%s)",
        first + second,
        [first, second],
    )
    return first


# --- events that come and go -----------------------------------------------------------------------------


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


def fit_head(log: Attacked) -> None:
    log.do(
        "update ledger.log_head set (position, recorded_at) ="
        " (select position, recorded_at from ledger.events order by position desc limit 1)"
    )


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


def fit_tree_head(log: Attacked) -> None:
    log.do(
        "update ledger.tree_head set (number, log_epoch, size, root) ="
        " (select number, log_epoch, size, root from ledger.checkpoints order by number desc limit 1)"
    )


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


# --- what is kept beside the events ----------------------------------------------------------------------


@edit("a head of the log")
def _(log: Attacked, chance: Random) -> None:
    alter(
        log,
        chance,
        "log_head",
        (
            "position = position + 1",
            "position = position - 1",
            "position = 1 << 40",
            "recorded_at = recorded_at + '1 us'",
            "log_epoch = gen_random_uuid()",
        ),
    )


@edit("a head of the tree")
def _(log: Attacked, chance: Random) -> None:
    alter(
        log,
        chance,
        "tree_head",
        (
            "number = number - 1",
            "size = size - 1",
            "size = size + 256",
            "root = sha256(root)",
            "root = null",
            "log_epoch = gen_random_uuid()",
            "log_epoch = null",
            "number = 0, log_epoch = null, size = 0, root = null",
        ),
    )


@edit("a checkpoint")
def _(log: Attacked, chance: Random) -> None:
    alter(
        log,
        chance,
        "checkpoints",
        (
            "number = number + 1000",
            "size = size + 1",
            "root = sha256(root)",
            "log_epoch = gen_random_uuid()",
            "note = replace(note, '/test/', '/tset/')",
            "note = note || '— somebody ' || encode(sha256(root), 'base64') || e'\\n'",
        ),
        one_of="number",
    )


@edit("the numbers of two checkpoints swapped")
def _(log: Attacked, chance: Random) -> None:
    numbers = [n for (n,) in log.on.execute("select number from ledger.checkpoints order by 1").fetchall()]
    one, other = chance.sample(numbers[:-1], 2)
    log.do("update ledger.checkpoints set number = -number where number = any(%s)", [one, other])
    log.do("update ledger.checkpoints set number = %s + number where number < 0", one + other)


@edit("an instant without end beside a checkpoint or cosignature")
def _(log: Attacked, chance: Random) -> None:
    table, instant = chance.choice((("checkpoints", "made_at"), ("cosignatures", "cosigned_at")))
    alter(log, chance, table, (f"{instant} = 'infinity'", f"{instant} = '-infinity'"), one_of="size")


@edit("a letter of a checkpoint's note")
def _(log: Attacked, chance: Random) -> None:
    number, note = pick(log, chance, "select number, note from ledger.checkpoints order by 1")
    log.do("update ledger.checkpoints set note = %s where number = %s", another_text(note, chance), number)


@edit("a checkpoint deleted")
def _(log: Attacked, chance: Random) -> None:
    number, size = pick(log, chance, "select number, size from ledger.checkpoints order by 1")
    log.do("delete from ledger.checkpoints where number = %s", number)
    if chance.random() < 0.5:
        log.do("delete from ledger.cosignatures where size = %s", size)


@edit("the last checkpoints deleted, with all that names them", witnessed=True)
def _(log: Attacked, chance: Random) -> None:
    sizes = [size for (size,) in log.on.execute("select size from ledger.checkpoints order by 1").fetchall()]
    size = chance.choice(sizes[:-1])
    log.do("delete from ledger.checkpoints where size > %s", size)
    log.do("delete from ledger.cosignatures where size > %s", size)
    log.on.execute("delete from ledger.tiles where (index + 1) * 256 > %s", [size])
    fit_tree_head(log)


@edit("a cosignature")
def _(log: Attacked, chance: Random) -> None:
    recipient, size, line = pick(
        log, chance, "select recipient, size, line from ledger.cosignatures order by 1, 2"
    )
    what, value = chance.choice(
        (
            ("line", another_text(line, chance)),
            ("recipient", "asl"),
            ("size", size + 1),
            ("cosigned_at", "2026-01-01 00:00:00+01"),
        )
    )
    log.do(
        f"update ledger.cosignatures set {what} = %s where recipient = %s and size = %s",
        value,
        recipient,
        size,
    )


@edit("a cosignature deleted", witnessed=True)
def _(log: Attacked, chance: Random) -> None:
    kept = {int(note.split("\n")[1]) for note in log.kept}
    rows = log.on.execute("select recipient, size from ledger.cosignatures order by 1, 2").fetchall()
    # Of one that is in no note that anybody kept nobody knows.
    log.do(
        "delete from ledger.cosignatures where recipient = %s and size = %s",
        *chance.choice([row for row in rows if row[1] in kept]),
    )


@edit("a tile")
def _(log: Attacked, chance: Random) -> int | None:
    index, hashes, root = pick(log, chance, "select index, hashes, root from ledger.tiles order by 1")
    at = chance.randrange(len(hashes))
    if chance.random() < 0.3:
        log.do("update ledger.tiles set root = %s where index = %s", flipped(root, at % 32, chance), index)
        return None
    log.do("update ledger.tiles set hashes = %s where index = %s", flipped(hashes, at, chance), index)
    return int(index) * 256 + at // 32 + 1


@edit("a tile deleted, moved or invented")
def _(log: Attacked, chance: Random) -> None:
    (index,) = pick(log, chance, "select index from ledger.tiles order by 1")
    log.do(
        chance.choice(
            (
                "delete from ledger.tiles where index = %s",
                "update ledger.tiles set index = index + 2 where index = %s",
                "update ledger.tiles set index = 1 << 40 where index = %s",
                "update ledger.tiles set level = 1 where index = %s",
                "insert into ledger.tiles select 0, 77, hashes, root from ledger.tiles where index = %s",
                "insert into ledger.tiles select 1, 0, hashes, root from ledger.tiles where index = %s",
                "insert into ledger.tiles select 7, 3, hashes, root from ledger.tiles where index = %s",
            )
        ),
        index,
    )


@edit("the keys on record")
def _(log: Attacked, chance: Random) -> None:
    log.do(
        chance.choice(
            (
                "delete from ledger.log_keys",
                "update ledger.log_keys set vkey = replace(vkey, 'A', 'B') || 'x'",
                "insert into ledger.log_keys select vkey || 'x', log_epoch from ledger.log_keys",
            )
        )
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


# --- erasures --------------------------------------------------------------------------------------------


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
