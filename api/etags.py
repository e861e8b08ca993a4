"""Entity tags: the version of a case, and what a client expects of it."""

from __future__ import annotations

import hashlib
import re

import orjson

from api.problems import malformed
from domain.contract import Json

_STRONG = re.compile(r'"([0-9]{1,9})"\Z')


def of_version(version: int) -> str:
    return f'"{version}"'


def of_content(content: Json) -> str:
    """The tag of what a reader was shown: weak, since it is no version that an act could be based on."""
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f'W/"{digest[:24]}"'


def expected_version(if_match: str | None) -> int | None:
    """The version in an ``If-Match`` header."""
    if if_match is None:
        return None
    found = _STRONG.match(if_match.strip())
    if found is None:
        raise malformed("If-Match", 'must be the ETag of the case, such as "7"')
    return int(found[1])


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this already (RFC 9110 section 13.1.2: weak comparison)."""
    held = _named(if_none_match)
    return "*" in held or etag.removeprefix("W/") in held


def proves_shown(if_none_match: str | None, etag: str) -> bool:
    """Whether the client names a tag that it has from an answer: of a content, for a version is a guess."""
    return etag.startswith("W/") and etag.removeprefix("W/") in _named(if_none_match)


def _named(if_none_match: str | None) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
