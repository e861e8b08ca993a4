"""The forms of a dossier: for a program, for a person, for the file of a proceeding, for who checks it."""

from __future__ import annotations

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.dossiers.page import page
from api.dossiers.paper import paper
from domain.bundle.gather import gather
from domain.bundle.make import Redaction, make
from domain.dossier import Dossier
from domain.ledger.recorder import Pool
from domain.ledger.store import Log

BUNDLE = "application/vnd.ambito.bundle+json"
"""The media type of a bundle, ``ambito-bundle/1`` (decision 18)."""


def as_json(made: Dossier) -> bytes:
    """The points and the timeline."""
    return orjson.dumps(made.to_json())


def as_page(made: Dossier) -> bytes:
    """One HTML file that fetches nothing."""
    return page(made.to_json()).encode()


def as_paper(made: Dossier) -> bytes:
    """PDF/A. Raises Unprintable for a letter that the fonts do not have."""
    return paper(made.to_json()).pdf


def as_bundle(made: Dossier, log: Log, pool: Pool, ambito: str, key: Ed25519PrivateKey) -> bytes:
    """The file that ``ambito verify`` checks: it opens the values that the dossier shows, and no others.

    Raises NotSignedYet where no checkpoint covers the facts yet.
    """
    material = gather(log, pool, ambito, made.case_id, made.measure_id, made.as_of)
    redaction = Redaction(str(made.redaction), made.opens, made.recipients)
    return make(material, redaction, made.to_json(), key)
