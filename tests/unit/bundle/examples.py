"""Measures of generated lives, and their bundles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from domain.bundle.make import Material, Redaction, Row, make
from domain.case import events as e
from domain.fact import Fact
from tests.unit.bundle.world import LOG, World, whole
from tests.unit.machine.remembered import Remembered, decisions

IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"
MANY = 1_000 if IN_FULL else 60

DOSSIER = {"points": ["uno", "due"]}


def measures(many: int = MANY) -> Iterator[tuple[Remembered, Fact[Any]]]:
    return ((life, fact) for life, fact in decisions(3, many) if isinstance(fact.event, e.Ordered))


@cache
def example() -> tuple[World, Material]:
    """The first measure of a case that holds a proposal as well, with what little came after it."""
    proposed = [
        (life, fact)
        for life, fact in measures()
        if any(isinstance(f.event, e.SanctionProposalOpened) for f in life.facts[: fact.version])
    ]
    life, fact = min(proposed, key=lambda each: each[1].version)
    world = World(life.facts[: fact.version + 3], life.laws)
    return world, world.material(fact.event.measure_id)


def bundle_of(material: Material, redaction: Redaction | None = None) -> bytes:
    return make(material, redaction or whole(material), DOSSIER, LOG)


def row_of_measure(material: Material) -> Row:
    return next(
        row
        for row in material.rows
        if issubclass(row.kind, e.Ordered)
        and any(opening.value == str(material.measure_id) for opening in row.openings)
    )
