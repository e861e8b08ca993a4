"""Signed notes and checkpoints, in the forms of C2SP (signed-note, tlog-checkpoint, tlog-cosignature).

A note is a text, a blank line and a line for each signature. A checkpoint is the note that a log signs about
itself: its origin, how many leaves it has, and their root. A witness that found it consistent with all it saw
before adds a cosignature with the time. Pure: keys come in as objects, the time as a number.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519, COSIGNATURE = 1, 4
"""Kinds of signature: the log's over the text, the witness's over the text and the time."""

LARGEST = 64 * 1024
"""Characters of a note at most: a checkpoint with a cosignature of every recipient has about 1,000."""

_NAME = re.compile(r"[^\s+]+\Z")
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\Z")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LATEST = 2**63 - 1


class NoteError(ValueError):
    """A note that is not to be believed; the text says why, in one sentence."""


class Malformed(NoteError):
    """Not a signed note, or its text is no checkpoint."""


class NotSigned(NoteError):
    """No signature of the key that was asked for: somebody else's note."""


class BrokenSignature(NoteError):
    """A signature that bears the name and the id of the key, and is not its own."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who signs, with which key, for which kind of signature. ``text`` is its ``vkey``, to be handed on."""

    name: str
    public: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.kind not in (ED25519, COSIGNATURE):
            raise Malformed(f"a key of kind {self.kind}: only Ed25519 signatures and cosignatures are known")
        if len(self.public) != 32:
            raise Malformed("an Ed25519 public key has 32 bytes")

    @classmethod
    def read(cls, text: str) -> VerifierKey:
        """The key of a ``vkey``: ``<name>+<key id>+<base64 of kind and key>``. Raises Malformed."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        material = _decoded(encoded, "the key") or b"\0"
        key = cls(name, material[1:], material[0])
        if key.id.hex() != key_id:
            raise Malformed("the key id is not that of this name and key: a part was changed")
        return key

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def text(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_encoded(bytes([self.kind]) + self.public)}"

    def renamed(self, name: str) -> VerifierKey:
        """The same key under another name: a log keeps its key when its epoch, and so its origin, changes."""
        return replace(self, name=name)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose, by which key, and the bytes."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        return f"— {self.name} {_encoded(self.key_id + self.value)}"

    @classmethod
    def read(cls, line: str) -> Signature:
        """The signature of a line, without its newline. Raises Malformed."""
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "—":
            raise Malformed("a signature line begins with an em dash and a space")
        _check_name(name)
        raw = _decoded(encoded, "a signature")
        if len(raw) < 5:
            raise Malformed("a signature has a key id of four bytes and is not empty")
        return cls(name, raw[:4], raw[4:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and its signatures, of which none is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def read(cls, note: str) -> Note:
        """Raises Malformed."""
        if len(note) > LARGEST:
            raise Malformed(f"longer than {LARGEST} characters")
        if _CONTROL.search(note):
            raise Malformed("a control character stands in it")
        text, blank, lines = note.rpartition("\n\n")
        if not blank or not text:
            raise Malformed("no blank line stands between text and signatures")
        if not lines.endswith("\n"):
            raise Malformed("it does not end with a signature line")
        return cls(text + "\n", tuple(Signature.read(line) for line in lines[:-1].split("\n")))

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{signature.line}\n" for signature in self.signatures)

    def with_lines(self, lines: Sequence[str]) -> Note:
        """The note with more signatures. Raises Malformed."""
        return replace(self, signatures=(*self.signatures, *map(Signature.read, lines)))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: so many leaves with this root. The whole text of the note, no line more."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def read(cls, text: str) -> Checkpoint:
        """Raises Malformed, also for extension lines: nobody could audit what they say."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise Malformed("a checkpoint has three lines: origin, size, root")
        origin, size, root = lines[:3]
        _check_name(origin)
        if not _SIZE.match(size) or int(size) > _LATEST:
            raise Malformed("the size is no number of leaves")
        digest = _decoded(root, "the root")
        if len(digest) != 32:
            raise Malformed("the root is no SHA-256 hash")
        return cls(origin, int(size), digest)

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_encoded(self.root)}\n"


