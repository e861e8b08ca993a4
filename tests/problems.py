"""``docs/problems.md``: every rule that a refusal can name; ``python -m tests.problems`` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from api.problems import OF_THE_API, STATUS, article, type_of
from domain.refused import RULES

PAGE = Path(__file__).parents[1] / "docs/problems.md"

HEAD = """\
# Problems

Every refusal is a problem document (RFC 9457, `application/problem+json`). Its `type` is one of the URIs
below and never changes; `rule` is its name for programs, `article` where the law or the protocol has it,
`errors` say where in the request, never with which value.

`400` the request cannot be read · `401` no valid token · `403` not for this agency, role or purpose ·
`404` nothing here that you may see · `405` another method, see `Allow` · `406` none of the forms accepted ·
`408` the body came too slowly · `409` a rule forbids it now · `412` the case moved on · `413` too large ·
`415` not JSON in UTF-8 · `422` a value that its field cannot have · `429` too many requests, see
`Retry-After` · `431` headers too large · `503` not now, see `Retry-After`.
"""


def page() -> str:
    """The whole page; it is made by ``python -m tests.problems``."""
    parts = [HEAD, "## Of the law, the protocol and the register\n", *_told(RULES, 409)]
    return "\n".join([*parts, "## Of the interface\n", *_told(OF_THE_API, None)]).rstrip() + "\n"


def _told(rules: dict[str, str], status: int | None) -> Iterator[str]:
    for rule, text in rules.items():
        code = STATUS.get(rule, status)
        source = article(rule)
        said = [
            f"`{rule}`",
            f"`{type_of(rule)}`",
            *([str(code)] if code else []),
            *([source] if source else []),
        ]
        sentence = text.removesuffix(f" ({source})") if source else text
        name = type_of(rule).rpartition("/")[2]
        yield f"### {name}\n\n{sentence[0].upper()}{sentence[1:]}.\n{' · '.join(said)}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
