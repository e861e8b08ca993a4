"""The key file with what wraps it, as the settings say, beside the log that it belongs to."""

from __future__ import annotations

import structlog

from deploy.settings import Settings
from domain.ledger.erased import named_last
from domain.ledger.erasing import destroy_again, erased_keys
from domain.ledger.keys import KeyFile
from domain.ledger.recorder import Pool
from domain.ledger.wrapping import Wrapping, WrappingFile

log = structlog.get_logger()


class KeysOfAnotherDay(Exception):
    """The log names keys that the key file never had; the text names the way out."""


def opened_keys(settings: Settings, pool: Pool) -> KeyFile:
    """The keys beside the log that they belong to, those of all who were erased destroyed again.

    Raises WrongKeyEncryptionKey, KeysOfAnotherDay.
    """
    keys = key_file(settings)
    missing = keys.states(named_last(pool)).unknown - erased_keys(pool, keys)
    if missing:
        keys.close()
        raise KeysOfAnotherDay(
            f"the key file {settings.keys[0]} lacks {len(missing)} keys that the log names, such as"
            f" {min(missing)}: it is of another day, or another register's. Restore its newest backup;"
            " nothing was changed"
        )
    if back := destroy_again(pool, keys):
        log.warning("keys destroyed again: restored, or an erasure that was broken off", keys=len(back))
    return keys


def key_file(settings: Settings) -> KeyFile:
    """The keys. Raises WrongKeyEncryptionKey."""
    return KeyFile(settings.keys[0], wrapping(settings))


def wrapping(settings: Settings) -> Wrapping:
    """Where the key-encryption keys live: a PKCS#11 module where one is set, else a file."""
    if settings.pkcs11_module is None:
        return WrappingFile(settings.keys[1])
    from domain.ledger.hsm import WrappingModule

    assert settings.pkcs11_token is not None and settings.pkcs11_pin is not None
    return WrappingModule(
        str(settings.pkcs11_module),
        settings.pkcs11_token,
        settings.pkcs11_pin.get_secret_value(),
        settings.pkcs11_key,
    )
