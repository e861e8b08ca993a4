"""Edits of what is kept beside the events: heads, checkpoints, cosignatures, tiles, keys."""

from __future__ import annotations

from random import Random

from tests.integration.ledger.attacked import Attacked
from tests.integration.ledger.edits import alter, another_text, edit, fit_tree_head, flipped, pick


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


@edit("a head deleted")
def _(log: Attacked, chance: Random) -> None:
    log.do(f"delete from ledger.{chance.choice(('log_head', 'tree_head'))}")


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
