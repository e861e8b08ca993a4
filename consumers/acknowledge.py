"""Tells the Ambito, signed, what was received and applied."""

from __future__ import annotations

from consumers.rest import Rest
from projections.acknowledgement import Said, signed

PATH = "/acknowledgements"


class Acknowledge:
    """Signs with the recipient's private key (an Ed25519 JWK, as JSON) and posts ``{"signed": <JWS>}``.

    Raises CallFailed where the API does not take it.
    """

    def __init__(self, rest: Rest, private_jwk: str) -> None:
        self._rest, self._private_jwk = rest, private_jwk

    def __call__(self, said: Said) -> None:
        self._rest.post(PATH, {"signed": signed(said, self._private_jwk)})
