"""One register for all the calls of a module: each of them brings ids of its own."""

from collections.abc import Iterator

import pytest

from tests.databases import Ledger
from tests.integration.api.conftest import ledger_template
from tests.integration.security.trusted import Trusting, trusting

__all__ = ["ledger_template", "trust"]


@pytest.fixture(scope="module")
def trust(shared_ledger: Ledger) -> Iterator[Trusting]:
    with trusting(shared_ledger, shared_ledger.keys_file.parent) as made:
        yield made
