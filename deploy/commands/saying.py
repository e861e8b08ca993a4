"""What the commands share: how they speak, and what they find of the stack that runs here."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from deploy.settings import Settings

if TYPE_CHECKING:
    from domain.ledger.keys import KeyFile

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


def say(line: str) -> None:
    """A line for the operator; standard output is for results."""
    typer.echo(line, err=True)


def fail(because: str) -> typer.Exit:
    say(f"ambito: {because}")
    return typer.Exit(1)


class Progress:
    """At most a line a second on a long work; ``line`` is given the seconds since it began."""

    def __init__(self) -> None:
        self._began = self._told = time.monotonic()

    def __call__(self, line: Callable[[float], str]) -> None:
        now = time.monotonic()
        if now - self._told > 1:
            self._told = now
            say(line(now - self._began))


def described(settings: Settings) -> dict[str, Any]:
    """What ``var/stack.json`` says of the stack that runs."""
    try:
        found: dict[str, Any] = orjson.loads((settings.var / "stack.json").read_bytes())
    except FileNotFoundError:
        raise fail("no stack serves here; `ambito up --detach` starts one") from None
    return found


@contextmanager
def opened_keys() -> Iterator[KeyFile]:
    from deploy.key_file import key_file

    with keys_that_open(), closing(key_file(Settings())) as file:
        yield file


@contextmanager
def keys_that_open() -> Iterator[None]:
    """Keys that do not open, or belong to another log, end a command with the way out."""
    from deploy.key_file import KeysOfAnotherDay
    from domain.ledger.wrapping import WrongKeyEncryptionKey

    try:
        yield
    except (WrongKeyEncryptionKey, KeysOfAnotherDay) as error:
        raise fail(str(error)) from None
    except sqlite3.Error as error:
        raise fail(f"the key file: {error}; the same command goes on where it stopped") from None
