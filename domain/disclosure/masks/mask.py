"""A mask, and the words that are read in place of others."""

from __future__ import annotations

from domain.contract import Json

HEALTH_SERVICE = "servizio sanitario"
"""What other seats read in place of a health service: its very name would tell (SerD, CSM …)."""

OTHER_SERVICE = "altro servizio"
"""What is read in place of a recorder whose very code would tell what was recorded."""

Mask = tuple[str, Json | None]
"""A path (of a value, or of all below it) and what is shown in its place; None for nothing."""

NO_ENTRIES: Json = []
"""In place of a list of which nothing may be shown: an empty one, as it reads where nothing is on record.
Known by its identity."""


def could_be(code: object, secret: str) -> bool:
    """A code that was erased could be any."""
    return code == secret or not isinstance(code, str)
