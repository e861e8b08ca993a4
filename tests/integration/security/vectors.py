"""Signed requests, sound and unsound: what each of the unsound ones changes, and the check that it meets."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.security.claims import LEEWAY, LIFETIME
from tests.integration.api.life import referral
from tests.integration.security.trusted import (
    BOUND,
    OF_CLIENT,
    OF_OTHER,
    OF_OTHER_OUTSIDE,
    OF_PDND,
    OLD,
    STRANGER,
    Call,
    Piece,
    Trusting,
    digest,
    x5c,
    x5t,
)
from tests.jose import Pair, b64, part
from tests.pdnd import AUDIENCE, OTHER_CLIENT, OTHER_CONSUMER

WEAK = Pair.rsa(1024)

Change = Callable[[Call], Any]


class Vector(NamedTuple):
    """``check`` is the one that must refuse it, by the name in our log; None where it must be believed."""

    call: Callable[[Trusting], Call]
    change: Change
    check: str | None


def read(to: Trusting) -> Call:
    return to.call()


def act(to: Trusting) -> Call:
    return to.call("POST", "/cases", referral() | {"household_id": str(uuid4())})


def bound(to: Trusting) -> Call:
    return to.call().bound()


def outside(to: Trusting) -> Call:
    return to.outside()


def outside_act(to: Trusting) -> Call:
    return to.outside("POST", "/cases", referral())


def machine(to: Trusting) -> Call:
    return to.call(path="/log/keys")


def _nothing(_: Call) -> None: ...


# --- changes ------------------------------------------------------------------------------------------


def claim(piece: str, **said: Any) -> Change:
    """Other claims in a piece; one that is None is left out."""

    def change(call: Call) -> None:
        claims = getattr(call, piece).claims
        claims |= said
        for name in [name for name, value in said.items() if value is None]:
            del claims[name]

    return change


def at(piece: str, **seconds: int) -> Change:
    """Other instants, in seconds from now."""
    return lambda call: getattr(call, piece).claims.update({n: call.now + s for n, s in seconds.items()})


def header(piece: str, **said: Any) -> Change:
    return lambda call: getattr(call, piece).header.update({n.replace("__", "#"): v for n, v in said.items()})


def signed_by(piece: str, key: Pair, **said: Any) -> Change:
    def change(call: Call) -> None:
        getattr(call, piece).key = key
        getattr(call, piece).header.update(said)

    return change


def _piece(call: Call, piece: str) -> Piece:
    found: Piece = getattr(call, piece)
    return found


def unsigned(piece: str) -> Change:
    """``alg`` none, and no signature: the oldest trick."""

    def change(call: Call) -> None:
        it = _piece(call, piece)
        it.instead = f"{part({**it.header, 'alg': 'none'})}.{part(it.claims)}."

    return change


def by_public_key(piece: str, key: Pair) -> Change:
    """The public key of an RSA pair as the secret of an HMAC."""

    def change(call: Call) -> None:
        it = _piece(call, piece)
        said = f"{part({**it.header, 'alg': 'HS256'})}.{part(it.claims)}"
        public = key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        it.instead = f"{said}.{b64(hmac.new(public, said.encode(), hashlib.sha256).digest())}"

    return change


def tampered(piece: str, **said: Any) -> Change:
    """Claims changed after the signature."""

    def change(call: Call) -> None:
        it = _piece(call, piece)
        head, _, signature = it.signed().split(".")
        it.instead = f"{head}.{part(it.claims | said)}.{signature}"

    return change


def unencoded(piece: str) -> Change:
    """A payload as RFC 7797 has it, which ``crit`` tells: read otherwise by who ignores it."""

    def change(call: Call) -> None:
        it = _piece(call, piece)
        body = json.dumps(it.claims, separators=(",", ":"))
        head = part({"alg": it.key.algorithm, **it.header, "b64": False, "crit": ["b64"]})
        signed = it.key._signature(f"{head}.{body}".encode())
        it.instead = f"{head}.{body}.{b64(signed)}"

    return change


def critical(piece: str) -> Change:
    """A ``crit`` that joserfc itself would let pass."""
    return header(piece, b64=True, crit=["b64"])


def without(*pieces: str) -> Change:
    def change(call: Call) -> None:
        for piece in pieces:
            setattr(call, piece, None)

    return change


def instead(piece: str, text: str) -> Change:
    return lambda call: setattr(_piece(call, piece), "instead", text)


def other_body(call: Call) -> None:
    """Another body than that which was signed."""
    call.content = json.dumps(json.loads(call.content) | {"benefit": "SFL"}).encode()


def other_body_with_its_digest(call: Call) -> None:
    other_body(call)
    call.headers["Digest"] = digest(call.content)


def digest_that_was_signed_of_another_body(call: Call) -> None:
    of_another = digest(b"another")
    call.headers["Digest"] = of_another
    _piece(call, "integrity").claims["signed_headers"][0]["digest"] = of_another


def signed_headers(*headers: dict[str, str]) -> Change:
    def change(call: Call) -> None:
        _piece(call, "integrity").claims["signed_headers"] = list(headers)

    return change


def signed_too(name: str, value: str, sent: str | None = None) -> Change:
    def change(call: Call) -> None:
        _piece(call, "integrity").claims["signed_headers"].append({name: value})
        if sent is not None:
            call.headers[name] = sent

    return change


def only_the_type_signed(call: Call) -> None:
    del _piece(call, "integrity").claims["signed_headers"][0]


def only_the_digest_signed(call: Call) -> None:
    del _piece(call, "integrity").claims["signed_headers"][1]


def twice_signed(call: Call) -> None:
    headers = _piece(call, "integrity").claims["signed_headers"]
    headers.insert(0, {"digest": digest(b"another")})


def sent_unsigned(name: str, value: str) -> Change:
    """A header that whoever carries the request might have put there."""
    return lambda call: call.headers.update({name: value})


def only_digest_and_type_signed(call: Call) -> None:
    del _piece(call, "integrity").claims["signed_headers"][2]


def hex_digest(call: Call) -> None:
    text = f"SHA-256={hashlib.sha256(call.content).hexdigest()}"
    call.headers["Digest"] = text
    _piece(call, "integrity").claims["signed_headers"][0]["digest"] = text


def twice(name: str) -> Change:
    """The same header a second time, with another value."""
    return lambda call: call.also.append((name, "another"))


def scheme(text: str) -> Change:
    return lambda call: setattr(call, "scheme", text)


def all_of(*changes: Change) -> Change:
    return lambda call: [change(call) for change in changes]


def tracking_of_another_voucher(call: Call) -> None:
    value = hashlib.sha256(b"another evidence").hexdigest()
    call.token.claims["digest"] = {"alg": "SHA256", "value": value}


def other_digest_name(call: Call) -> None:
    evidence = _piece(call, "tracking").signed()
    call.tracking = Piece(OF_CLIENT, {}, {}, evidence)
    value = hashlib.sha256(evidence.encode()).hexdigest()
    call.token.claims["digest"] = {"alg": "SHA512", "value": value}


def no_digest_in_the_voucher(call: Call) -> None:
    call.token.claims["digest"] = None


def by_thumbprint(*pieces: str) -> Change:
    """The certificate named by its thumbprint, not sent along."""

    def change(call: Call) -> None:
        for piece in pieces:
            it = _piece(call, piece)
            it.header = {"typ": "JWT", "x5t#S256": x5t("outside")}

    return change


def with_certificate(piece: str, name: str, key: Pair) -> Change:
    return signed_by(piece, key, x5c=x5c(name))


def weak_proof(call: Call) -> None:
    call.token.claims["cnf"] = {"jkt": WEAK.thumbprint}
    signed_by("proof", WEAK, jwk=WEAK.jwk)(call)


def private_in_proof(call: Call) -> None:
    secret = BOUND.private.private_numbers().private_value  # type: ignore[union-attr]
    header("proof", jwk=BOUND.jwk | {"d": b64(secret.to_bytes(32, "big"))})(call)


def _of_pdnd(payload: bytes) -> str:
    """What PDND itself would have signed, whatever it is."""
    said = f"{part({'alg': 'RS256', 'typ': 'at+jwt', 'kid': 'pdnd'})}.{b64(payload)}"
    return f"{said}.{b64(OF_PDND._signature(said.encode()))}"


DEEP = b64(b'{"alg":' + b"[" * 2500 + b"]" * 2500 + b"}") + ".e30.e30"
LIST, DEEP_CLAIMS = _of_pdnd(b"[]"), _of_pdnd(b"[" * 2500 + b"]" * 2500)
TOO_OLD, TOO_NEW = -LEEWAY, LEEWAY + 5

# --- vectors ------------------------------------------------------------------------------------------

ACCEPTED: dict[str, Vector] = {
    "a read with its evidence": Vector(read, _nothing, None),
    "an act with body, signature and evidence": Vector(act, _nothing, None),
    "a bound voucher with its proof": Vector(bound, _nothing, None),
    "a proof with RSA": Vector(
        bound,
        all_of(
            lambda c: c.token.claims.update(cnf={"jkt": OF_OTHER.thumbprint}),
            signed_by("proof", OF_OTHER, jwk=OF_OTHER.jwk),
        ),
        None,
    ),
    "a scheme in lower case": Vector(read, scheme("bearer"), None),
    "several audiences, ours among them": Vector(
        read, claim("token", aud=["https://other.example", AUDIENCE]), None
    ),
    "a clock that is a little late": Vector(read, at("token", iat=20, nbf=20), None),
    "a voucher that ended within the leeway": Vector(read, at("token", exp=-20), None),
    "a voucher that is good for a day": Vector(read, at("token", exp=86_400), None),
    "dnonce as a text": Vector(read, claim("tracking", dnonce="1234567890123"), None),
    "statements without nbf": Vector(
        act, all_of(claim("integrity", nbf=None), claim("tracking", nbf=None)), None
    ),
    "an act with the day on which it was known": Vector(
        act, signed_too("known-on", "2026-06-01", "2026-06-01"), None
    ),
    "an act on a version": Vector(act, signed_too("if-match", '"0"', '"0"'), None),
    "another header signed too": Vector(act, signed_too("accept", "*/*"), None),
    "no person, where no case is touched": Vector(machine, without("tracking"), None),
    "the agency outside PDND": Vector(outside, _nothing, None),
    "an act of the agency outside PDND": Vector(outside_act, _nothing, None),
    "its certificate by the thumbprint": Vector(outside, by_thumbprint("token", "tracking"), None),
}

VOUCHER: dict[str, Vector] = {
    "no token": Vector(read, lambda c: c.without.add("Authorization"), "token: form"),
    "an empty one": Vector(read, instead("token", ""), "token: form"),
    "four parts": Vector(read, instead("token", "a.b.c.d"), "token: form"),
    "a codice fiscale for a token": Vector(read, instead("token", "RSSMRA80A01H501U"), "token: form"),
    "a header that is no object": Vector(read, instead("token", "W10.e30.e30"), "token: form"),
    "a header nested too deep": Vector(read, instead("token", DEEP), "token: form"),
    "letters of no alphabet": Vector(read, instead("token", "è.è.è"), "token: form"),
    "claims that are no object": Vector(read, instead("token", LIST), "voucher: iss"),
    "claims nested too deep": Vector(read, instead("token", DEEP_CLAIMS), "voucher: iss"),
    "another scheme": Vector(read, scheme("Basic"), "voucher: scheme"),
    "two of them": Vector(read, twice("Authorization"), "Authorization: came twice"),
    "too long": Vector(read, claim("token", more="x" * 9000), "Authorization: too long"),
    "alg none": Vector(read, unsigned("token"), "voucher: signature"),
    "a public key as the secret of an HMAC": Vector(
        read, by_public_key("token", OF_PDND), "voucher: signature"
    ),
    "alg ES256 with the kid of an RSA key": Vector(read, signed_by("token", STRANGER), "voucher: signature"),
    "alg RS512": Vector(read, header("token", alg="RS512"), "voucher: signature"),
    "typ JWT": Vector(read, header("token", typ="JWT"), "voucher: typ"),
    "typ of a proof": Vector(read, header("token", typ="dpop+jwt"), "voucher: typ"),
    "no typ": Vector(read, lambda c: c.token.header.pop("typ"), "voucher: typ"),
    "jku": Vector(read, header("token", jku="https://evil.example/jwks"), "voucher: foreign key"),
    "x5u": Vector(read, header("token", x5u="https://evil.example/x5u"), "voucher: foreign key"),
    "jwk": Vector(read, header("token", jwk=OF_PDND.jwk), "voucher: foreign key"),
    "its own key in jwk": Vector(
        read, signed_by("token", STRANGER, jwk=STRANGER.jwk), "voucher: foreign key"
    ),
    "crit": Vector(read, critical("token"), "voucher: foreign key"),
    "an unencoded payload": Vector(read, unencoded("token"), "token: form"),
    "unknown kid": Vector(read, header("token", kid="nobody"), "voucher: signature"),
    "no kid": Vector(read, lambda c: c.token.header.pop("kid"), "voucher: signature"),
    "kid of a client": Vector(read, signed_by("token", OF_CLIENT, kid="client"), "voucher: signature"),
    "signed by another": Vector(read, signed_by("token", OF_OTHER), "voucher: signature"),
    "tampered": Vector(read, tampered("token", purposeId="another"), "voucher: signature"),
    "no claims": Vector(read, lambda c: c.token.claims.clear(), "voucher: iss"),
    "another issuer": Vector(read, claim("token", iss="interop.example"), "voucher: iss"),
    "the issuer of production in test": Vector(read, claim("token", iss="interop.pagopa.it"), "voucher: iss"),
    "another audience": Vector(read, claim("token", aud="https://other.example"), "voucher: aud"),
    "an audience that begins like ours": Vector(read, claim("token", aud=AUDIENCE + "/2"), "voucher: aud"),
    "no audience": Vector(read, claim("token", aud=None), "voucher: aud"),
    "expired": Vector(read, at("token", exp=TOO_OLD), "voucher: exp"),
    "no end": Vector(read, claim("token", exp=None), "voucher: exp"),
    "an end that is a text": Vector(read, claim("token", exp="2999-01-01"), "voucher: exp"),
    "not begun": Vector(read, at("token", nbf=TOO_NEW), "voucher: nbf"),
    "no beginning": Vector(read, claim("token", nbf=None), "voucher: nbf"),
    "issued in the future": Vector(read, at("token", iat=TOO_NEW), "voucher: iat"),
    "no iat": Vector(read, claim("token", iat=None), "voucher: iat"),
    "no jti": Vector(read, claim("token", jti=None), "voucher: jti"),
    "another sub": Vector(read, claim("token", sub=OTHER_CLIENT), "voucher: sub"),
    "a client that is no UUID": Vector(
        machine, all_of(claim("token", sub="x", client_id="x"), without("tracking")), "voucher: client"
    ),
    "another producer": Vector(read, claim("token", producerId=str(uuid4())), "voucher: producerId"),
    "another e-service": Vector(read, claim("token", eserviceId=str(uuid4())), "voucher: eserviceId"),
    "another descriptor": Vector(read, claim("token", descriptorId=str(uuid4())), "voucher: descriptorId"),
    "no descriptor": Vector(read, claim("token", descriptorId=None), "voucher: descriptorId"),
    "a purpose that is not admitted": Vector(
        read, claim("token", purposeId=str(uuid4())), "voucher: purposeId"
    ),
    "no purpose": Vector(read, claim("token", purposeId=None), "voucher: purposeId"),
    "the purpose of another consumer": Vector(
        read, claim("token", consumerId=OTHER_CONSUMER), "voucher: purposeId"
    ),
    "bound to a key of another kind": Vector(
        bound, claim("token", cnf={"x5t#S256": BOUND.thumbprint}), "voucher: cnf"
    ),
    "bound, as Bearer": Vector(bound, scheme("Bearer"), "voucher: binding"),
    "bound, as Bearer, without proof": Vector(
        bound, all_of(scheme("Bearer"), without("proof")), "voucher: binding"
    ),
    "not bound, as DPoP": Vector(read, scheme("DPoP"), "voucher: binding"),
}

PROOF: dict[str, Vector] = {
    "sent twice": Vector(bound, twice("DPoP"), "DPoP: came twice"),
    "none": Vector(bound, without("proof"), "proof: form"),
    "no key": Vector(bound, lambda c: _piece(c, "proof").header.pop("jwk"), "proof: jwk"),
    "a private key": Vector(bound, private_in_proof, "proof: jwk"),
    "a weak key": Vector(bound, weak_proof, "proof: jwk"),
    "a secret for a key": Vector(bound, header("proof", jwk={"kty": "oct", "k": "AAAA"}), "proof: jwk"),
    "typ JWT": Vector(bound, header("proof", typ="JWT"), "proof: typ"),
    "jku": Vector(bound, header("proof", jku="https://evil.example"), "proof: foreign key"),
    "crit": Vector(bound, critical("proof"), "proof: foreign key"),
    "signed by another": Vector(bound, signed_by("proof", STRANGER), "proof: signature"),
    "alg none": Vector(bound, unsigned("proof"), "proof: signature"),
    "of another key": Vector(bound, signed_by("proof", STRANGER, jwk=STRANGER.jwk), "proof: thumbprint"),
    "for another method": Vector(bound, claim("proof", htm="POST"), "proof: htm"),
    "for another path": Vector(bound, claim("proof", htu=f"{AUDIENCE}/desk"), "proof: htu"),
    "for another host": Vector(
        bound, claim("proof", htu="https://x.example/rest/adi/v1/cases"), "proof: htu"
    ),
    "for another scheme": Vector(
        bound, claim("proof", htu="http://registro.example/rest/adi/v1/cases"), "proof: htu"
    ),
    "old": Vector(bound, at("proof", iat=-61), "proof: iat"),
    "in the future": Vector(bound, at("proof", iat=11), "proof: iat"),
    "no iat": Vector(bound, claim("proof", iat=None), "proof: iat"),
    "of another voucher": Vector(bound, claim("proof", ath=b64(bytes(32))), "proof: ath"),
    "no jti": Vector(bound, claim("proof", jti=None), "proof: jti"),
    "jti too long": Vector(bound, claim("proof", jti="x" * 256), "proof: jti"),
}


def _of_a_client(piece: str, name: str, call: Callable[[Trusting], Call]) -> dict[str, Vector]:
    """What goes for every statement that a client of PDND signs."""
    return {
        "typ of a voucher": Vector(call, header(piece, typ="at+jwt"), f"{name}: typ"),
        "no typ": Vector(call, lambda c: _piece(c, piece).header.pop("typ"), f"{name}: typ"),
        "jku": Vector(call, header(piece, jku="https://evil.example"), f"{name}: foreign key"),
        "x5u": Vector(call, header(piece, x5u="https://evil.example"), f"{name}: foreign key"),
        "its own key in jwk": Vector(
            call, signed_by(piece, STRANGER, jwk=STRANGER.jwk), f"{name}: foreign key"
        ),
        "crit": Vector(call, critical(piece), f"{name}: foreign key"),
        "unknown kid": Vector(call, header(piece, kid="nobody"), f"{name}: unknown key"),
        "endless kid": Vector(call, header(piece, kid="k" * 129), f"{name}: unknown key"),
        "kid of another client": Vector(call, signed_by(piece, OF_OTHER, kid="other"), f"{name}: owner"),
        "kid of PDND": Vector(call, signed_by(piece, OF_PDND, kid="pdnd"), f"{name}: unknown key"),
        "signed by another": Vector(call, signed_by(piece, OF_OTHER), f"{name}: signature"),
        "tampered": Vector(call, tampered(piece, iss=OTHER_CLIENT), f"{name}: signature"),
        "alg none": Vector(call, unsigned(piece), f"{name}: signature"),
        "a public key as the secret of an HMAC": Vector(
            call, by_public_key(piece, OF_CLIENT), f"{name}: signature"
        ),
        "another iss": Vector(call, claim(piece, iss=OTHER_CLIENT), f"{name}: iss"),
        "another audience": Vector(call, claim(piece, aud="https://other.example"), f"{name}: aud"),
        "expired": Vector(call, at(piece, exp=TOO_OLD), f"{name}: exp"),
        "no end": Vector(call, claim(piece, exp=None), f"{name}: exp"),
        "not begun": Vector(call, at(piece, nbf=TOO_NEW), f"{name}: nbf"),
        "in the future": Vector(call, at(piece, iat=TOO_NEW), f"{name}: iat"),
        "good for too long": Vector(call, at(piece, exp=LIFETIME + 1), f"{name}: lifetime"),
        "no jti": Vector(call, claim(piece, jti=None), f"{name}: jti"),
        "an empty jti": Vector(call, claim(piece, jti=""), f"{name}: jti"),
    }


INTEGRITY: dict[str, Vector] = {
    **_of_a_client("integrity", "integrity", act),
    "no signature": Vector(act, without("integrity"), "integrity: form"),
    "sent twice": Vector(act, twice("Agid-JWT-Signature"), "Agid-JWT-Signature: came twice"),
    "another sub": Vector(act, claim("integrity", sub=OTHER_CLIENT), "integrity: sub"),
    "no digest": Vector(act, lambda c: c.headers.pop("Digest"), "integrity: digest"),
    "digest in hexadecimal": Vector(act, hex_digest, "integrity: digest"),
    "another body": Vector(act, other_body, "integrity: digest"),
    "another body, with its digest": Vector(act, other_body_with_its_digest, "integrity: signed headers"),
    "digest and signature of another body": Vector(
        act, digest_that_was_signed_of_another_body, "integrity: digest"
    ),
    "a body taken away": Vector(act, lambda c: setattr(c, "content", b""), "integrity: digest"),
    "digest not signed": Vector(act, only_the_type_signed, "integrity: digest signed"),
    "type not signed": Vector(act, only_the_digest_signed, "integrity: type signed"),
    "encoding not signed": Vector(
        act, sent_unsigned("Content-Encoding", "gzip"), "integrity: encoding signed"
    ),
    "key not signed": Vector(act, only_digest_and_type_signed, "integrity: key signed"),
    "another key signed": Vector(
        act, sent_unsigned("Idempotency-Key", str(uuid4())), "integrity: signed headers"
    ),
    "day not signed": Vector(act, sent_unsigned("Known-On", "2026-01-02"), "integrity: day signed"),
    "a day that came twice": Vector(
        act,
        all_of(signed_too("known-on", "2026-06-30", "2026-06-30"), twice("Known-On")),
        "integrity: signed headers",
    ),
    "version not signed": Vector(act, sent_unsigned("If-Match", '"7"'), "integrity: version signed"),
    "another type signed": Vector(
        act,
        lambda c: (
            _piece(c, "integrity").claims["signed_headers"].__setitem__(1, {"content-type": "text/plain"})
        ),
        "integrity: signed headers",
    ),
    "a signed header that was not sent": Vector(
        act, signed_too("known-on", "2026-06-01"), "integrity: signed headers"
    ),
    "a signed header that was changed": Vector(
        act, signed_too("known-on", "2026-06-01", "2026-06-30"), "integrity: signed headers"
    ),
    "a digest signed twice": Vector(act, twice_signed, "integrity: digest signed"),
    "no signed headers": Vector(act, claim("integrity", signed_headers=None), "integrity: digest signed"),
    "signed headers as one object": Vector(
        act, claim("integrity", signed_headers={"digest": "x"}), "integrity: digest signed"
    ),
    "of a read that has no body": Vector(
        read, lambda c: c.headers.update(Digest=digest(b"another")), "integrity: form"
    ),
}

TRACKING: dict[str, Vector] = {
    **_of_a_client("tracking", "tracking", read),
    "sent twice": Vector(read, twice("Agid-JWT-TrackingEvidence"), "Agid-JWT-TrackingEvidence: came twice"),
    "no evidence of who asks": Vector(read, without("tracking"), "tracking: form"),
    "none for an act": Vector(act, without("tracking"), "tracking: form"),
    "unsound, where none is needed": Vector(machine, claim("tracking", iss=OTHER_CLIENT), "tracking: iss"),
    "another purpose": Vector(read, claim("tracking", purposeId=str(uuid4())), "tracking: purposeId"),
    "nobody": Vector(read, claim("tracking", userID=None), "tracking: userID"),
    "a codice fiscale for a person": Vector(
        read, claim("tracking", userID="RSSMRA80A01H501U"), "tracking: userID"
    ),
    "from nowhere": Vector(read, claim("tracking", userLocation=""), "tracking: userLocation"),
    "identified by nothing": Vector(read, claim("tracking", LoA=None), "tracking: LoA"),
    "no dnonce": Vector(read, claim("tracking", dnonce=None), "tracking: dnonce"),
    "a short dnonce": Vector(read, claim("tracking", dnonce=123), "tracking: dnonce"),
    "of another voucher": Vector(read, tracking_of_another_voucher, "tracking: digest"),
    "of a voucher that knows of none": Vector(read, no_digest_in_the_voucher, "tracking: digest"),
    "under another digest": Vector(read, other_digest_name, "tracking: digest"),
}

DIRECT: dict[str, Vector] = {
    "unknown certificate": Vector(
        outside, with_certificate("token", "unknown", STRANGER), "token: unknown certificate"
    ),
    "unreadable certificate": Vector(outside, header("token", x5c=["?"]), "voucher: typ"),
    "certificate of before": Vector(outside, with_certificate("token", "old", OLD), "token: certificate"),
    "certificate of another, key of one's own": Vector(
        outside, header("token", x5c=x5c("other")), "token: signature"
    ),
    "another agency's certificate": Vector(
        outside, with_certificate("token", "other", OF_OTHER_OUTSIDE), "token: iss"
    ),
    "typ of a voucher": Vector(outside, header("token", typ="at+jwt"), "token: typ"),
    "x5u": Vector(outside, header("token", x5u="https://evil.example"), "token: foreign key"),
    "crit": Vector(outside, critical("token"), "token: foreign key"),
    "alg none": Vector(outside, unsigned("token"), "token: signature"),
    "another audience": Vector(outside, claim("token", aud="x"), "token: aud"),
    "another iss": Vector(outside, claim("token", iss=str(uuid4())), "token: iss"),
    "another sub": Vector(outside, claim("token", sub=str(uuid4())), "token: sub"),
    "expired": Vector(outside, at("token", exp=TOO_OLD), "token: exp"),
    "not begun": Vector(outside, at("token", nbf=TOO_NEW), "token: nbf"),
    "in the future": Vector(outside, at("token", iat=TOO_NEW), "token: iat"),
    "good for too long": Vector(outside, at("token", exp=LIFETIME + 1), "token: lifetime"),
    "no jti": Vector(outside, claim("token", jti=None), "token: jti"),
    "a purpose that is not admitted": Vector(outside, claim("token", purposeId="x"), "token: purposeId"),
    "as DPoP": Vector(outside, scheme("DPoP"), "token: scheme"),
    "the evidence in place of the token": Vector(
        outside, lambda c: setattr(c, "token", _piece(c, "tracking")), "token: sub"
    ),
    "evidence under another's certificate": Vector(
        outside, with_certificate("tracking", "other", OF_OTHER_OUTSIDE), "tracking: owner"
    ),
    "evidence under a certificate of before": Vector(
        outside, with_certificate("tracking", "old", OLD), "tracking: certificate"
    ),
    "evidence under an unknown certificate": Vector(
        outside, with_certificate("tracking", "unknown", STRANGER), "tracking: unknown certificate"
    ),
    "a body under a certificate of before": Vector(
        outside_act, with_certificate("integrity", "old", OLD), "integrity: certificate"
    ),
    "a body under another's certificate": Vector(
        outside_act, with_certificate("integrity", "other", OF_OTHER_OUTSIDE), "integrity: owner"
    ),
    "another body": Vector(outside_act, other_body, "integrity: digest"),
}

REFUSED: dict[str, Vector] = {
    f"{kind}: {name}": vector
    for kind, vectors in {
        "voucher": VOUCHER,
        "proof": PROOF,
        "integrity": INTEGRITY,
        "tracking": TRACKING,
        "direct": DIRECT,
    }.items()
    for name, vector in vectors.items()
}
