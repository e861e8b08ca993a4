"""The API of a test."""

from collections.abc import Iterator

import pytest

from tests.databases import Ledger
from tests.integration.api.office import Register, register_on


@pytest.fixture
def register(ledger: Ledger) -> Iterator[Register]:
    with register_on(ledger) as made:
        yield made
