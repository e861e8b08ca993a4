"""Runs the register's processes side by side: a log file each, restarted when they die, none left behind.

No child outlives its supervisor, not even one ended by kill -9: on Linux the kernel ends each child with its
parent (PR_SET_PDEATHSIG). Elsewhere (macOS, BSD) nothing does that: after a kill -9 of the supervisor its
children run on and must be stopped by hand. Two limits of the kernel's promise: it reaches the child itself,
not what the child started, and it is tied to the *thread* that launched, so launch from the main thread.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1  # linux/prctl.h
FIRST_PAUSE = 0.2  # seconds before a restart: a hiccup is over at once,
LONGEST_PAUSE = 5.0  # and what keeps dying does not load the machine
STEADY = 10.0  # seconds of life after which a death counts as the first again
GLANCE = 0.05  # seconds between two looks at the children


class StartFailed(RuntimeError):
    """A child did not get ready; the text is for the operator and names the log to read."""


def _at_once() -> bool:
    return True


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Child:
    """One process: how it is started, how to see that it serves, what must serve before it."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None  # None: the supervisor's own
    ready: Callable[[], bool] = _at_once  # asked again and again; answers, never raises
    first: Callable[[], None] = _nothing  # done once, before its first start; raises StartFailed
    user: int | None = None  # the uid it runs as, where the supervisor is root
    after: tuple[str, ...] = ()
    cwd: Path | None = None  # PostgreSQL must stand where its own user may enter
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 15.0  # seconds from the stop signal to SIGKILL
    patience: float = 60.0  # seconds to get ready in, restarts included
    rests_on: str = ""  # what it reads at its start beside argv and env: where that changes, it starts again


def launch(child: Child, log: Path) -> subprocess.Popen[bytes]:
    """Start `child`, its output appended to `log`.

    This file is also the program that the child starts as: it lets go of root, ties its life to ours and
    becomes `argv`. A `preexec_fn` would do the same, but forks a process that may have threads.
    """
    user = "" if child.user is None else str(child.user)
    become = [sys.executable, "-I", "-S", __file__, str(os.getpid()), user, *child.argv]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            become,
            env=child.env,
            cwd=child.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops in order
        )


def end(process: subprocess.Popen[bytes], child: Child) -> None:
    """Ask `process` to stop, then make it; whatever it started and left in its group goes with it."""
    if process.poll() is None:
        process.send_signal(child.stop_signal)
    try:
        process.wait(child.grace)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _kill_group(process.pid)
        process.wait()


def wait_until_ready(child: Child, process: subprocess.Popen[bytes], log: Path) -> None:
    """For who runs one child without a supervisor: returns when it serves, else ends it and says why."""
    deadline = time.monotonic() + child.patience
    while process.poll() is None and time.monotonic() < deadline:
        if child.ready():
            return
        time.sleep(GLANCE)
    end(process, child)
    raise StartFailed(f"{child.name} did not get ready (ended with {process.returncode}); see {log}")


