"""The examples of the OpenAPI document: bodies of the sample's invented lives, answers that a test got.

``python -m tests.examples`` writes the bodies anew; ``AMBITO_WRITE_DOCS=1`` lets the tests of the API write
the first good answer of each operation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import api.described
from domain.catalogue import ACTS
from tests.goldens import path_of

FILE = Path(api.described.__file__).with_name("examples.json")
SAMPLE = Path(__file__).parents[1] / "deploy/demo/sample.ndjson"

FEW = 2
"""Entries of a list that an example shows."""


def bodies() -> dict[str, Any]:
    """A body of each act: the first of the sample; of an act that nobody does there, its golden."""
    made = {act: _of_golden(act) for act in ACTS}
    told: dict[str, Any] = {}
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        told.setdefault(said["act"], said["states"])
    return BESIDE | {act: short(body) for act, body in (made | told).items()}


BESIDE: dict[str, Any] = {
    "search_cases": {"tax_code": "MRRSMN86C07A000L"},
    "search_people": {"surname": "Marr"},
    "request_dossier": {"for": "judge", "as_of": "2025-07-01T08:00:00.000000Z"},
    "acknowledge": {
        "signed": "eyJhbGciOiJFZDI1NTE5In0.eyJyZWNpcGllbnQiOiJjcGkiLCJyZWNlaXZlZCI6MTJ9.c29sbyB1biBlc2VtcGlv"
    },
    "print_letter": {
        "infraction_ref": "3fa6e8c1-6c2f-5d53-9c57-0f4a1d1e8f10",
        "member_id": "ea686234-8fd2-4339-8d5e-afa130f57589",
        "asked_on": "2025-05-14",
        "channel": "EMAIL",
        "respond_by": "2025-05-24",
    },
}
"""Bodies of what is no act."""


def _of_golden(act: str) -> dict[str, Any]:
    golden = json.loads(path_of(ACTS[act]).read_text(encoding="utf-8"))
    return {name: value for name, value in golden.items() if name in ACTS[act].stated}


def short(value: Any) -> Any:
    """The value with lists of few entries; a fact that the sample names by its command, by an id."""
    if isinstance(value, str):
        return value.removeprefix("event-of:")
    if isinstance(value, dict):
        return {name: short(each) for name, each in value.items()}
    return [short(each) for each in value[:FEW]] if isinstance(value, list) else value


def kept() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def keep(part: str, more: dict[str, Any]) -> None:
    found = kept()
    found[part] = dict(sorted((found[part] | more).items()))
    FILE.write_text(_in_lines(found), encoding="utf-8")


def _in_lines(parts: dict[str, dict[str, Any]]) -> str:
    """A line for each operation."""
    lines = {
        part: ",\n".join(f'"{name}": {json.dumps(said, ensure_ascii=False)}' for name, said in of.items())
        for part, of in parts.items()
    }
    return "{\n" + ",\n".join(f'"{part}": {{\n{text}\n}}' for part, text in lines.items()) + "\n}\n"


if __name__ == "__main__":
    keep("bodies", bodies())
