"""Events as they come: those of the sample, an act each, with values that mean nothing to a rule here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from functools import cache
from itertools import cycle, islice
from typing import Any
from uuid import UUID, uuid4

from deploy.demo.sample import SAMPLE
from domain.catalogue import CONTRACTS
from domain.contract import BadValue, decode
from domain.fact import Fact, Recorder
from domain.ledger.ids import event_id

BY = Recorder("servizio-sociale", "SOCIAL_WORKER", UUID(int=7))

SPREAD = 50
"""Events taken: as many as a case of a year or two has."""


@cache
def events() -> tuple[Any, ...]:
    """Events spread evenly over the sample: 7.8 values each on average, 3.3 of them personal."""
    acts = {contract.act: contract for contract in CONTRACTS.values() if contract.aggregate == "case"}
    found: list[Any] = []
    for line in map(json.loads, SAMPLE.read_text("utf-8").splitlines()):
        if line["act"] in acts and line["act"] != "correct_event":
            with suppress(BadValue):  # a line that points at the event of another one
                found.append(decode(acts[line["act"]].type, line["states"]))
    return tuple(found[n * len(found) // SPREAD] for n in range(SPREAD))


def facts(case_id: UUID, count: int, after: int = 0) -> Iterator[Fact[Any]]:
    """So many facts of one case, numbered on."""
    for version, event in enumerate(islice(cycle(events()), after, after + count), start=after + 1):
        command = uuid4()
        yield Fact(
            event_id(), case_id, version, event, BY, date(2026, 1, 1), "TAKING_CHARGE", command, command
        )
