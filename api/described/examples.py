"""Bodies and answers as they really are, of invented households: ``python -m tests.examples`` makes them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import orjson

_KEPT: dict[str, dict[str, Any]] = orjson.loads(files("api.described").joinpath("examples.json").read_bytes())

BODIES = _KEPT["bodies"]
"""A body of each act, by its operation."""

ANSWERS = _KEPT["answers"]
"""A JSON answer of each operation of the register that has one."""

OFFICE_ANSWERS = _KEPT["office_answers"]
"""The same of what every office has."""
