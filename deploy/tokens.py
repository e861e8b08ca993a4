"""Tokens of the local issuer, for our own commands. In a deployment they come from PDND."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID, uuid5

from api.tokens import LIFETIME, Issuer
from deploy.keys import private_key
from deploy.settings import Settings


def audience(settings: Settings) -> str:
    """Whom a token is for: this Ambito's API, and no other."""
    return f"urn:ambito:{settings.ambito}"


def issuer(settings: Settings) -> Issuer:
    key = private_key(settings.issuer_key)
    return Issuer(key.as_dict(private=True), audience(settings))


def tokens(settings: Settings) -> Callable[[dict[str, str], str], str]:
    """A token for the recorder of a line (``by``) and a purpose, made once for each half lifetime."""
    made: dict[tuple[object, ...], tuple[float, str]] = {}
    signs = issuer(settings)

    def token(by: dict[str, str], purpose: str) -> str:
        key = (by["agency"], by.get("unit"), by["role"], by.get("person"), purpose)
        until, text = made.get(key, (0.0, ""))
        if time.monotonic() > until:
            person = by.get("person")
            text = signs.issue(
                agency=by["agency"],
                role=by["role"],
                subject=UUID(person) if person else machine(by["agency"]),
                unit=by.get("unit"),
                purpose=purpose,
            )
            made[key] = (time.monotonic() + LIFETIME / 2, text)
        return text

    return token


def operator(agency: str, unit: str | None, role: str) -> UUID:
    """The operator that ``ambito token`` stands for where none is named: the same one each time."""
    return uuid5(UUID(int=0), f"urn:ambito:operator:{agency}/{unit or ''}/{role}")


def machine(seat: str) -> UUID:
    """The id of an agency's system."""
    return uuid5(UUID(int=0), f"urn:ambito:machine:{seat}")
