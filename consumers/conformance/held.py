"""What a recipient holds after what it was sent: the reference that every consumer is compared with.

Pure, and on plain JSON, as an agency that knows no library of ours would write it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.contract import Json

Held = dict[str, Json]
"""The data of each fact by its event id, as corrected, masked, not voided and not withdrawn."""


def held(messages: Iterable[Json]) -> Held:
    """Messages of one epoch in the order of their numbers, each number once."""
    facts: Held = {}
    for message in messages:
        _take(facts, message)
    return facts


def _take(facts: Held, message: Json) -> None:
    event_id, kind, data = message["event_id"], message["kind"], message["data"]
    if kind == "withdrawn":
        _drop(facts, event_id)
    elif kind == "erasure":
        for named in data["erased"]:
            if named["event_id"] in facts:
                facts[named["event_id"]] = masked(facts[named["event_id"]], frozenset(named["paths"]))
    else:
        if kind == "correction":
            _correct(facts, data)
        facts[event_id] = data


def _correct(facts: Held, correction: Json) -> None:
    target = correction["corrects_event_id"]
    if correction.get("voids"):
        _drop(facts, target)
    elif target in facts:
        facts[target] = facts[target] | (correction.get("new_value") or {})


def _drop(facts: Held, event_id: str) -> None:
    """A fact goes, and the corrections of it, for they hold its values."""
    for each in [each for each, had in facts.items() if had.get("corrects_event_id") == event_id]:
        del facts[each]
    facts.pop(event_id, None)


def masked(data: Any, paths: frozenset[str], path: str = "") -> Any:
    """The same data, ``{"erased": true}`` in place of each value that a path names (``members[0].name``)."""
    if path in paths:
        return {"erased": True}
    if isinstance(data, dict):
        return {name: masked(each, paths, f"{path}.{name}" if path else name) for name, each in data.items()}
    if isinstance(data, list):
        return [masked(each, paths, f"{path}[{n}]") for n, each in enumerate(data)]
    return data
