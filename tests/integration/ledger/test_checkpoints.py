"""The log signs itself as it grows: what is signed is the log, and nothing is signed that contradicts it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from pymerkle import InmemoryTree
from structlog.testing import capture_logs

from deploy.settings import Settings
from deploy.signing import Signing
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints, LogChanged, NoSuchSize
from domain.ledger.note import Checkpoint, VerifierKey, opened
from domain.ledger.recorder import Pending, pool
from domain.ledger.store import Log
from domain.ledger.tiles import Tile, Tiler
from domain.ledger.tree import extends, includes, root
from tests.databases import Ledger
from tests.integration.ledger.acts import bare, wait_until
from tests.integration.ledger.signing import KEY

pytestmark = pytest.mark.integration


@pytest.fixture
def checkpoints(log: Log) -> Checkpoints:
    return Checkpoints(log.recorder.pool)


def signer(checkpoints: Checkpoints, events: int = 1, seconds: float = 3600) -> Checkpointer:
    return Checkpointer(checkpoints, "test", KEY, events, seconds)


def grow(log: Log, events: int) -> None:
    """So many more events, of streams of their own."""
    while events:
        many, stream = min(events, 500), uuid4()
        log.recorder.append(Pending(stream, many, [bare(stream, n) for n in range(1, many + 1)]))
        events -= many


def sign_at(log: Log, checkpoints: Checkpoints, *sizes: int) -> None:
    """Let the log grow, and sign it at each of these sizes."""
    for size in sizes:
        grow(log, size - (log.recorder.max_notification_id() or 0))
        assert signer(checkpoints).step() == 1


def execute(ledger: Ledger, statement: str, *arguments: object) -> None:
    """As a superuser, who may do anything."""
    with psycopg.connect(ledger.owner_url) as owner:
        owner.execute(statement.encode(), arguments)


def entries(ledger: Ledger) -> list[bytes]:
    """What each leaf binds, said a second time: PostgreSQL's own bytes of each column, length-delimited."""
    with psycopg.connect(ledger.owner_url) as owner:
        rows = owner.execute(
            "select int8send(position) || int8send((extract(epoch from recorded_at) * 1000000)::bigint)"
            " || uuid_send(stream_id) || int4send(version) || int4send(octet_length(type))"
            " || convert_to(type, 'UTF8') || int4send(octet_length(state)) || state"
            " from ledger.events order by position"
        ).fetchall()
    return [entry for (entry,) in rows]


def leaves(ledger: Ledger) -> list[bytes]:
    return [sha256(b"\0" + entry).digest() for entry in entries(ledger)]


def key_of(checkpoints: Checkpoints, epoch: UUID) -> VerifierKey:
    """The key that signed in an epoch, as it is handed on."""
    (found,) = [key for key in checkpoints.log_keys() if key.log_epoch == epoch]
    return VerifierKey.read(found.vkey)


def check_all(ledger: Ledger, checkpoints: Checkpoints) -> list[int]:
    """Every checkpoint and tile against the tree that is made anew from the events; the sizes signed."""
    found, tiler, tiles = leaves(ledger), Tiler(), list[Tile]()
    for leaf in found:
        tiles += tiler.add(leaf)
    stored = list(checkpoints.all())
    for each in stored:
        key = key_of(checkpoints, each.log_epoch)
        assert opened(each.note, key) == Checkpoint(key.name, each.size, each.root)
        assert each.root == root(found[: each.size])
    signed = stored[-1].size if stored else 0
    within = [tile for tile in tiles if (tile.index + 1) << 8 * (tile.level + 1) <= signed]
    assert list(checkpoints.tiles()) == sorted(within, key=lambda tile: (tile.level, tile.index))
    return [each.size for each in stored]


# --- when ------------------------------------------------------------------------------------------------


def test_nothing_is_signed_without_new_events(ledger: Ledger, log: Log, checkpoints: Checkpoints) -> None:
    assert signer(checkpoints, seconds=0).step() == 0
    grow(log, 3)
    assert [signer(checkpoints, seconds=0).step() for _ in range(3)] == [1, 0, 0]
    assert check_all(ledger, checkpoints) == [3]