# --- signing and verifying -------------------------------------------------------------------------------


def verifier_key(name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> VerifierKey:
    """What verifies the signatures of a private key under a name."""
    return VerifierKey(name, key.public_key().public_bytes_raw(), kind)


def sign(text: str, name: str, key: Ed25519PrivateKey) -> Signature:
    """The signature of a key over a text that ends in a newline."""
    return Signature(name, verifier_key(name, key).id, key.sign(text.encode()))


def cosign(text: str, name: str, key: Ed25519PrivateKey, at: int) -> Signature:
    """The cosignature of a witness over a checkpoint's text; ``at`` is in seconds since 1970."""
    signed = key.sign(_cosigned(text, at))
    return Signature(name, verifier_key(name, key, COSIGNATURE).id, at.to_bytes(8, "big") + signed)


def verify(note: Note, key: VerifierKey) -> None:
    """Check that a key signed a note. Raises NotSigned, BrokenSignature."""
    for signature in _of(note, key):
        _check(key, signature.value, note.text.encode())


def cosigned_at(note: Note, key: VerifierKey) -> int:
    """When a witness cosigned a checkpoint, in seconds since 1970. Raises NotSigned, BrokenSignature."""
    latest = 0
    for signature in _of(note, key):
        at = int.from_bytes(signature.value[:8], "big")
        if at > _LATEST:
            raise BrokenSignature(f"the cosignature of {key.name} bears no time")
        _check(key, signature.value[8:], _cosigned(note.text, at))
        latest = max(latest, at)
    return latest


def cosignature_time(text: str, line: str, key: VerifierKey) -> int:
    """When a witness signed a line over a checkpoint's text. Raises Malformed, NotSigned, BrokenSignature."""
    return cosigned_at(Note(text, (Signature.read(line),)), key)


def signed_checkpoint(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> Note:
    """The note of a checkpoint, signed under its origin."""
    return Note(checkpoint.text, (sign(checkpoint.text, checkpoint.origin, key),))


def opened(text: str, key: VerifierKey) -> Checkpoint:
    """The checkpoint of a note that a log signed; the name of the key is the origin that must stand in it.

    Raises Malformed, NotSigned, BrokenSignature.
    """
    note = Note.read(text)
    verify(note, key)
    checkpoint = Checkpoint.read(note.text)
    if checkpoint.origin != key.name:
        raise NotSigned(f"it speaks of the log {checkpoint.origin}, its signature is that of {key.name}")
    return checkpoint


def _of(note: Note, key: VerifierKey) -> list[Signature]:
    """The signatures that bear the name and the id of a key; others are none of our business."""
    found = [each for each in note.signatures if (each.name, each.key_id) == (key.name, key.id)]
    if not found:
        raise NotSigned(f"there is no signature of {key.name} with the key {key.id.hex()}")
    return found


def _check(key: VerifierKey, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BrokenSignature(f"the signature of {key.name} does not hold for this text") from None


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


# --- texts -----------------------------------------------------------------------------------------------


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise Malformed("a name is not empty and has neither a space nor a plus")


def _encoded(raw: bytes) -> str:
    return b64encode(raw).decode()


def _decoded(text: str, what: str) -> bytes:
    """Standard base64, in its one spelling: else one signature would have several."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if _encoded(raw) != text:
        raise Malformed(f"{what} is not base64")
    return raw


# --- names -----------------------------------------------------------------------------------------------


def origin(ambito: str, log_epoch: UUID) -> str:
    """The name of the log of an Ambito in one epoch: a restore makes another log of it (decision 10)."""
    return f"ambito/{ambito}/{log_epoch}"


def witness_name(ambito: str, recipient: str) -> str:
    """Under which name a recipient cosigns."""
    return f"ambito/{ambito}/witness/{recipient}"
