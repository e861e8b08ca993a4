"""The names that relay, recipients and the broker's ACLs agree on."""

from __future__ import annotations

import re

PARTITION = 0
"""The only one: a recipient's rows have one order, so that a gap shows in the next number."""

LARGEST = 4 * 1024 * 1024
"""Bytes of a message at most, for producer and topic: four times the largest body that the API takes."""

CHECKPOINTS = "checkpoints"
"""Stands in a recipient's place: the topic of the log's checkpoints, which every recipient may read."""

_CODE = re.compile(r"[a-z0-9][a-z0-9-]*\Z")


def topic(ambito: str, recipient: str) -> str:
    """The topic of one recipient, which only it may read. Raises ValueError for what is no code."""
    return f"{topic_prefix(ambito)}{_code(recipient)}.v1"


def topic_prefix(ambito: str) -> str:
    """What the names of all topics of an Ambito start with: the relay's right to write."""
    return f"adi.{_code(ambito)}."


def group(ambito: str, recipient: str) -> str:
    """The consumer group of one recipient, for a reader that keeps its position on the broker."""
    return f"{topic_prefix(ambito)}{_code(recipient)}"


def transactional_id(ambito: str) -> str:
    """The relay's name in transactions: a second relay with it ends the first. Also the prefix in its ACL."""
    return f"relay-{_code(ambito)}"


def _code(text: str) -> str:
    # A dot would let one name run into another's prefix.
    if not _CODE.match(text):
        raise ValueError("a code has small letters, digits and hyphens only")
    return text
