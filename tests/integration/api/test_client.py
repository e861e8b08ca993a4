"""The client is what the document says, and its types are what the register answers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from consumers import client
from consumers.client.generate import files
from tests.integration.api.office import Register

pytestmark = pytest.mark.integration

FOLDER = Path(client.__file__).parent


def test_the_client_is_generated_from_the_document_of_today(register: Register) -> None:
    made = files(register.client.app.openapi())  # type: ignore[attr-defined]
    if os.environ.get("AMBITO_WRITE_CLIENT"):
        for name, text in made.items():
            (FOLDER / name).write_text(text)
    stale = [name for name, text in made.items() if (FOLDER / name).read_text() != text]
    assert not stale, "make client writes them anew"
