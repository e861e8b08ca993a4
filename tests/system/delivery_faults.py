"""What happens to a stack in the delivery campaign: its processes killed or frozen, its connections cut."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.proxy import Proxy
from tests.system.conftest import Running
from tests.system.delivery_stack import CONTROL, OURS
from tests.system.expectations import within


class Faults:
    """Inflicts them one after another, each kind as often as the others, and counts them."""

    def __init__(self, stack: Running, proxy: Proxy, chance: random.Random, longest: float) -> None:
        self.stack, self.proxy, self.chance = stack, proxy, chance
        self.longest = longest
        self.done: Counter[str] = Counter()
        self._kinds = self._forever()

    def inflict(self) -> str | None:
        """The next one, with the time it lasts; its name, or None where nobody was there to suffer it."""
        name, act = next(self._kinds)
        if not act():
            return None
        self.done[name] += 1
        return name

    def many(self) -> int:
        """How many there were, those of the control left out."""
        return sum(n for name, n in self.done.items() if CONTROL not in name)

    def _forever(self) -> Iterator[tuple[str, Callable[[], bool]]]:
        kinds, control = self._of_all(), self._of_the_control()
        while True:
            self.chance.shuffle(kinds)
            for n, kind in enumerate(kinds):
                yield kind
                if n % 6 == 2 or not self.done[control[0]]:
                    yield control

    def _of_the_control(self) -> tuple[str, Callable[[], bool]]:
        """Killed between its position and the rows, for which it is waited a moment."""

        def kill() -> bool:
            ahead = within(4.0, self._control_is_ahead)
            return ahead and self._kill(self.process(f"subscribe {CONTROL}"))

        return f"kill subscribe {CONTROL}", kill

    def _control_is_ahead(self) -> bool:
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(self.stack.agencies[CONTROL]["database_url"]) as connection,
        ):
            row = connection.execute(
                "select seq > (select coalesce(max(seq), 0) from inbox.received) from inbox.progress"
            ).fetchone()
            return bool(row and row[0])
        return False

    def _of_all(self) -> list[tuple[str, Callable[[], bool]]]:
        own = ["relay", *(f"subscribe {recipient}" for recipient in OURS)]
        named: list[tuple[str, Callable[[], bool]]] = []
        for command in own:
            named.append((f"kill {command}", lambda c=command: self._kill(self.process(c))))
            named.append((f"freeze {command}", lambda c=command: self._freeze([self.process(c)])))
        return [
            *named,
            ("kill relay", lambda: self._kill(self.process("relay"))),  # it holds the most in its hands
            ("kill serve", lambda: self._kill(self.process("serve"))),
            ("kill broker", lambda: self._kill(self._broker())),
            ("freeze broker", lambda: self._freeze([self._broker()])),
            ("kill database server", lambda: self._kill(self._postmaster())),
            ("freeze database server", lambda: self._freeze([self._postmaster(), *self._backends()])),
            ("kill a backend", lambda: self._kill(self._backend())),
            ("cut network to broker", self._cut),
            ("stall network to broker", self._stall),
            ("drop connections to broker", self._drop),
            ("cut connections to databases", self._terminate),
        ]

    # --- who suffers -------------------------------------------------------------------------------------

    def process(self, command: str) -> int | None:
        """The process of this stack that runs a command of ``ambito``."""
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and self._runs(process, command):
                return int(process.name)
        return None

    def _runs(self, process: Path, command: str) -> bool:
        try:
            arguments = (process / "cmdline").read_bytes().decode().rstrip("\0").split("\0")
            environment = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            return False
        ours = f"AMBITO_VAR={self.stack.var}".encode() in environment
        return ours and "-m" in arguments and " ".join(arguments).endswith(f" {command}")

    def _broker(self) -> int | None:
        properties = str(self.stack.var / "kafka" / "server.properties")
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                if process.name.isdigit() and (process / "cmdline").read_bytes().endswith(
                    f"\0{properties}\0".encode()
                ):
                    return int(process.name)
        return None

    def _postmaster(self) -> int | None:
        with suppress(OSError, ValueError, IndexError):
            pid = int((self.stack.var / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
            if Path(f"/proc/{pid}").exists():
                return pid
        return None

    def _backends(self) -> list[int]:
        server = self._postmaster()
        with suppress(OSError):
            return [int(each) for each in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
        return []

    def _backend(self) -> int | None:
        """One that works for the relay or a subscriber."""
        with suppress(psycopg.Error), psycopg.connect(self.stack.description["admin_database_url"]) as admin:
            rows = admin.execute(
                "select pid from pg_stat_activity"
                " where application_name in ('ambito-relay', 'ambito-subscriber')"
            ).fetchall()
            return self.chance.choice(rows)[0] if rows else None
        return None

    # --- what they suffer --------------------------------------------------------------------------------

    def _kill(self, pid: int | None) -> bool:
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def _freeze(self, pids: list[int | None]) -> bool:
        frozen = [pid for pid in pids if pid is not None]
        for pid in frozen:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        self._last()
        for pid in frozen:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        return bool(frozen)

    def _cut(self) -> bool:
        self.proxy.cut()
        self._last()
        self.proxy.resume()
        return True

    def _stall(self) -> bool:
        self.proxy.stall()
        self._last()
        self.proxy.resume()
        return True

    def _drop(self) -> bool:
        self.proxy.drop()
        return True

    def _terminate(self) -> bool:
        """Every connection to every database, at once, as a firewall that forgets them would."""
        with suppress(psycopg.Error), psycopg.connect(self.stack.description["admin_database_url"]) as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name like 'ambito-%' and pid <> pg_backend_pid()"
            )
            return True
        return False

    def _last(self) -> None:
        """Mostly shorter than any limit; one in ten as long as it may be."""
        often = self.chance.random() < 0.9
        time.sleep(self.chance.uniform(0.2, min(2.0, self.longest)) if often else self.longest)
