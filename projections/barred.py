"""Which messages a recipient does not apply, by which rule: docs/consuming.md has the whole table."""

from __future__ import annotations

import re
from functools import cache
from typing import get_args

from jsonschema_rs import Draft202012Validator

from domain.message import Kind, Message
from domain.published import frozen
from domain.published.compatible import tolerant

UNKNOWN_KIND, UNKNOWN_MAJOR, WRONG_SCHEMA = "UNKNOWN_KIND", "UNKNOWN_MAJOR", "WRONG_SCHEMA"

KINDS = frozenset(get_args(Kind))

TYPE = re.compile(r"adi\.[a-z0-9_.]+\.v[1-9][0-9]*")


def barred(message: Message) -> str | None:
    """The rule that parks a message; None where it may be applied.

    A type that this version has never heard of is no reason: it is kept as it came, and nobody reads it. Nor
    is a field or a code that came later: the schema of the type is read tolerantly.
    """
    if message.kind not in KINDS:
        return UNKNOWN_KIND
    if TYPE.fullmatch(message.type) is None or not isinstance(message.data, dict):
        return WRONG_SCHEMA
    if frozen.unreadable(message.type) == frozen.UNKNOWN_MAJOR:
        return UNKNOWN_MAJOR
    schema = frozen.schema_of(message)
    return None if schema is None or _reader(schema).is_valid(message.data) else WRONG_SCHEMA


@cache
def _reader(schema: frozen.Frozen) -> Draft202012Validator:
    return Draft202012Validator(tolerant(schema.schema), validate_formats=True)
