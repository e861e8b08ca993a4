"""The schemas as they were published: files that never change, by type, major and minor."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path

from domain.contract import Contract, Json
from domain.message import Message
from domain.published.names import WITHDRAWN, published, stored

FOLDER = Path(__file__).parent / "schemas"

SUMS = "SHA256SUMS"
"""The digests of all of them, as `sha256sum -c` reads them."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Frozen:
    """A schema that was published; ``text`` is what was and will be served under its name."""

    name: str
    major: int
    minor: int
    text: bytes = field(repr=False, hash=False)

    @cached_property
    def schema(self) -> Json:
        return json.loads(self.text)

    @property
    def type(self) -> str:
        """Name and major, in the spelling of the log: ``adi.case.patto_signed.v1``."""
        return f"{self.name}.v{self.major}"

    @property
    def file(self) -> str:
        """``it.ambito.adi.case.patto-signed.v1.0.json``."""
        return f"{published(self.type)}.{self.minor}.json"

    @cached_property
    def digest(self) -> str:
        return sha256(self.text).hexdigest()


def made(name: str, major: int, minor: int, schema: Json) -> Frozen:
    """A schema in the form in which it is frozen. Its ``$id`` is taken from where it is served."""
    version = Frozen(name, major, minor, b"")
    told = {"$schema": DIALECT, "$id": version.file} | schema
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    return Frozen(name, major, minor, text.encode())


def read(folder: Path = FOLDER) -> list[Frozen]:
    """All that is frozen in a folder, the oldest version of each type first."""
    found = [_read(path) for path in folder.glob("*.json")]
    return sorted(found, key=lambda each: (each.name, each.major, each.minor))


def _read(path: Path) -> Frozen:
    type_, minor = path.name.removesuffix(".json").rsplit(".", 1)
    name, major = stored(type_).rsplit(".v", 1)
    return Frozen(name, int(major), int(minor), path.read_bytes())


def latest(frozen: Iterable[Frozen]) -> dict[str, Frozen]:
    """The last version of each name."""
    return {each.name: each for each in frozen}


# --- those of this release ---------------------------------------------------------------------------------


@cache
def by_file() -> dict[str, Frozen]:
    return {each.file: each for each in read()}


@cache
def _by_type() -> dict[str, Frozen]:
    """The last minor of each major."""
    return {each.type: each for each in by_file().values()}


@cache
def latest_by_name() -> dict[str, Frozen]:
    """The last version of each name."""
    return latest(by_file().values())


def type_of(contract: Contract) -> str:
    """What a fact is published as now: its name with the major, ``adi.case.patto_signed.v1``."""
    known = latest_by_name().get(contract.name)
    return known.type if known else contract.stored_name


def schema_of(message: Message) -> Frozen | None:
    """The schema of a message's data; None for a type that this release does not publish."""
    if message.kind == "withdrawn":
        return latest_by_name()[WITHDRAWN]
    return _by_type().get(message.type)


UNKNOWN_TYPE, UNKNOWN_MAJOR = "unknown type", "unknown major"


def unreadable(type_: str) -> str | None:
    """Why a message of this type cannot be read; None where it can."""
    if type_ in _by_type():
        return None
    return UNKNOWN_MAJOR if type_.rpartition(".v")[0] in latest_by_name() else UNKNOWN_TYPE
