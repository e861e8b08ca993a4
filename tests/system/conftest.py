"""The whole register as its users meet it: processes, ports, files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.kafka.broker import Broker
from tests.servers import temporary_folder


@dataclass(frozen=True)
class Running:
    """A stack that serves, in a folder of its own."""

    var: Path
    description: dict[str, Any]

    def ambito(self, *arguments: str, timeout: float = 280, check: bool = True) -> str:
        """What a run of the ``ambito`` command prints."""
        return ambito(self.var, *arguments, timeout=timeout, check=check)

    @property
    def agencies(self) -> dict[str, dict[str, str]]:
        agencies: dict[str, dict[str, str]] = self.description["agencies"]
        return agencies


def ambito(var: Path, *arguments: str, timeout: float = 280, check: bool = True) -> str:
    done = run(var, *arguments, timeout=timeout)
    if check and done.returncode != 0:
        raise AssertionError(f"ambito {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def run(var: Path, *arguments: str, timeout: float = 280) -> subprocess.CompletedProcess[str]:
    """A run of the ``ambito`` command on the stack of a folder."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.command", *arguments],
        env={**os.environ, "AMBITO_VAR": str(var)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def described(var: Path) -> Running:
    """The stack that serves in a folder."""
    return Running(var, json.loads((var / "stack.json").read_text()))


@contextmanager
def running_stack() -> Iterator[Running]:
    required = os.environ.get("AMBITO_REQUIRE_KAFKA") == "1"
    if required and not Broker.available()[0]:
        pytest.fail(f"no Kafka broker: {Broker.available()[1]}")
    with temporary_folder() as folder:
        var = folder / "var"
        try:
            ambito(var, "up", "--detach")
            yield described(var)
        except BaseException:
            for log in sorted((var / "log").glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}")
            raise
        finally:
            ambito(var, "down", check=False)


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    """One stack for the tests of a module."""
    with running_stack() as running:
        yield running
