"""Signed notes: the vectors of the Go checksum database, and everything that is not to be believed."""

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.note import (
    COSIGNATURE,
    BrokenSignature,
    Checkpoint,
    Malformed,
    Note,
    NoteError,
    NotSigned,
    Signature,
    VerifierKey,
    cosign,
    cosigned_at,
    opened,
    sign,
    signed_checkpoint,
    verifier_key,
    verify,
)

pytestmark = pytest.mark.unit

# The example of golang.org/x/mod/sumdb/note: key, text and the one signature that Ed25519 gives.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
LINE = f"— PeterNeumann {SIGNATURE}"

# The example of tlog-cosignature, which comes without its keys.
SOFA = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501

LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
ORIGIN, CPI = "ambito/demo/7f", "ambito/demo/witness/cpi"
CHECKPOINT = Checkpoint(ORIGIN, 42, bytes(range(32)))
KEY = verifier_key(ORIGIN, LOG)
WHOLE = str(signed_checkpoint(CHECKPOINT, LOG))


def test_the_example_of_the_go_checksum_database_is_read_verified_and_signed_alike():
    key = VerifierKey.read(VKEY)
    assert key.text == VKEY
    note = Note.read(f"{TEXT}\n{LINE}\n")
    verify(note, key)
    assert str(note) == f"{TEXT}\n{LINE}\n"
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    assert sign(TEXT, "PeterNeumann", private).line == LINE
    with pytest.raises(BrokenSignature):
        verify(Note.read(f"{TEXT.replace('your', 'our')}\n{LINE}\n"), key)


def test_no_part_and_no_change_of_a_verifier_key_is_a_verifier_key():
    for start in range(len(VKEY) + 1):
        for end in range(start, len(VKEY) + 1):
            if (start, end) != (0, len(VKEY)):
                with pytest.raises(Malformed):
                    VerifierKey.read(VKEY[start:end])
    for n in range(len(VKEY)):
        with pytest.raises(Malformed):
            VerifierKey.read(VKEY[:n] + chr(ord(VKEY[n]) + 1) + VKEY[n + 1 :])
    # The same with the hash made to fit: a key that is too long, and a kind that is not known.
    for text in (
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ):
        with pytest.raises(Malformed):
            VerifierKey.read(text)


def test_the_example_of_the_cosignature_specification_has_its_time_in_front():
    note = Note.read(SOFA)
    assert str(note) == SOFA
    assert Checkpoint.read(note.text).size == 20852163
    assert Checkpoint.read(note.text).text == note.text
    witness = note.signatures[1]
    assert witness.key_id.hex() == "8d66cf3f"
    assert int.from_bytes(witness.value[:8], "big") == 1679315147
    assert len(witness.value) == 8 + 64


def test_what_a_witness_signs_is_the_header_the_time_and_the_text():
    line = cosign(CHECKPOINT.text, CPI, WITNESS, 1679315147)
    signed = f"cosignature/v1\ntime 1679315147\n{CHECKPOINT.text}".encode()
    WITNESS.public_key().verify(line.value[8:], signed)
    note = Note.read(WHOLE).with_lines([line.line])
    assert opened(str(note), KEY) == CHECKPOINT
    assert cosigned_at(note, verifier_key(CPI, WITNESS, COSIGNATURE)) == 1679315147


def test_a_cosignature_is_no_signature_and_a_signature_no_cosignature():
    as_log = VerifierKey(CPI, WITNESS.public_key().public_bytes_raw())
    cosigned = Note(CHECKPOINT.text, (cosign(CHECKPOINT.text, CPI, WITNESS, 1),))
    with pytest.raises(NotSigned):
        verify(cosigned, as_log)
    with pytest.raises(NotSigned):
        cosigned_at(
            Note(CHECKPOINT.text, (sign(CHECKPOINT.text, CPI, WITNESS),)),
            verifier_key(CPI, WITNESS, COSIGNATURE),
        )


@pytest.mark.parametrize(
    "forge",
    [
        lambda line: Signature(line.name, line.key_id, (2).to_bytes(8, "big") + line.value[8:]),
        lambda line: Signature(line.name, line.key_id, b"\xff" * 8 + line.value[8:]),
        lambda line: Signature(line.name, line.key_id, line.value[:-1]),
        lambda line: Signature(line.name, line.key_id, line.value[:4]),
        lambda line: cosign("ambito/demo/7f\n43\n", CPI, WITNESS, 1),
        lambda line: cosign(CHECKPOINT.text, CPI, WITNESS, 2**63),
    ],
)
def test_a_cosignature_with_another_time_another_text_or_no_time_is_broken(forge):
    line = cosign(CHECKPOINT.text, CPI, WITNESS, 1)
    with pytest.raises(BrokenSignature):
        cosigned_at(Note(CHECKPOINT.text, (forge(line),)), verifier_key(CPI, WITNESS, COSIGNATURE))


