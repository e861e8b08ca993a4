"""Key-encryption keys that never leave their module: PKCS#11, of a SoftHSM2 or of a network HSM."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from domain.ledger.wrapping import SIZE, WrongKeyEncryptionKey, id_of, other_one

T = TypeVar("T")

Held = Any
"""A key in the module: the library makes its class at run time, from what the key may do."""

STAYS = {
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.WRAP: True,
    Attribute.UNWRAP: True,
    Attribute.ENCRYPT: False,
    Attribute.DECRYPT: False,
}
"""A key-encryption key wraps and unwraps, in the module alone; nobody reads it, nobody decrypts with it."""

PASSES = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True, Attribute.TOKEN: False}
"""A key of a person is in the module only while it is wrapped or unwrapped."""


GONE = (pkcs11.KeyHandleInvalid, pkcs11.ObjectHandleInvalid, pkcs11.WrappingKeyHandleInvalid)
"""What the module says of a key that another process destroyed between two calls."""


PAUSES = (0.0, 0.01, 0.05)
"""Seconds after which a module that refused is asked again."""


class WrappingModule:
    """The AES keys of one label in a token of a PKCS#11 module. A session that breaks is opened anew.

    ``module`` is the path of its library, ``token`` the label of the token, ``pin`` that of its user.
    """

    def __init__(self, module: str, token: str, pin: str, label: str) -> None:
        self._module, self._token, self._pin, self._label = module, token, pin, label
        self._session: pkcs11.Session | None = None
        self._held: dict[str, Held] = {}

    def ids(self) -> Sequence[str]:
        def read(_: pkcs11.Session) -> list[str]:
            self._read()
            return list(self._held)

        return self._asked(read)

    def make(self) -> str:
        def made(session: pkcs11.Session) -> str:
            key = session.generate_key(
                KeyType.AES, SIZE * 8, id=os.urandom(8), label=self._label, store=True, template=STAYS
            )
            by = self._id(key)
            self._held[by] = key
            return by

        return self._asked(made)

    def wrap(self, by: str, secret: bytes) -> bytes:
        return self._asked(lambda _: self._wrapped(self._key(by), secret))

    def unwrap(self, by: str, wrapped: bytes) -> bytes:
        return self._asked(lambda _: self._unwrapped(self._key(by), wrapped))

    def forget(self, by: str) -> None:
        def destroyed(_: pkcs11.Session) -> None:
            self._key(by).destroy()
            del self._held[by]

        self._asked(destroyed)

    def _key(self, by: str) -> Held:
        if by not in self._held:
            self._read()  # another process may have made it
        if by not in self._held:
            way_out = f"use the token that holds {by} (AMBITO_PKCS11_TOKEN, AMBITO_PKCS11_KEY)"
            raise other_one(by, list(self._held), way_out)
        return self._held[by]

    def _read(self) -> None:
        wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: self._label}
        self._held = {}
        for key in self._opened().get_objects(wanted):
            with suppress(*GONE):
                self._held[self._id(key)] = key

    def _id(self, key: Held) -> str:
        return id_of(lambda secret: self._wrapped(key, secret))

    def _wrapped(self, key: Held, secret: bytes) -> bytes:
        passing = self._opened().create_object(
            {
                Attribute.CLASS: ObjectClass.SECRET_KEY,
                Attribute.KEY_TYPE: KeyType.AES,
                Attribute.VALUE: secret,
                **PASSES,
            }
        )
        try:
            return bytes(key.wrap_key(passing, mechanism=Mechanism.AES_KEY_WRAP))
        finally:
            passing.destroy()

    def _unwrapped(self, key: Held, wrapped: bytes) -> bytes:
        passing = key.unwrap_key(
            ObjectClass.SECRET_KEY, KeyType.AES, wrapped, mechanism=Mechanism.AES_KEY_WRAP, template=PASSES
        )
        try:
            return bytes(passing[Attribute.VALUE])
        finally:
            passing.destroy()

    def _asked(self, ask: Callable[[pkcs11.Session], T]) -> T:
        """Ask the module, in a session opened anew where it ended the last one (it was restarted, say).

        More than once: while another process makes and destroys keys in the token, SoftHSM2 answers now and
        then a general error to what it does a moment later.
        """
        for pause in PAUSES:
            try:
                return ask(self._opened())
            except pkcs11.PKCS11Error:
                self._session, self._held = None, {}
                time.sleep(pause)
        try:
            return ask(self._opened())
        except pkcs11.PKCS11Error as error:
            raise WrongKeyEncryptionKey(
                f"the PKCS#11 module refuses ({type(error).__name__}): the key file was changed, or the"
                " module is not well; see its own log"
            ) from None

    def _opened(self) -> pkcs11.Session:
        if self._session is None:
            try:
                token = pkcs11.lib(self._module).get_token(token_label=self._token)
                self._session = self._logged_in(token)
            except pkcs11.PKCS11Error as error:
                raise WrongKeyEncryptionKey(self._closed(error)) from None
        return self._session

    def _logged_in(self, token: pkcs11.Token) -> pkcs11.Session:
        try:
            return token.open(rw=True, user_pin=self._pin)
        except pkcs11.UserAlreadyLoggedIn:
            return token.open(rw=True)  # the login is that of the whole process

    def _closed(self, error: pkcs11.PKCS11Error) -> str:
        if isinstance(error, pkcs11.NoSuchToken):
            return f"the PKCS#11 module has no token {self._token!r}: set AMBITO_PKCS11_TOKEN to its label"
        if isinstance(error, pkcs11.PinIncorrect | pkcs11.PinInvalid | pkcs11.PinLenRange):
            return "the PKCS#11 module refuses the PIN: set AMBITO_PKCS11_PIN; some lock after a few tries"
        return (
            f"the PKCS#11 module {self._module} does not open ({type(error).__name__}): set"
            " AMBITO_PKCS11_MODULE to its library, and see that this user may read its token"
        )
