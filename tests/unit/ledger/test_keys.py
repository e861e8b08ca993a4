"""The file of keys: shared by threads and processes, nothing in clear, what is destroyed is gone."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from domain.ledger.announced import Announced
from domain.ledger.keys import KeyDestroyed, KeyFile, WrongKeyEncryptionKey

pytestmark = pytest.mark.unit


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyFile]:
    opened = open_in(tmp_path)
    yield opened
    opened.close()


def open_in(folder: Path) -> KeyFile:
    return KeyFile(folder / "keys" / "keys.sqlite", folder / "kek")


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((folder / "keys").iterdir()))


def wrapped(folder: Path, key_id: str) -> bytes:
    file = sqlite3.connect(folder / "keys" / "keys.sqlite")
    try:
        (found,) = file.execute("select wrapped from keys where key_id = ?", [key_id]).fetchone()
    finally:
        file.close()
    return bytes(found)


def test_a_key_is_made_once_and_survives_a_restart(keys: KeyFile, tmp_path: Path) -> None:
    (made,) = keys.ensure(["person/1"]).values()
    assert keys.ensure(["person/1"])["person/1"] is made
    again = open_in(tmp_path)
    assert again.held(["person/1"])["person/1"].salting == made.salting
    again.close()


def test_each_id_has_a_key_of_its_own(keys: KeyFile) -> None:
    made = keys.ensure([f"person/{n}" for n in range(50)])
    assert len({key.salting for key in made.values()}) == 50


def test_a_key_that_was_never_made_is_not_held(keys: KeyFile) -> None:
    assert keys.held(iter(["person/1"])) == {}
    keys.ensure(iter(["person/1"]))
    assert list(keys.held(iter(["person/1", "person/2"]))) == ["person/1"]


def test_a_destroyed_key_is_not_held_and_never_made_again(keys: KeyFile, tmp_path: Path) -> None:
    keys.ensure(["person/1", "person/2"])
    keys.destroy("person/1")
    assert list(keys.held(["person/1", "person/2"])) == ["person/2"]
    again = open_in(tmp_path)
    for each in (keys, again):
        with pytest.raises(KeyDestroyed, match="person/1"):
            each.ensure(["person/1", "person/2", "person/3"])
    again.close()


def test_a_person_can_be_erased_before_anything_is_known_of_them(keys: KeyFile) -> None:
    keys.destroy("person/1")
    keys.destroy("person/1")
    with pytest.raises(KeyDestroyed):
        keys.ensure(["person/1"])


def test_the_bytes_of_a_destroyed_key_are_overwritten(keys: KeyFile, tmp_path: Path) -> None:
    keys.ensure(["person/1", "person/2"])
    gone, kept = wrapped(tmp_path, "person/1"), wrapped(tmp_path, "person/2")
    assert gone in everything_on_disk(tmp_path)
    keys.destroy("person/1")
    assert gone not in everything_on_disk(tmp_path)
    assert kept in everything_on_disk(tmp_path)


def test_the_file_holds_no_key_in_clear(keys: KeyFile, tmp_path: Path) -> None:
    ids = [f"person/{n}" for n in range(20)]
    made, wrapping = keys.ensure(ids), (tmp_path / "kek").read_bytes()
    disk = everything_on_disk(tmp_path)
    for key_id in ids:
        assert wrapped(tmp_path, key_id) in disk
        assert aes_key_unwrap(wrapping, wrapped(tmp_path, key_id)) not in disk
        assert made[key_id].salting not in disk
    assert wrapping not in disk and len(wrapping) == 32


def test_only_its_owner_may_read_the_files(keys: KeyFile, tmp_path: Path) -> None:
    keys.ensure(["person/1"])
    files = [*(tmp_path / "keys").iterdir(), tmp_path / "kek"]
    assert len(files) >= 3
    assert {file.stat().st_mode & 0o077 for file in files} == {0}


@pytest.mark.parametrize("other", [b"x" * 32, b"", b"x" * 7])
def test_another_key_encryption_key_opens_nothing(keys: KeyFile, tmp_path: Path, other: bytes) -> None:
    keys.ensure(["person/1"])
    (tmp_path / "kek").write_bytes(other)
    with pytest.raises(WrongKeyEncryptionKey):
        open_in(tmp_path)


def test_a_lost_key_encryption_key_is_not_silently_made_anew(keys: KeyFile, tmp_path: Path) -> None:
    keys.ensure(["person/1"])
    (tmp_path / "kek").unlink()
    with pytest.raises(WrongKeyEncryptionKey):
        open_in(tmp_path)


def test_many_threads_that_want_the_same_new_keys_get_the_same_ones(keys: KeyFile) -> None:
    barrier = threading.Barrier(8)

    def want(n: int) -> dict[str, Any]:
        barrier.wait()
        return keys.ensure([f"person/{k}" for k in range(n, n + 20)])

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(want, range(8)))
    salts: dict[str, set[bytes]] = {}
    for each in made:
        for key_id, key in each.items():
            salts.setdefault(key_id, set()).add(key.salting)
    assert len(salts) == 27 and all(len(one) == 1 for one in salts.values())


def test_a_disk_that_refuses_fails_who_asked_and_nothing_after(
    keys: KeyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(tmp_path / "keys" / "keys.sqlite", isolation_level=None)
    other.execute("create trigger full before insert on keys begin select raise(abort, 'disk is full'); end")
    with pytest.raises(sqlite3.IntegrityError, match="disk is full"):
        keys.ensure(["person/1"])
    other.execute("drop trigger full")
    other.close()
    assert list(keys.ensure(["person/2"])) == ["person/2"]
    assert keys.held(["person/1"]) == {}


# --- two processes ----------------------------------------------------------------------------------------

SCRIPT = """
import sys
from pathlib import Path
from domain.ledger.keys import KeyFile
folder = Path(sys.argv[1])
keys = KeyFile(folder / "keys" / "keys.sqlite", folder / "kek")
for line in sys.stdin:
    verb, *ids = line.split()
    if verb == "destroy":
        keys.destroy(ids[0])
        found = {}
    else:
        found = getattr(keys, verb)(ids)
    print(*[f"{name}={key.salting.hex()}" for name, key in sorted(found.items())], flush=True)
