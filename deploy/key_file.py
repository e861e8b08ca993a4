"""The key file with what wraps it, as the settings say; and what an operator does with it."""

from __future__ import annotations

from deploy.settings import Settings
from domain.ledger.keys import KeyFile
from domain.ledger.wrapping import Wrapping, WrappingFile


def wrapping(settings: Settings) -> Wrapping:
    """Where the key-encryption keys live: a PKCS#11 module where one is set, else a file."""
    if settings.pkcs11_module is None:
        return WrappingFile(settings.keys[1])
    from domain.ledger.module import WrappingModule

    assert settings.pkcs11_token is not None and settings.pkcs11_pin is not None
    return WrappingModule(
        str(settings.pkcs11_module),
        settings.pkcs11_token,
        settings.pkcs11_pin.get_secret_value(),
        settings.pkcs11_key,
    )


def key_file(settings: Settings) -> KeyFile:
    """The keys. Raises WrongKeyEncryptionKey."""
    return KeyFile(settings.keys[0], wrapping(settings))
