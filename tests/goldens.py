"""Golden files: one full example of every fact as it is stored; `python -m tests.goldens` adds the missing.

A golden file is never written again: it is what the log of somebody holds. A new version of a fact gets a
golden of its own, beside the old one, which must still be read.
"""

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid5

from domain.catalogue import CONTRACTS
from domain.contract import Contract, Matching, encode

FOLDER = Path(__file__).parent / "unit/goldens"


def path_of(contract: Contract) -> Path:
    return FOLDER / f"{contract.stored_name}.json"


def missing() -> list[Contract]:
    return [contract for contract in CONTRACTS.values() if not path_of(contract).exists()]


def example(kind: Any, path: str) -> Any:
    """A value of a type with nothing left out, the same on every machine."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        how = next((extra for extra in arguments[1:] if isinstance(extra, Matching)), None)
        return how.example if how else example(arguments[0], path)
    if origin in (Union, UnionType):
        return example(next(a for a in arguments if a is not NoneType), path)
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return tuple(example(arguments[0], f"{path}[{index}]") for index in range(2))
    if is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        return kind(**{f.name: example(hints[f.name], f"{path}.{f.name}") for f in fields(kind)})
    return SCALARS[kind](path)


SCALARS = {
    UUID: lambda path: uuid5(UUID(int=0), path),
    str: lambda path: f"un testo: è {path.rpartition('.')[2]}",
    bool: lambda path: True,
    int: lambda path: 2,
    date: lambda path: date(2025, 3, 1),
    datetime: lambda path: datetime(2025, 3, 1, 9, 30, 0, 1, tzinfo=UTC),
    Any: lambda path: {"held_on": "2025-03-01", "seat": "CPI"},
}


def write_missing() -> list[Path]:
    FOLDER.mkdir(exist_ok=True)
    written = []
    for contract in missing():
        data = encode(example(contract.type, contract.stored_name))
        path_of(contract).write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.append(path_of(contract))
    return written


if __name__ == "__main__":
    for path in write_missing():
        print("wrote", path)
