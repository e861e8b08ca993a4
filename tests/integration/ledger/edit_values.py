"""Edits of one event, or of two in the place of each other: a byte, a value, an instant."""

from __future__ import annotations

import re
from random import Random
from uuid import UUID

import orjson

from domain.ledger.tiles import WIDTH
from tests.integration.ledger.attacked import Attacked
from tests.integration.ledger.edits import (
    ALPHABET,
    FIELDS,
    another_letter,
    change,
    column,
    edit,
    flipped,
    gone_for_ever,
    living_box,
    of_two_people,
    somewhere,
)

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