def test_it_signs_after_so_many_events_or_so_many_seconds(
    ledger: Ledger, log: Log, checkpoints: Checkpoints
) -> None:
    sign_at(log, checkpoints, 1)
    grow(log, 9)
    assert signer(checkpoints, events=10, seconds=60).step() == 0
    grow(log, 1)
    assert signer(checkpoints, events=10, seconds=60).step() == 1
    grow(log, 1)
    assert signer(checkpoints, events=10, seconds=60).step() == 0
    execute(
        ledger, "update ledger.events set recorded_at = recorded_at - interval '61 s' where position = 12"
    )
    assert signer(checkpoints, events=10, seconds=60).step() == 1
    assert check_all(ledger, checkpoints) == [1, 11, 12]


def test_a_log_that_was_never_signed_is_signed_on_the_way(
    ledger: Ledger, log: Log, checkpoints: Checkpoints
) -> None:
    grow(log, 9_000)
    made = signer(checkpoints, events=1000, seconds=3600)
    assert [made.step() for _ in range(4)] == [1, 1, 0, 0]
    grow(log, 192)
    assert made.step() == 1
    assert check_all(ledger, checkpoints) == [4096, 8192, 9192]


def test_a_new_epoch_begins_with_a_word_of_its_own(
    ledger: Ledger, log: Log, checkpoints: Checkpoints
) -> None:
    sign_at(log, checkpoints, 300)
    execute(ledger, "update ledger.log_head set log_epoch = gen_random_uuid()")
    assert [signer(checkpoints).step() for _ in range(2)] == [1, 0]
    sign_at(log, checkpoints, 301)
    assert check_all(ledger, checkpoints) == [300, 300, 301]
    first, second, third = checkpoints.all()
    assert first.log_epoch != second.log_epoch == third.log_epoch
    assert [each.number for each in checkpoints.all()] == [1, 2, 3]
    assert len({key.vkey for key in checkpoints.log_keys()}) == 2


# --- what ------------------------------------------------------------------------------------------------


