"""The published names of types, beside those of the log."""

from __future__ import annotations

PUBLISHED, STORED = "it.ambito.adi.", "adi."

WITHDRAWN = "adi.withdrawn"
"""Stands for no fact: the shape of a message that takes one back."""


def published(name: str) -> str:
    """``adi.case.patto_signed.v1`` as agencies know it: ``it.ambito.adi.case.patto-signed.v1``."""
    return PUBLISHED + name.removeprefix(STORED).replace("_", "-")


def stored(ce_type: str) -> str:
    """The inverse of :func:`published`. Raises ValueError for a name of somebody else."""
    if not ce_type.startswith(PUBLISHED):
        raise ValueError("not a type of the Ambito")
    return STORED + ce_type.removeprefix(PUBLISHED).replace("-", "_")
