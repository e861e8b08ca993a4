"""Who may do what, asked of the running API: every route × agency × role × purpose × tie to the case.

The oracle is a table written by hand (``tests/authorisation/table.txt``). A covering sample runs always, the
whole product in the campaign.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import product

import pytest

from api.policy import PUBLIC
from tests.authorisation.table import (
    AGENCIES,
    PURPOSES,
    ROLES,
    ROWS,
    Asked,
    everything,
    expected,
    sample,
)
from tests.databases import Ledger
from tests.integration.api.office import register_on
from tests.integration.api.prepared import RECIPIENTS, Prepared, Reached, outcomes

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def prepared(shared_ledger: Ledger) -> Iterator[Prepared]:
    with (
        register_on(shared_ledger, recipients=RECIPIENTS) as register,
        pytest.MonkeyPatch.context() as patch,
    ):
        made = Prepared(register)
        # The law would refuse again what the policy lets through, and change the ties of who comes next.
        for room in ("case", "access", "protocol", "table"):
            patch.setattr(f"domain.ledger.store.decide_{room}", _reached)
        patch.setattr("api.gate.UNKNOWN_AFTER", 0.0)  # there are two thousand of them
        patch.setattr("api.gate.ALIKE_AFTER", 0.0)
        yield made


def _reached(*_: object, **__: object) -> None:
    raise Reached


def wrong(prepared: Prepared, asked: Iterable[Asked]) -> tuple[int, list[str]]:
    """How many were asked, and what came out otherwise than the table says."""
    found = outcomes(prepared, asked)
    return len(found), [
        f"{each}: {said}, not {expected(each)}" for each, said in found if said != expected(each)
    ]


def test_every_route_has_a_row(prepared: Prepared) -> None:
    assert prepared.routes.keys() - PUBLIC == ROWS.keys()


def test_the_sample_covers_every_route_agency_tie_role_and_purpose() -> None:
    asked = list(sample())
    assert {(each.row.operation, each.agency) for each in asked} == set(product(ROWS, AGENCIES))
    # Which role and purpose each route admits, the policy itself is asked in tests/unit/test_policy.py.
    assert {(each.agency, each.role) for each in asked} == set(product(AGENCIES, ROLES))
    assert {(each.agency, each.purpose) for each in asked} == set(product(AGENCIES, PURPOSES))
    for operation, row in ROWS.items():
        reached = {
            each.agency for each in asked if each.row.operation == operation and expected(each) == "REACHED"
        }
        assert reached == set(row.agencies), operation


def test_the_api_does_what_the_table_says(prepared: Prepared) -> None:
    asked, found = wrong(prepared, sample())
    print(f"authorisation: {asked} requests of {sum(1 for _ in everything())}, {len(ROWS)} routes")
    assert found == []


@pytest.mark.torture
@pytest.mark.skipif(os.environ.get("AMBITO_TORTURE") != "1", reason="AMBITO_TORTURE=1 asks all of it")
@pytest.mark.parametrize("agency", AGENCIES)
def test_the_api_does_what_the_table_says_of_everything(prepared: Prepared, agency: str) -> None:
    asked, found = wrong(prepared, (each for each in everything() if each.agency == agency))
    print(f"authorisation: {asked} requests of {agency}, {len(ROWS)} routes")
    assert found == []
