"""Key-encryption keys, in a file and in a real PKCS#11 module: one suite for both."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pkcs11
import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from pydantic import SecretStr

from deploy.key_file import key_file as opened_with
from deploy.settings import Settings
from domain.ledger.hsm import WrappingModule
from domain.ledger.keys import KeyFile
from domain.ledger.wrapping import Wrapping, WrappingFile, WrongKeyEncryptionKey, id_of
from tests.softhsm import PIN, TOKEN, SoftHsm

pytestmark = pytest.mark.integration

Opened = Callable[[], Wrapping]
"""The same key-encryption keys, opened once more, as another process would."""


@pytest.fixture(params=["file", "module"])
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    if request.param == "file":
        return lambda: WrappingFile(tmp_path / "apart" / "kek")
    module, label = request.getfixturevalue("hsm"), f"test-{uuid4()}"
    return lambda: WrappingModule(module.library, TOKEN, PIN, label)


@pytest.fixture
def wrapping(again: Opened) -> Wrapping:
    return again()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keys.sqlite"


def test_what_was_wrapped_opens_and_nothing_else_does(wrapping: Wrapping) -> None:
    by, secret = wrapping.make(), os.urandom(32)
    wrapped = wrapping.wrap(by, secret)
    assert wrapping.unwrap(by, wrapped) == secret and secret not in wrapped
    for changed in (bytes([wrapped[0] ^ 1]) + wrapped[1:], wrapped[:-8], b"x" * 7, b""):
        with pytest.raises(WrongKeyEncryptionKey):
            wrapping.unwrap(by, changed)
    assert wrapping.unwrap(by, wrapped) == secret


def test_there_is_none_until_one_is_made_and_none_is_made_by_asking(again: Opened) -> None:
    assert list(again().ids()) == []
    made = again().make()
    assert list(again().ids()) == [made]


def test_one_does_not_open_what_another_wrapped(wrapping: Wrapping) -> None:
    one, other = wrapping.make(), wrapping.make()
    assert one != other
    with pytest.raises(WrongKeyEncryptionKey):
        wrapping.unwrap(other, wrapping.wrap(one, bytes(32)))


def test_one_made_by_another_process_is_found_when_it_is_needed(again: Opened) -> None:
    here, there = again(), again()
    by = here.make()
    assert there.unwrap(by, here.wrap(by, bytes(32))) == bytes(32)
    second = there.make()
    assert here.unwrap(second, there.wrap(second, bytes(32))) == bytes(32)
    assert set(again().ids()) == {by, second}


def test_one_that_was_forgotten_is_gone_and_the_error_says_which_was_wanted(again: Opened) -> None:
    here = again()
    gone, kept = here.make(), here.make()
    wrapped = here.wrap(gone, bytes(32))
    here.forget(gone)
    assert list(again().ids()) == [kept]
    for each in (here, again()):
        with pytest.raises(
            WrongKeyEncryptionKey, match=f"wrapped by the key-encryption key {gone}, and here"
        ):
            each.unwrap(gone, wrapped)


def test_wrapping_is_rfc_3394_and_the_id_follows_from_it(wrapping: Wrapping) -> None:
    """The same key has the same id wherever it is: a file or a module."""
    by = wrapping.make()
    assert by == id_of(lambda secret: wrapping.wrap(by, secret))
    assert len(wrapping.wrap(by, bytes(32))) == len(aes_key_wrap(bytes(32), bytes(32))) == 40


def test_a_key_file_opens_again_with_its_keys(again: Opened, key_file: Path) -> None:
    keys = KeyFile(key_file, again())
    made = keys.ensure(["person/1"])["person/1"].salting
    keys.close()
    keys = KeyFile(key_file, again())
    assert keys.held(["person/1"])["person/1"].salting == made
    assert list(again().ids()) == [keys._wrapped_by()]
    keys.close()


def test_a_lost_key_encryption_key_is_never_made_anew(again: Opened, key_file: Path) -> None:
    keys, wrapping = KeyFile(key_file, again()), again()
    keys.ensure(["person/1"])
    keys.close()
    (lost,) = wrapping.ids()
    wrapping.forget(lost)
    with pytest.raises(WrongKeyEncryptionKey, match=f"{lost}, and here is none"):
        KeyFile(key_file, again())
    assert list(again().ids()) == []


def test_the_key_file_of_another_register_does_not_open(
    again: Opened, key_file: Path, tmp_path: Path
) -> None:
    other = KeyFile(key_file, tmp_path / "another kek")
    other.ensure(["person/1"])
    other.close()
    mine = again()
    here = mine.make()
    with pytest.raises(WrongKeyEncryptionKey, match=f"here is {here}"):
        KeyFile(key_file, mine)


# --- what only a module can do -------------------------------------------------------------------------


@pytest.fixture
def label() -> str:
    return f"test-{uuid4()}"


def test_nobody_reads_a_key_encryption_key_out_of_its_module(hsm: SoftHsm, label: str) -> None:
    module = WrappingModule(hsm.library, TOKEN, PIN, label)
    by = module.make()
    key = module._held[by]
    assert key[pkcs11.Attribute.NEVER_EXTRACTABLE] and not key[pkcs11.Attribute.DECRYPT]
    with pytest.raises(pkcs11.AttributeSensitive):
        key[pkcs11.Attribute.VALUE]


def test_no_key_of_a_person_stays_in_the_module(hsm: SoftHsm, label: str) -> None:
    module = WrappingModule(hsm.library, TOKEN, PIN, label)
    by = module.make()
    session = module._opened()
    before = len(list(session.get_objects()))
    module.unwrap(by, module.wrap(by, os.urandom(32)))
    assert len(list(session.get_objects())) == before


def test_a_session_that_the_module_ended_is_opened_anew(hsm: SoftHsm, label: str) -> None:
    module = WrappingModule(hsm.library, TOKEN, PIN, label)
    by = module.make()
    wrapped = module.wrap(by, b"k" * 32)
    module._opened().close()
    assert module.unwrap(by, wrapped) == b"k" * 32


def test_the_settings_open_the_key_file_with_a_module_and_leave_no_key_in_a_file(
    hsm: SoftHsm, label: str, tmp_path: Path
) -> None:
    settings = Settings(
        var=tmp_path,
        pkcs11_module=Path(hsm.library),
        pkcs11_token=TOKEN,
        pkcs11_pin=SecretStr(PIN),
        pkcs11_key=label,
    )
    keys = opened_with(settings)
    made = keys.ensure(["person/1"])["person/1"].salting
    keys.rotate()
    keys.close()
    keys = opened_with(settings)
    assert keys.held(["person/1"])["person/1"].salting == made
    keys.close()
    assert not settings.keys[1].exists()


# In a process of its own: a PIN counts only for the first login of a process.
LOGIN = """
import sys
from domain.ledger.hsm import WrappingModule
from domain.ledger.wrapping import WrongKeyEncryptionKey
try:
    WrappingModule(*sys.argv[1:], "any").ids()
