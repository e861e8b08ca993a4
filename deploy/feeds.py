"""How a recipient comes to its feed: at the API, with a proof of its own."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.who import PURPOSES_OF
from deploy.client_file import Proofs, proofs
from deploy.settings import Settings
from deploy.tokens import tokens
from domain.fact import kind

if TYPE_CHECKING:
    from consumers.source import FeedSource


def agency_of(recipient: str) -> str:
    """The agency behind a recipient: a unit of the ASL belongs to the ``asl``, a Comune is one of its own."""
    return recipient if kind(recipient) == "comune" else kind(recipient)


def proofs_of(settings: Settings, recipient: str) -> Proofs:
    """What goes with each call: as the client's file says, or a token for development. Raises CannotCall."""
    if settings.client is not None:
        return proofs(settings.client, time.time)
    made = tokens(settings)
    agency = agency_of(recipient)
    by, (purpose, *_) = {"agency": agency, "unit": recipient, "role": "machine"}, PURPOSES_OF[kind(agency)]
    return Proofs(lambda: made(by, purpose), lambda *_: {})


def feed_of(settings: Settings, api_url: str, recipient: str) -> FeedSource:
    """The feed of a recipient."""
    with quiet_import():
        from consumers.source import FeedSource
    return FeedSource(api_url, proofs_of(settings, recipient).token)


@contextmanager
def quiet_import() -> Iterator[None]:
    """kafka-python 3.0.12 reads its schemas with functions that Python 3.11 and 3.12 call deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