class Supervisor:
    """Keeps `children` running until it is told to stop.

    >>> supervisor = Supervisor([postgres.child(), kafka.child(), relay], logs=var / "log")
    >>> sys.exit(supervisor.run())                    # until SIGTERM or SIGINT; a second one does not wait
    """

    def __init__(
        self,
        children: Iterable[Child],
        logs: Path,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._logs = logs
        self._runs = [self._made(child) for child in in_order(children)]
        self._say = say or _to_stderr
        self._told = 0  # how often we were told to stop
        self._asked = False  # whether we were told to look again at who is to run

    def run(self, serving: Callable[[], None] = _nothing) -> int:
        """Start, tend, stop; 0 when told to stop, 1 when a child never got ready.

        ``serving`` is called when all are ready, and again after each SIGHUP; it may :meth:`follow` others.
        """
        with self._listening():
            try:
                self.start()
                if not self._told:
                    serving()
                while not self._told:
                    self.tend()
                    if self._asked:
                        self._asked = False
                        self._look_again(serving)
                    time.sleep(GLANCE)
            except StartFailed as failure:
                self._say(str(failure))
                return 1
            finally:
                self.stop()
        return 0

    def start(self) -> None:
        """Start each child once those it comes after are ready."""
        for run in self._runs:
            if not self._told:
                self._say(f"{run.child.name}: starting")
                self._start(run)

    def follow(self, children: Iterable[Child]) -> None:
        """Run these from now on: end who is not among them, begin who is new, and who changed anew.

        Returns when they are ready. Raises StartFailed, and tends them all the same.
        """
        wanted = {child.name: child for child in in_order(children)}
        for run in reversed(list(self._runs)):
            if not _same(run.child, wanted.get(run.child.name)):
                self._say(f"{run.child.name}: stopping")
                self._stop(run)
                self._runs.remove(run)
        there = {run.child.name for run in self._runs}
        fresh = [self._made(child) for name, child in wanted.items() if name not in there]
        self._runs += fresh
        for run in fresh:
            self._say(f"{run.child.name}: starting")
            run.child.first()
            run.begin()
        for run in fresh:
            self._wait(run, time.monotonic())

    def tend(self) -> None:
        """One look: start again what died, each after its own pause."""
        for run in self._runs:
            if run.died():
                again = f"again in {run.pause:.1f} s; see {run.log}"
                self._say(f"{run.child.name}: ended with {run.code}, {again}")
            if run.due():
                run.begin()

    def stop(self) -> None:
        """Stop in reverse order, so that nobody loses what it rests on while it finishes."""
        for run in reversed(self._runs):
            if run.process is not None:
                self._say(f"{run.child.name}: stopping")
                self._stop(run)

    def children(self) -> list[Child]:
        """Whom it keeps running."""
        return [run.child for run in self._runs]

    def pids(self) -> dict[str, int]:
        """Who runs now, for `ambito status` and the tests."""
        return {run.child.name: run.process.pid for run in self._runs if run.process is not None}

    def _start(self, run: "_Run") -> None:
        run.child.first()
        began = time.monotonic()
        run.begin()
        self._wait(run, began)

    def _wait(self, run: "_Run", began: float) -> None:
        while not self._told:
            self.tend()  # what started earlier may die while we wait for this one
            if run.process is not None and run.child.ready():
                self._say(f"{run.child.name}: ready after {time.monotonic() - began:.1f} s")
                return
            if time.monotonic() - began > run.child.patience:
                waited = f"{run.child.name} is not ready after {run.child.patience:.0f} s"
                raise StartFailed(f"{waited}; see {run.log}")
            time.sleep(GLANCE)

    def _made(self, child: Child) -> "_Run":
        return _Run(child, self._logs / f"{child.name}.log")

    def _look_again(self, serving: Callable[[], None]) -> None:
        """A change that fails ends nobody else."""
        try:
            serving()
        except StartFailed as failure:
            self._say(str(failure))

    def _stop(self, run: "_Run") -> None:
        run.ask_to_stop()
        deadline = time.monotonic() + run.child.grace
        while not run.died() and run.process and time.monotonic() < deadline and self._told < 2:
            time.sleep(GLANCE)
        run.kill()

    @contextmanager
    def _listening(self) -> Iterator[None]:
        def told(_signal: int, _frame: FrameType | None) -> None:
            self._told += 1

        def asked(_signal: int, _frame: FrameType | None) -> None:
            self._asked = True

        before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, asked)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _same(one: Child, other: Child | None) -> bool:
    """Whether a child that runs is the one that is wanted; how its readiness is asked is no part of it."""
    return other is not None and (one.argv, one.env, one.rests_on) == (other.argv, other.env, other.rests_on)


def in_order(children: Iterable[Child]) -> list[Child]:
    """Each child behind those named in its `after`, otherwise as given."""
    waiting, placed = list(children), list[Child]()
    names = {child.name for child in waiting}
    while waiting:
        able = [c for c in waiting if set(c.after) & names <= {p.name for p in placed}]
        if not able:
            raise ValueError(f"these children wait for each other: {', '.join(c.name for c in waiting)}")
        placed.append(able[0])
        waiting.remove(able[0])
    return placed


@dataclass
class _Run:
    """One child's lives: the process it is now, and the pause before the next."""

    child: Child
    log: Path
    process: subprocess.Popen[bytes] | None = None
    code: int | None = None
    pause: float = field(default=FIRST_PAUSE / 2, init=False)
    _began: float = field(default=0.0, init=False)
    _again_at: float | None = field(default=None, init=False)

    def begin(self) -> None:
        self.process = launch(self.child, self.log)
        self._began, self._again_at = time.monotonic(), None

    def died(self) -> bool:
        """True once per death."""
        if self.process is None or self.process.poll() is None:
            return False
        self.code = self.process.returncode
        _kill_group(self.process.pid)
        self.process = None
        steady = time.monotonic() - self._began > STEADY
        self.pause = FIRST_PAUSE if steady else min(self.pause * 2, LONGEST_PAUSE)
        self._again_at = time.monotonic() + self.pause
        return True

    def due(self) -> bool:
        return self._again_at is not None and time.monotonic() >= self._again_at

    def ask_to_stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(self.child.stop_signal)

    def kill(self) -> None:
        if self.process is not None:
            _kill_group(self.process.pid)
            self.process.wait()
        self.process, self._again_at = None, None


def _kill_group(leader: int) -> None:
    """The child leads a group of its own; its number stays taken while a member of it lives."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _become(parent: int, user: str, argv: Sequence[str]) -> None:
    """In the child: root is let go first, because the kernel forgets the tie when the user changes."""
    if user:
        account = pwd.getpwuid(int(user))
        os.setgroups(os.getgrouplist(account.pw_name, account.pw_gid))
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the tie was made
        sys.exit(1)
    os.execvpe(argv[0], list(argv), os.environ)


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