except WrongKeyEncryptionKey as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("library", "token", "pin", "says"),
    [
        ("/no/such/library.so", TOKEN, PIN, "set AMBITO_PKCS11_MODULE"),
        (None, "no such token", PIN, "set AMBITO_PKCS11_TOKEN"),
        (None, TOKEN, "0000", "set AMBITO_PKCS11_PIN"),
    ],
)
def test_a_module_that_does_not_open_says_which_setting_to_look_at(
    hsm: SoftHsm, library: str | None, token: str, pin: str, says: str
) -> None:
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOGIN, library or hsm.library, token, pin],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert says in told and pin not in told


# --- rotation ------------------------------------------------------------------------------------------


def test_after_a_rotation_every_key_is_what_it_was_under_another_key_encryption_key(
    again: Opened, key_file: Path
) -> None:
    keys = KeyFile(key_file, again())
    ids = [f"person/{n}" for n in range(250)]
    before = {key_id: key.salting for key_id, key in keys.ensure(ids).items()}
    keys.destroy("person/7")
    was, told = keys._wrapped_by(), list[tuple[int, int]]()
    now = keys.rotate(lambda done, of: told.append((done, of)))
    assert now != was and told[-1] == (249, 249) and [done for done, _ in told] == [100, 200, 249, 249]
    keys.close()
    keys = KeyFile(key_file, again())
    after = {key_id: key.salting for key_id, key in keys.held(ids).items()}
    assert after == {key_id: salt for key_id, salt in before.items() if key_id != "person/7"}
    assert keys.states(["person/7"]).destroyed == {"person/7"}
    assert keys.retire() == [was] and keys.retire() == []
    keys.close()
    keys = KeyFile(key_file, again())
    assert {key_id: key.salting for key_id, key in keys.held(ids).items()} == after
    keys.close()