def test_a_checkpoint_opens_with_the_key_of_its_log_alone():
    assert opened(WHOLE, KEY) == CHECKPOINT
    with pytest.raises(NotSigned, match="no signature of ambito/demo/7f with the key"):
        opened(WHOLE, verifier_key(ORIGIN, OTHER))
    with pytest.raises(NotSigned, match="ambito/demo/80"):
        opened(WHOLE, KEY.renamed("ambito/demo/80"))


def test_a_signature_that_only_bears_the_name_and_the_id_is_broken():
    forged = Signature(ORIGIN, KEY.id, sign(CHECKPOINT.text, ORIGIN, OTHER).value)
    with pytest.raises(BrokenSignature, match="does not hold"):
        opened(str(Note(CHECKPOINT.text, (forged,))), KEY)
    # Also beside one that holds: who can add a line must not be believed for the other.
    honest = sign(CHECKPOINT.text, ORIGIN, LOG)
    with pytest.raises(BrokenSignature):
        opened(str(Note(CHECKPOINT.text, (honest, forged))), KEY)


def test_signatures_of_unknown_keys_do_no_harm():
    more = [sign(CHECKPOINT.text, ORIGIN, OTHER).line, "— somebody.else AAAAAAE="]
    assert opened(str(Note.read(WHOLE).with_lines(more)), KEY) == CHECKPOINT


def test_a_note_of_the_log_about_another_log_is_not_a_checkpoint_of_it():
    text = Checkpoint("ambito/other/1", 42, bytes(32)).text
    with pytest.raises(NotSigned, match="speaks of the log ambito/other/1"):
        opened(str(Note(text, (sign(text, ORIGIN, LOG),))), KEY)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "blank line"),
        ("\n\n", "blank line"),
        (CHECKPOINT.text, "blank line"),
        (CHECKPOINT.text + "\n", "end with a signature|begins with an em dash"),
        (WHOLE[:-1], "end with a signature"),
        (WHOLE + "and more", "end with a signature"),
        (WHOLE + "and more\n", "em dash"),
        (WHOLE.replace("— ", "- "), "em dash"),
        (WHOLE.replace("\n42\n", "\n42\r\n"), "control character"),
        (WHOLE.replace("— ambito", "— am+bito"), "plus"),
        (WHOLE.replace("— ambito/demo/7f", "— "), "space"),
        (WHOLE[:-2] + "\n", "not base64"),
        (WHOLE[:-3] + "!=\n", "not base64"),
        (CHECKPOINT.text + "\n— a AAAA\n", "key id"),
        ("x" * 70_000, "longer"),
    ],
)
def test_what_is_no_note_says_why(text, because):
    with pytest.raises(Malformed, match=because):
        opened(text, KEY)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("a\n1\n", "three lines"),
        (CHECKPOINT.text + "more\n", "three lines"),
        (CHECKPOINT.text + "\n", "three lines"),
        (CHECKPOINT.text.replace("42", "042"), "size"),
        (CHECKPOINT.text.replace("42", "-1"), "size"),
        (CHECKPOINT.text.replace("42", "٤"), "size"),
        (CHECKPOINT.text.replace("42", str(2**63)), "size"),
        (CHECKPOINT.text.replace("42", "1e3"), "size"),
        (CHECKPOINT.text.replace(ORIGIN, ""), "name"),
        (f"{ORIGIN}\n42\n{b64encode(bytes(31)).decode()}\n", "root"),
        (f"{ORIGIN}\n42\nAA\n", "root is not base64"),
    ],
)
def test_what_is_signed_and_no_checkpoint_says_why(text, because):
    with pytest.raises(Malformed, match=because):
        opened(str(Note(text, (sign(text, ORIGIN, LOG),))), KEY)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**63 - 1), st.data())
def test_any_checkpoint_is_read_as_it_was_signed_and_no_other_way(root, size, data):
    made = Checkpoint(ORIGIN, size, root)
    whole = str(signed_checkpoint(made, LOG))
    assert opened(whole, KEY) == made
    at = data.draw(st.integers(0, len(whole) - 1))
    put = data.draw(st.characters(codec="utf-8").filter(lambda c: c != whole[at]))
    with pytest.raises(NoteError):
        opened(whole[:at] + put + whole[at + 1 :], KEY)


@given(st.text(max_size=200))
def test_any_text_is_a_note_or_is_refused(text):
    with pytest.raises(NoteError):
        opened(text, KEY)
