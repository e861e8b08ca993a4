"""The supervisor, with small Python programs for children."""

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.supervisor import Child, StartFailed, Supervisor, in_order

pytestmark = pytest.mark.unit

NOBODY = pwd.getpwnam("nobody").pw_uid
SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(600)"
)
WITH_GRANDCHILD = (
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(p.pid, flush=True); p.wait()"
)


def python(name: str, program: str, **more: object) -> Child:
    return Child(name, [sys.executable, "-c", program], **more)  # type: ignore[arg-type]


def until(true: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """A zombie, ended but not yet collected by its parent, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def die_and_come_back(supervisor: Supervisor) -> None:
    before = supervisor.pids()

    def back() -> bool:
        supervisor.tend()
        return len(supervisor.pids()) == len(before) and supervisor.pids() != before

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    until(back)


def test_each_starts_after_those_it_needs() -> None:
    relay, kafka, postgres = (
        Child("relay", [], after=("kafka", "postgres")),
        Child("kafka", []),
        Child("postgres", []),
    )
    assert [c.name for c in in_order([relay, kafka, postgres])] == ["kafka", "postgres", "relay"]


def test_a_name_that_is_not_there_is_not_waited_for() -> None:
    assert [c.name for c in in_order([Child("relay", [], after=("kafka",))])] == ["relay"]


def test_children_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="a, b"):
        in_order([Child("a", [], after=("b",)), Child("b", [], after=("a",))])


def test_the_next_waits_until_the_one_before_is_ready(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    slow = f"import time; time.sleep(0.3); open({str(flag)!r}, 'w'); {SLEEP}"
    first = python("first", slow, ready=flag.exists)
    look = f"import os; print(os.path.exists({str(flag)!r}), flush=True); {SLEEP}"
    second = python("second", look, after=("first",))
    said: list[str] = []
    supervisor = Supervisor([second, first], tmp_path / "log", said.append)
    try:
        supervisor.start()
        until(lambda: (tmp_path / "log" / "second.log").read_text() == "True\n")
    finally:
        supervisor.stop()
    assert [line.split(" after ")[0] for line in said] == [
        "first: starting",
        "first: ready",
        "second: starting",
        "second: ready",
        "second: stopping",
        "first: stopping",
    ]


def test_a_child_that_dies_is_started_again_each_time_a_little_later(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor([python("child", SLEEP)], tmp_path, said.append)
    try:
        supervisor.start()
        for _death in range(3):
            die_and_come_back(supervisor)
    finally:
        supervisor.stop()
    pauses = [line.split("again in ")[1].split(" s")[0] for line in said if "again in" in line]
    assert pauses == ["0.2", "0.4", "0.8"]


def test_stopping_stops_all(tmp_path: Path) -> None:
    supervisor = Supervisor([python(name, SLEEP) for name in "abc"], tmp_path, lambda _line: None)
    supervisor.start()
    pids = list(supervisor.pids().values())
    assert len(pids) == 3 and all(map(lives, pids))
    supervisor.stop()
    assert not any(map(lives, pids))
    assert supervisor.pids() == {}


def test_who_does_not_listen_is_killed_after_its_grace(tmp_path: Path) -> None:
    log = tmp_path / "deaf.log"
    child = python("deaf", STUBBORN, grace=0.3, ready=lambda: "deaf" in log.read_text())
    supervisor = Supervisor([child], tmp_path, lambda _line: None)
    supervisor.start()
    pid = supervisor.pids()["deaf"]
    supervisor.stop()
    assert not lives(pid)


def test_what_a_child_started_goes_with_it(tmp_path: Path) -> None:
    log = tmp_path / "parent.log"
    child = python("parent", WITH_GRANDCHILD, ready=lambda: log.read_text().strip().isdigit())
    supervisor = Supervisor([child], tmp_path, lambda _line: None)
    supervisor.start()
    grandchild = int(log.read_text())
    supervisor.stop()
    until(lambda: not lives(grandchild))


def test_a_child_that_never_gets_ready_is_told_with_its_log(tmp_path: Path) -> None:
    child = python("late", SLEEP, ready=lambda: False, patience=0.3)
    supervisor = Supervisor([child], tmp_path, lambda _line: None)
    with pytest.raises(StartFailed, match=r"late is not ready after 0 s; see .*late\.log"):
        supervisor.start()
    supervisor.stop()


SUPERVISED = """
import os, pwd, sys
from pathlib import Path
from deploy.supervisor import Child, Supervisor
logs = Path(sys.argv[1])
other = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None     # as our PostgreSQL is run by root
a = Child("a", ["sleep", "600"])
b = Child("b", ["sleep", "600"], after=("a",), user=other, cwd=Path("/"))
supervisor = Supervisor([a, b], logs)
def say(line):
    if line.startswith("b: ready"):
        (logs / "pids.new").write_text(" ".join(map(str, supervisor.pids().values())))
        (logs / "pids.new").rename(logs / "pids")
supervisor._say = say
sys.exit(supervisor.run())
"""


def supervised(logs: Path) -> tuple[subprocess.Popen[bytes], list[int]]:
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", SUPERVISED, str(logs)], cwd=root)
    until((logs / "pids").exists)
    return process, [int(pid) for pid in (logs / "pids").read_text().split()]


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_stops_its_children_and_ends_well(tmp_path: Path, told: signal.Signals) -> None:
    process, pids = supervised(tmp_path)
    process.send_signal(told)
    assert process.wait(10) == 0
    assert not any(map(lives, pids))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_nothing_is_left_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    process, pids = supervised(tmp_path)
    assert len(pids) == 2 and all(map(lives, pids))
    process.kill()
    process.wait()
    until(lambda: not any(map(lives, pids)))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a child as somebody else")
def test_a_child_may_run_as_somebody_else(tmp_path: Path) -> None:
    tell = ["/bin/sh", "-c", "echo $(id -u) $(id -G); exec sleep 600"]
    child = Child("other", tell, user=NOBODY, cwd=Path("/"))
    log = tmp_path / "other.log"
    supervisor = Supervisor([child], tmp_path, lambda _line: None)
    try:
        supervisor.start()
        until(lambda: log.read_text().endswith("\n"))
        user, *groups = log.read_text().split()
        assert user == str(NOBODY) and "0" not in groups
    finally:
        supervisor.stop()


def test_it_follows_others_ending_who_is_gone_beginning_who_is_new_and_keeping_the_rest(
    tmp_path: Path,
) -> None:
    supervisor = Supervisor([python("stays", SLEEP), python("goes", SLEEP)], tmp_path)
    supervisor.start()
    try:
        before = supervisor.pids()
        supervisor.follow([python("stays", SLEEP), python("comes", SLEEP)])
        after = supervisor.pids()
        assert set(after) == {"stays", "comes"}
        assert after["stays"] == before["stays"]
        assert not lives(before["goes"])
    finally:
        supervisor.stop()


@pytest.mark.parametrize("change", [{"env": {**os.environ, "X": "1"}}, {"rests_on": "another key"}])
def test_who_would_be_started_otherwise_is_started_anew(tmp_path: Path, change: dict[str, object]) -> None:
    supervisor = Supervisor([python("one", SLEEP)], tmp_path)
    supervisor.start()
    try:
        before = supervisor.pids()
        supervisor.follow([python("one", SLEEP, **change)])
        assert supervisor.pids()["one"] != before["one"]
        assert not lives(before["one"])
    finally:
        supervisor.stop()


def test_a_hangup_asks_again_and_a_change_that_fails_ends_nobody(tmp_path: Path) -> None:
    asked: list[int] = []
    supervisor = Supervisor([python("one", SLEEP)], tmp_path, lambda _: None)

    def serving() -> None:
        asked.append(supervisor.pids()["one"])
        if len(asked) == 1:
            os.kill(os.getpid(), signal.SIGHUP)
        elif len(asked) == 2:
            os.kill(os.getpid(), signal.SIGHUP)
            raise StartFailed("not now")
        else:
            os.kill(os.getpid(), signal.SIGTERM)

    assert supervisor.run(serving) == 0
    assert len(asked) == 3 and len(set(asked)) == 1
