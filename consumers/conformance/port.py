"""How the suite drives a consumer: as a Python object, or as a command that speaks lines of JSON."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson

from domain.contract import Json


@dataclass(frozen=True, slots=True)
class Given:
    """What a consumer is told at the start: who it is, and where its feed is."""

    recipient: str
    ambito: str
    feed: str
    token: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What a consumer says it holds. ``seq`` is the last number that it dealt with.

    ``facts`` are its rows, each ``{"event_id", "data"}``: a fact that it holds twice stands there twice.
    """

    seq: int
    facts: Sequence[Json]


class Ended(RuntimeError):
    """The consumer ended, or said something that is no answer."""


class Consumer(Protocol):
    """What an agency puts between the suite and its consumer."""

    def begin(self, given: Given) -> None:
        """Forget everything, and start with an empty store."""

    def deliver(self, messages: Sequence[Json]) -> None:
        """These come now, as the topic gives them. Who reads a feed instead looks at it now."""

    def die(self, messages: Sequence[Json]) -> None:
        """The same, but killed (-9) before it is done; then started again, with the store as it was."""

    def holds(self) -> Holding:
        """What it holds now."""

    def close(self) -> None: ...


class Command:
    """A consumer behind a command: one line of JSON in, one line out, until its standard input ends.

    ``{"do": "begin" | "resume", recipient, ambito, feed, token, store}`` starts it: ``store`` is a folder of
    its own that survives a kill, and ``begin`` finds it empty. ``{"do": "deliver", "messages": […]}`` and
    ``{"do": "tell"}`` follow. The last one is answered by ``{"seq": n, "facts": [{"event_id", "data"}, …]}``,
    to the others any object.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = list(argv)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._given: dict[str, str] = {}

    def begin(self, given: Given) -> None:
        self.close()
        self._folder = tempfile.TemporaryDirectory(prefix="conformance-")
        store = str(Path(self._folder.name))
        self._given = {
            "recipient": given.recipient,
            "ambito": given.ambito,
            "feed": given.feed,
            "token": given.token,
            "store": store,
        }
        self._start("begin")

    def deliver(self, messages: Sequence[Json]) -> None:
        self._ask({"do": "deliver", "messages": list(messages)})

    def die(self, messages: Sequence[Json]) -> None:
        self._say({"do": "deliver", "messages": list(messages)})
        self._kill()
        self._start("resume")

    def holds(self) -> Holding:
        told = self._ask({"do": "tell"})
        try:
            facts = [{"event_id": str(each["event_id"]), "data": each["data"]} for each in told["facts"]]
            return Holding(int(told["seq"]), facts)
        except (KeyError, TypeError, ValueError):
            raise Ended("its answer to tell does not have seq and facts") from None

    def close(self) -> None:
        self._kill()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _start(self, how: str) -> None:
        try:
            self._process = subprocess.Popen(self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise Ended(f"the command did not start: {error.strerror}") from None
        self._ask({"do": how, **self._given})

    def _say(self, line: Json) -> None:
        if self._process is None or self._process.stdin is None:
            raise Ended("it is not running")
        try:
            self._process.stdin.write(orjson.dumps(line) + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise Ended(self._why(line)) from None

    def _ask(self, line: Json) -> Any:
        self._say(line)
        assert self._process is not None and self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise Ended(self._why(line))
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError:
            raise Ended(f"its answer to {line['do']} is not JSON") from None

    def _why(self, line: Json) -> str:
        assert self._process is not None
        return f"it ended at {line['do']}, with exit code {self._process.wait()}"

    def _kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()
        self._process = None
