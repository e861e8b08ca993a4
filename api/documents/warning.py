"""The warning on consequences that stands in every patto and every letter (PA-19; DOMAIN section 7.3)."""

from __future__ import annotations

from api.documents.document import Unprintable
from domain.rules.patto import WARNING_TEXT, WARNING_TEXT_VERSION

WARNINGS = {WARNING_TEXT_VERSION: WARNING_TEXT}
"""Every text that was ever shown, by version: a later one is added here, none is taken away."""


def warning(version: str) -> str:
    """The text of a version. Raises Unprintable for one that the register does not have."""
    if version not in WARNINGS:
        held = ", ".join(sorted(WARNINGS))
        raise Unprintable("/warning_text_version", f"the register has the text of version {held}")
    return WARNINGS[version]
