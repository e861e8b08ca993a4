"""What a call may come to, other than an answer. No text here repeats a value that was sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

RULE = re.compile(r"[A-Z_]{1,60}\Z")


class CallFailed(RuntimeError):
    """The register answered with an error, or not at all (``status`` 0)."""

    def __init__(self, status: int, because: str, rule: str | None = None) -> None:
        super().__init__(because)
        self.status, self.rule = status, rule


class Unreachable(CallFailed):
    """No answer, or none but "later": nothing was done, or nothing that a repetition would do twice."""

    def __init__(self, status: int, because: str, rule: str | None = None, retry_after: float = 0.0) -> None:
        super().__init__(status, because, rule)
        self.retry_after = retry_after


class Refused(CallFailed):
    """A problem document (RFC 9457): the rule that refused it, its article, and where it was broken."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        rule = document.get("rule")
        known = rule if isinstance(rule, str) and RULE.match(rule) else None
        super().__init__(status, f"HTTP {status} {known or ''}".rstrip(), known)
        self.article: str | None = document.get("article")
        self.detail = str(document.get("detail", ""))
        self.errors: list[dict[str, str]] = document.get("errors", [])

    @property
    def told(self) -> str:
        """Rule, detail and places in one line, for a person."""
        said = [text for text in (self.rule, self.detail) if text]
        return f"HTTP {self.status} " + ": ".join([*said, *(_place(error) for error in self.errors)])


def _place(error: Mapping[str, str]) -> str:
    return f"{error.get('where')}: {error.get('because')}"
