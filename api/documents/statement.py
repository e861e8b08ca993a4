"""The statement that a letter is made for: that of the act which will cite it, without the letter's hash."""

from __future__ import annotations

from typing import Any

from api.body import Object
from api.described.composed import REF
from api.problems import Wrong, bad_value
from api.shapes import shape_of
from api.statements import decoded, shaped
from domain.contract import Contract

HASHES = ("text_hash", "document_hash")
"""What the act says of its letter: it comes with the letter."""

NOT_YET = "0" * 64
"""In place of the hash, which the letter does not bear."""


def read(contract: Contract, body: Object) -> Any:
    """The event that a body states. Raises Problem as the act itself would, and for a hash already there."""
    if early := [Wrong(f"/{name}", "comes with the letter") for name in HASHES if name in body]:
        raise bad_value(*early)
    not_yet = {name: NOT_YET for name in HASHES if name in contract.stated}
    return decoded(contract, shaped(contract, body | not_yet))


def schema(contract: Contract) -> dict[str, Any]:
    """The body of a letter as the OpenAPI document describes it."""
    described = shape_of(contract).model_json_schema(ref_template=REF)
    described.pop("$defs", None)
    described["title"] = f"{described['title']}Letter"
    for name in HASHES:
        described["properties"].pop(name, None)
    described["required"] = [name for name in described["required"] if name not in HASHES]
    return described