def test_an_interrupted_rotation_is_finished_not_begun_again(again: Opened, key_file: Path) -> None:
    keys = KeyFile(key_file, again())
    keys.ensure([f"person/{n}" for n in range(250)])

    def interrupt(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keys.rotate(interrupt)
    begun = keys._wrapped_by()
    assert keys._waiting() == 150
    assert keys.retire() == []
    keys.close()
    keys = KeyFile(key_file, again())
    assert keys.rotate() == begun and keys._waiting() == 0
    assert len(again().ids()) == 2
    keys.close()


def test_a_copy_of_the_key_file_from_before_a_rotation_opens_until_the_old_one_is_retired(
    again: Opened, key_file: Path, tmp_path: Path
) -> None:
    keys = KeyFile(key_file, again())
    made = keys.ensure(["person/1"])["person/1"].salting
    keys.close()
    (tmp_path / "backup").mkdir()
    backup = tmp_path / "backup" / "keys.sqlite"
    backup.write_bytes(key_file.read_bytes())
    keys = KeyFile(key_file, again())
    keys.rotate()
    old = KeyFile(backup, again())
    assert old.held(["person/1"])["person/1"].salting == made
    old.close()
    (retired,) = keys.retire()
    keys.close()
    with pytest.raises(WrongKeyEncryptionKey, match=retired):
        KeyFile(backup, again())


# A process of the register: reads what it knows and makes new keys, until told to stop; counts what failed.
WORKER = """
import os, sys, threading
from pathlib import Path
from domain.ledger.keys import KeyFile
from domain.ledger.hsm import WrappingModule
file, name, *module = sys.argv[1:]
keys = KeyFile(Path(file), WrappingModule(*module) if len(module) > 1 else Path(module[0]))
known = {f"person/{n}": None for n in range(150)}
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
first = {k: v.salting for k, v in keys.held(known).items()}
assert len(first) == 150
print("ready", flush=True)
rounds = made = 0
while not stop.is_set():
    keys._known.clear()  # as a process just started would: every key is unwrapped anew
    assert {k: v.salting for k, v in keys.held(known).items()} == first
    fresh = f"person/{name}-{made}"
    salt = keys.ensure([fresh])[fresh].salting
    keys._known.clear()
    assert keys.held([fresh])[fresh].salting == salt
    made += 1
    rounds += 1
print(rounds, made, flush=True)
"""


def test_other_processes_read_and_make_keys_while_it_rotates(
    request: pytest.FixtureRequest, again: Opened, key_file: Path
) -> None:
    opened = again()
    keys = KeyFile(key_file, opened)
    keys.ensure([f"person/{n}" for n in range(150)])
    how = (
        [str(opened._path)]
        if isinstance(opened, WrappingFile)
        else [opened._module, TOKEN, PIN, opened._label]  # type: ignore[attr-defined]
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WORKER, str(key_file), name, *how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    try:
        for worker in workers:
            assert worker.stdout and worker.stdout.readline() == "ready\n"
        ids = {keys._wrapped_by()}
        for _ in range(4):
            ids.add(keys.rotate())
            keys.retire()
        ended = [worker.communicate() for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [(worker.returncode, errors) for worker, (_, errors) in zip(workers, ended, strict=True)] == [
        (0, ""),
        (0, ""),
    ]
    made = [int(told.split()[1]) for told, _ in ended]
    assert len(ids) == 5 and min(made) > 0
    every = [
        f"person/{name}-{n}" for name, count in zip(("one", "two"), made, strict=True) for n in range(count)
    ]
    keys._known.clear()
    assert len(keys.held(every)) == sum(made) and list(again().ids()) == [keys._wrapped_by()]
    keys.close()


# --- the file ------------------------------------------------------------------------------------------


def test_a_key_file_of_version_0_1_opens_and_rotates(tmp_path: Path) -> None:
    """The fixture is what that version wrote: no column for what wrapped a key, no list of the destroyed."""
    import sqlite3

    kek = os.urandom(32)
    (tmp_path / "kek").write_bytes(kek)
    (tmp_path / "keys").mkdir()
    old = sqlite3.connect(tmp_path / "keys" / "keys.sqlite")
    old.execute("create table keys (key_id text primary key, wrapped blob, made_at text)")
    old.execute("insert into keys values ('person/1', ?, null)", [aes_key_wrap(kek, b"k" * 32)])
    old.execute("insert into keys values ('person/2', null, null)")
    old.commit()
    old.close()
    keys = KeyFile(tmp_path / "keys" / "keys.sqlite", tmp_path / "kek")
    salt = keys.held(["person/1"])["person/1"].salting
    assert keys.states(["person/1", "person/2", "person/3"]).destroyed == {"person/2"}
    assert keys.erasures() == 1
    keys.rotate()
    keys.retire()
    keys.close()
    keys = KeyFile(tmp_path / "keys" / "keys.sqlite", tmp_path / "kek")
    assert keys.held(["person/1"])["person/1"].salting == salt
    keys.close()


def test_only_its_owner_reads_the_file_of_key_encryption_keys(tmp_path: Path) -> None:
    wrapping = WrappingFile(tmp_path / "kek")
    for _ in range(2):
        wrapping.make()
        assert (tmp_path / "kek").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["kek"]


def test_both_files_may_lie_in_one_folder(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.sqlite", tmp_path / "kek")
    keys.ensure(["person/1"])
    keys.rotate()
    assert len(keys.retire()) == 1
    keys.close()


def test_processes_that_make_one_at_once_lose_none(tmp_path: Path) -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.append(WrappingFile(tmp_path / "kek").make())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(WrappingFile(tmp_path / "kek").ids())) == 8 >= len(set(made)) > 0


def test_the_id_tells_nothing_of_the_key(tmp_path: Path) -> None:
    wrapping = WrappingFile(tmp_path / "kek")
    by = wrapping.make()
    kek = (tmp_path / "kek").read_bytes()
    assert by not in (kek.hex(), hashlib.sha256(kek).hexdigest()[:16]) and len(by) == 16


@pytest.mark.parametrize("rest", [b"x" * 7, b"y" * 31])
def test_one_cut_short_says_so_and_where_to_look(tmp_path: Path, rest: bytes) -> None:
    (tmp_path / "kek").write_bytes(rest)
    with pytest.raises(WrongKeyEncryptionKey, match=rf"kek is cut short: {len(rest)} bytes.*backup"):
        KeyFile(tmp_path / "keys" / "keys.sqlite", tmp_path / "kek")
    assert (tmp_path / "kek").read_bytes() == rest


def test_an_empty_key_file_waits_for_its_key_encryption_key(tmp_path: Path) -> None:
    KeyFile(tmp_path / "keys" / "keys.sqlite", tmp_path / "kek").close()
    (tmp_path / "kek").unlink()
    with pytest.raises(WrongKeyEncryptionKey, match="restore it"):
        KeyFile(tmp_path / "keys" / "keys.sqlite", tmp_path / "kek")
    assert not (tmp_path / "kek").exists()


@pytest.fixture(autouse=True)
def _no_leftovers(tmp_path: Path) -> Iterator[None]:
    """No draft of a file stays behind."""
    yield
    assert not [path for path in tmp_path.rglob("kek?*") if path.name != "kek"]
