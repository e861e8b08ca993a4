"""How a recipient comes to its feed: at the API, with a token of its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.settings import Settings
from deploy.tokens import tokens
from domain.fact import kind

if TYPE_CHECKING:
    from consumers.source import FeedSource


def agency_of(recipient: str) -> str:
    """The agency behind a recipient: a unit of the ASL belongs to the ``asl``, a Comune is one of its own."""
    return recipient if kind(recipient) == "comune" else kind(recipient)


def token_of(settings: Settings, recipient: str) -> Callable[[], str]:
    """What gives the token of the moment."""
    made = tokens(settings)
    by = {"agency": agency_of(recipient), "unit": recipient, "role": "machine"}
    return lambda: made(by, "TAKING_CHARGE")


def feed_of(settings: Settings, api_url: str, recipient: str) -> FeedSource:
    """The feed of a recipient."""
    with quiet_import():
        from consumers.source import FeedSource
    return FeedSource(api_url, token_of(settings, recipient))


@contextmanager
def quiet_import() -> Iterator[None]:
    """kafka-python 3.0.12 reads its schemas with functions that Python 3.11 and 3.12 call deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