def test_roots_and_proofs_are_those_of_an_independent_library(
    ledger: Ledger, log: Log, checkpoints: Checkpoints
) -> None:
    sizes = (1, 255, 256, 257, 1000, 2047, 2048, 3000)
    sign_at(log, checkpoints, *sizes)
    assert check_all(ledger, checkpoints) == list(sizes)
    theirs = InmemoryTree(algorithm="sha256")
    for entry in entries(ledger):
        theirs.append_entry(entry)
    roots = {each.size: each.root for each in checkpoints.all()}
    assert roots == {size: theirs.get_root(size) for size in sizes}
    for size in sizes:
        for position in {1, size // 2 + 1, size}:
            leaf, *path = theirs.prove_inclusion(position, size).serialize()["path"]
            proof = checkpoints.inclusion(position, size)
            assert [each.hex() for each in proof] == path
            assert includes(bytes.fromhex(leaf), position - 1, size, proof, roots[size])
        for first in [each for each in sizes if each <= size]:
            assert extends(first, size, roots[first], roots[size], checkpoints.consistency(first, size))


@pytest.mark.parametrize("zone", ["Europe/Rome", "America/New_York", "Asia/Kathmandu"])
def test_the_hour_that_comes_twice_is_hashed_alike_in_every_zone(
    ledger: Ledger, log: Log, checkpoints: Checkpoints, zone: str
) -> None:
    grow(log, 4)
    for position, at in enumerate(("00:30", "01:30", "05:30", "06:30"), start=1):
        day = "2025-10-26" if position < 3 else "2025-11-02"
        execute(
            ledger,
            "update ledger.events set recorded_at = %s where position = %s",
            f"{day} {at}:00.000001+00",
            position,
        )
    execute(ledger, f"alter role test_app in database {ledger.name} set timezone = '{zone}'")
    with pool(ledger.app_url, size=2) as connections:
        assert signer(Checkpoints(connections)).step() == 1
    assert check_all(ledger, checkpoints) == [4]


def test_a_size_that_no_checkpoint_vouches_for_is_not_proved(log: Log, checkpoints: Checkpoints) -> None:
    sign_at(log, checkpoints, 300)
    grow(log, 5)
    for ask in (
        lambda: checkpoints.inclusion(1, 301),
        lambda: checkpoints.consistency(1, 301),
        lambda: checkpoints.consistency(1, 10**9),
    ):
        with pytest.raises(NoSuchSize):
            ask()
    with pytest.raises(ValueError, match="no leaf"):
        checkpoints.inclusion(0, 300)
    with pytest.raises(ValueError, match="no leaf"):
        checkpoints.inclusion(300, 299)
    with pytest.raises(ValueError, match="does not shrink"):
        checkpoints.consistency(300, 299)


# --- what was signed stands ------------------------------------------------------------------------------

CHANGES = {
    "a byte of a state": "update ledger.events set state = state || 'x' where position = 299",
    "an instant": "update ledger.events set recorded_at = recorded_at + interval '1 us' where position = 299",
    "two events swapped": "update ledger.events set position = case position when 298 then 299 else 298 end"
    " where position in (298, 299)",
    "a tile": "update ledger.tiles set root = decode(repeat('ab', 32), 'hex')",
    "the last event deleted": "delete from ledger.events where position = 300",
    "the last event undone": "delete from ledger.events where position = 300;"
    " update ledger.log_head set position = 299",
    "an event within deleted": "delete from ledger.events where position = 298",
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_signed_on_top_of_what_was_changed(
    ledger: Ledger, log: Log, checkpoints: Checkpoints, change: str
) -> None:
    sign_at(log, checkpoints, 300)
    with psycopg.connect(ledger.owner_url) as owner:
        owner.execute("alter table ledger.events drop constraint events_pkey")
        for statement in CHANGES[change].split(";"):
            owner.execute(statement.encode())
    if "undone" not in change:
        grow(log, 1)
    for _ in range(2):
        with pytest.raises(LogChanged):
            signer(checkpoints).step()
    assert [each.size for each in checkpoints.all()] == [300]


def test_the_relay_says_that_the_log_was_changed_and_keeps_nobody_waiting(
    ledger: Ledger, log: Log, checkpoints: Checkpoints, tmp_path: Path
) -> None:
    step = Signing(Settings(var=tmp_path, checkpoint_events=1), checkpoints).step
    grow(log, 3)
    assert step() == 1
    execute(ledger, "update ledger.events set state = 'x' where position = 3")
    grow(log, 1)
    with capture_logs() as lines:
        wait_until(lambda: step() == 0 and bool(lines))
        assert [step() for _ in range(50)] == [0] * 50
    assert lines == [
        {
            "event": "the log is not what was signed, and is signed no more",
            "because": "the first 3 events are not those that were signed",
            "log_level": "error",
        }
    ]
    assert [each.size for each in checkpoints.all()] == [3]


def test_an_event_that_is_missing_among_the_new_ones_is_not_signed_over(
    ledger: Ledger, log: Log, checkpoints: Checkpoints
) -> None:
    sign_at(log, checkpoints, 10)
    grow(log, 5)
    execute(ledger, "delete from ledger.events where position = 13")
    with pytest.raises(LogChanged, match="event 13 is missing"):
        signer(checkpoints).step()


def tiles_of(ledger: Ledger, size: int) -> list[Tile]:
    tiler = Tiler()
    return [tile for leaf in leaves(ledger)[:size] for tile in tiler.add(leaf)]


@pytest.mark.parametrize(
    ("size", "error"),
    [
        (299, psycopg.errors.CheckViolation),
        (300, psycopg.errors.CheckViolation),
        (521, psycopg.errors.CheckViolation),
        (520, None),
    ],
)
def test_the_database_takes_no_checkpoint_that_shrinks_repeats_or_runs_ahead(
    ledger: Ledger, log: Log, checkpoints: Checkpoints, size: int, error: type[Exception] | None
) -> None:
    sign_at(log, checkpoints, 300)
    grow(log, 220)
    epoch, made = checkpoints.head().log_epoch, Checkpoint("o", size, bytes(32))
    tiles = [tile for tile in tiles_of(ledger, size) if tile.index == 1]
    if error is None:
        assert checkpoints.add(300, epoch, made, "note", "vkey", tiles) == 2
        return
    with pytest.raises(error):
        checkpoints.add(300, epoch, made, "note", "vkey", tiles)
    assert [each.size for each in checkpoints.all()] == [300]


def test_the_database_takes_a_tile_once_and_none_out_of_its_turn(
    ledger: Ledger, log: Log, checkpoints: Checkpoints
) -> None:
    sign_at(log, checkpoints, 300)
    grow(log, 300)
    epoch, made = checkpoints.head().log_epoch, Checkpoint("o", 600, bytes(32))
    first, second = tiles_of(ledger, 600)
    other = replace(first, hashes=bytes(8192))
    with pytest.raises(psycopg.errors.UniqueViolation, match="other hashes"):
        checkpoints.add(300, epoch, made, "note", "vkey", [other, second])
    with pytest.raises(psycopg.errors.CheckViolation, match="do not end with"):
        checkpoints.add(300, epoch, made, "note", "vkey", [])
    with pytest.raises(psycopg.errors.CheckViolation, match="do not end with"):
        checkpoints.add(300, epoch, made, "note", "vkey", [second, replace(second, index=2)])
    with pytest.raises(psycopg.errors.SerializationFailure):
        checkpoints.add(299, epoch, made, "note", "vkey", [second])
    with pytest.raises(psycopg.errors.SerializationFailure, match="another epoch"):
        checkpoints.add(300, uuid4(), made, "note", "vkey", [second])
    assert check_all(ledger, checkpoints) == [300]
    checkpoints.add(300, epoch, made, "note", "vkey", [first, second])


def test_the_first_cosignature_of_a_recipient_stays(log: Log, checkpoints: Checkpoints) -> None:
    sign_at(log, checkpoints, 3, 5)
    epoch = checkpoints.head().log_epoch
    checkpoints.cosign("cpi", epoch, 3, "a line", 1_700_000_000)
    checkpoints.cosign("cpi", epoch, 3, "another", 1_800_000_000)
    checkpoints.cosign("ust", epoch, 3, "a third", 1_700_000_001)
    found = checkpoints.cosignatures(epoch, [3, 5])
    assert [(each.recipient, each.line) for each in found] == [("cpi", "a line"), ("ust", "a third")]
    assert found[0].cosigned_at == datetime.fromtimestamp(1_700_000_000, UTC)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        checkpoints.cosign("cpi", epoch, 4, "a line", 1)


# --- many at once, and deaths ----------------------------------------------------------------------------


@contextmanager
def process(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", f"tests.integration.ledger.{module}", *arguments],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def test_what_several_processes_wrote_while_two_signed_and_died_is_the_tree_made_from_scratch(
    ledger: Ledger, checkpoints: Checkpoints
) -> None:
    """Signers die by kill -9 wherever they are; the next goes on, and nothing is signed twice or left out."""
    writing = [ledger.app_url, "4", "60"]
    with process("writers", *writing, "1") as first, process("writers", *writing, "2") as second:

        def written() -> bool:
            return first.poll() is not None and second.poll() is not None

        while not written():
            with process("signing", ledger.app_url), process("signing", ledger.app_url):
                before = checkpoints.head().size
                wait_until(lambda before=before: checkpoints.head().size > before or written())  # type: ignore[misc]
    assert (first.returncode, second.returncode) == (0, 0)
    signer(checkpoints).step()
    sizes = check_all(ledger, checkpoints)
    assert sizes[-1] == checkpoints.head().position > 480
    assert sizes == sorted(set(sizes))


# --- what a bundle asks for --------------------------------------------------------------------------------


def test_an_event_is_covered_by_the_first_checkpoint_over_it_also_of_an_earlier_epoch(
    ledger: Ledger, log: Log, checkpoints: Checkpoints
) -> None:
    sign_at(log, checkpoints, 3, 7)
    execute(ledger, "select ledger.renew_epoch(null)")
    sign_at(log, checkpoints, 9, 12)
    covered = {position: checkpoints.covering(position) for position in (1, 3, 4, 7, 8, 9, 10, 12, 13)}
    assert {position: found and (found.number, found.size) for position, found in covered.items()} == {
        1: (1, 3),
        3: (1, 3),
        4: (2, 7),
        7: (2, 7),
        8: (3, 9),
        9: (3, 9),
        10: (4, 12),
        12: (4, 12),
        13: None,
    }


def test_of_each_recipient_the_first_cosignature_from_a_size_on_is_told(
    ledger: Ledger, log: Log, checkpoints: Checkpoints
) -> None:
    sign_at(log, checkpoints, 2, 4, 6)
    epoch = checkpoints.head().log_epoch
    for recipient in ("cpi", "ust", "asl"):
        for key in ("{}", '{"another": "key"}'):
            execute(ledger, "select ledger.enrol(%s, %s)", recipient, key)
    for recipient, size in (("cpi", 2), ("cpi", 4), ("cpi", 6), ("ust", 6), ("asl", 2)):
        checkpoints.cosign(recipient, epoch, size, f"{recipient} {size}", 1_780_000_000)
    now = datetime.now(UTC)
    said = [(each.recipient, each.size) for each in checkpoints.first_cosigned(epoch, 3, now)]
    assert said == [("cpi", 4), ("ust", 6)]
    assert checkpoints.first_cosigned(epoch, 3, now.replace(year=2000)) == []
    assert checkpoints.first_cosigned(UUID(int=0), 3, now) == []
