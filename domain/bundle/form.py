"""What a bundle is made of, for who writes it and for who checks it (decision 18). Pure."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from domain.contract import Json
from domain.ledger.digests import canonical

NAME, NUMBER = "ambito-bundle", 1
FORMAT = f"{NAME}/{NUMBER}"

START = bytes(32)
"""What the first event of a case is chained to."""


def link(before: bytes, leaf: bytes) -> bytes:
    """The chain of a case, one event further."""
    return sha256(before + leaf).digest()


def seal_text(bundle: dict[str, Json]) -> str:
    """What the log's key signs of a bundle: a text of two lines, which no checkpoint has."""
    unsealed = {name: value for name, value in bundle.items() if name != "seal"}
    return f"{FORMAT}\n{sha256(canonical(unsealed)).hexdigest()}\n"


def text_of(raw: bytes) -> str:
    """Bytes as a bundle writes them."""
    return b64encode(raw).decode()


def bytes_of(text: str) -> bytes:
    """The inverse of :func:`text_of`. Raises ValueError."""
    return b64decode(text, validate=True)


STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


def assembled(opened: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    """The values of an event from what is opened of it, by path; entries that are closed leave no gap."""
    tree: dict[Any, Any] = {}
    for path, value in opened:
        steps = [name or int(index) for name, index in STEP.findall(path)]
        holder = tree
        for step in steps[:-1]:
            holder = holder.setdefault(step, {})
        holder[steps[-1]] = _Leaf(value)
    return {str(name): _plain(value) for name, value in tree.items()}


class _Leaf:
    """A value that was opened as one, so that an object among them is not taken for a holder."""

    def __init__(self, value: Json) -> None:
        self.value = value


def _plain(node: Any) -> Json:
    if isinstance(node, _Leaf):
        return node.value
    if all(type(name) is int for name in node):
        return [_plain(node[index]) for index in sorted(node)]
    return {str(name): _plain(value) for name, value in node.items()}
