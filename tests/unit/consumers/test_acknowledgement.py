"""An acknowledgement holds for the key that signed it, and for nothing else."""

from uuid import uuid4

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from projections.acknowledgement import NotVerified, Said, signed, verified

pytestmark = pytest.mark.unit

SAID = Said(recipient="cpi", log_epoch=str(uuid4()), received=12, applied=11, parked=[4, 9])


def keys() -> tuple[str, str]:
    key = OKPKey.generate_key("Ed25519")
    return orjson.dumps(key.as_dict(private=True)).decode(), orjson.dumps(key.as_dict(private=False)).decode()


def test_what_was_signed_is_what_is_read():
    private, public = keys()
    assert verified(signed(SAID, private), public) == SAID
    both = Said(**SAID, cosigned={"size": 7, "line": "— a b"})
    assert verified(signed(both, private), public) == both


def test_another_key_or_another_body_is_refused():
    private, public = keys()
    _, other = keys()
    whole = signed(SAID, private)
    head, _, signature = whole.split(".")
    for text, key in [
        (whole, other),
        (f"{head}.{signed({**SAID, 'applied': 12}, private).split('.')[1]}.{signature}", public),
        (whole[:-4], public),
        ("", public),
        ("a.b.c", public),
    ]:
        with pytest.raises(NotVerified):
            verified(text, key)


def test_the_algorithm_is_ours_to_choose():
    _, public = keys()
    payload = orjson.dumps(SAID)
    secret = OctKey.import_key(public)
    forged = jws.serialize_compact({"alg": "HS256"}, payload, secret, algorithms=["HS256"])
    with pytest.raises(NotVerified):
        verified(forged, public)


@pytest.mark.parametrize(
    "wrong",
    [
        {"received": "12"},
        {"parked": ["4"]},
        {"log_epoch": "x"},
        {"applied": True},
        {"cosigned": 7},
        {"cosigned": {"size": 7}},
        {"cosigned": {"size": "7", "line": ""}},
    ],
)
def test_a_signed_body_that_is_no_acknowledgement_is_refused(wrong: dict[str, object]):
    private, public = keys()
    with pytest.raises(NotVerified):
        verified(signed({**SAID, **wrong}, private), public)  # type: ignore[typeddict-item]