"""


class Process:
    """Another process with the same file, asked line by line."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", SCRIPT, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str) -> dict[str, str]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the process ended"
        return dict(pair.split("=") for pair in answer.split())

    def end(self) -> None:
        self.process.communicate()


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    process.end()


def test_what_one_process_makes_another_reads(keys: KeyFile, another: Process) -> None:
    assert another("held", "person/1") == {}
    made = keys.ensure(["person/1"])["person/1"]
    assert another("held", "person/1") == {"person/1": made.salting.hex()}
    theirs = another("ensure", "person/1", "person/2")
    assert keys.held(["person/2"])["person/2"].salting.hex() == theirs["person/2"]


def test_what_one_process_destroys_another_no_longer_opens(keys: KeyFile, another: Process) -> None:
    keys.ensure(["person/1", "person/2"])
    assert len(another("held", "person/1", "person/2")) == 2
    keys.destroy("person/1")
    assert list(another("held", "person/1", "person/2")) == ["person/2"]
    another("destroy", "person/2")
    assert keys.held(["person/1", "person/2"]) == {}


def test_a_destruction_that_is_announced_and_then_fails_hides_no_later_one(
    keys: KeyFile, another: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = ["person/1", "person/2"]
    keys.ensure(both)
    announce = Announced.announce
    with monkeypatch.context() as broken:
        broken.setattr(Announced, "announce", lambda self, number: announce(self, number) or 1 // 0)
        with pytest.raises(ZeroDivisionError):
            keys.destroy("person/1")
    assert len(keys.held(both)) == len(another("held", *both)) == 2
    keys.destroy("person/2")
    assert list(keys.held(both)) == ["person/1"] and list(another("held", *both)) == ["person/1"]
    another("destroy", "person/1")
    assert keys.held(both) == {} and keys.erasures() == 2


@pytest.mark.parametrize("left", [None, (9).to_bytes(8, sys.byteorder), b"", bytes(8)])
def test_what_stands_beside_a_key_file_of_another_day_misleads_nobody(
    keys: KeyFile, tmp_path: Path, left: bytes | None
) -> None:
    keys.ensure(["person/1", "person/2"])
    keys.destroy("person/1")
    keys.close()
    beside = tmp_path / "keys" / "keys.sqlite-destroyed"
    beside.unlink()
    if left is not None:
        beside.write_bytes(left)
    with closing(open_in(tmp_path)) as again, closing(open_in(tmp_path)) as other:
        assert list(again.held(["person/1", "person/2"])) == ["person/2"] == list(other.held(["person/2"]))
        again.destroy("person/2")
        assert other.held(["person/2"]) == {} and other.erasures() == 2


def test_processes_that_start_at_once_share_one_key_encryption_key(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    processes = [Process(tmp_path) for _ in range(12)]
    try:
        made = [process("ensure", "person/1") for process in processes]
    finally:
        for process in processes:
            process.end()
    assert len({each["person/1"] for each in made}) == 1
