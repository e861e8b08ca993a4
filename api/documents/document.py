"""A paper and the hash by which the log knows it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """A paper as it is printed; ``name`` is that of its file and holds no personal datum."""

    name: str
    pdf: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.pdf).hexdigest()


class Unprintable(Exception):
    """A paper that cannot be made as it stands. ``where`` points into the statement; no value is repeated."""

    def __init__(self, where: str, because: str) -> None:
        super().__init__(where, because)
        self.where, self.because = where, because


def hash_of(documents: Sequence[Document]) -> str:
    """What a fact says of the papers that belong to it: the hash of the one there is; of several, the
    SHA-256 of their hashes in hexadecimal, in order, each on a line of its own.
    """
    if len(documents) == 1:
        return documents[0].sha256
    return hashlib.sha256("".join(f"{each.sha256}\n" for each in documents).encode()).hexdigest()
