"""Keys by HTTP: held, renewed, kept while the server is away; and whose they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.security import fetched, jwks
from api.security.client_keys import AWAY, UNKNOWN, ClientKeys
from api.security.client_keys import OLD as CLIENT_OLD
from api.security.fetched import NotFetched, NotThere, fetch
from api.security.jwks import ASK_AGAIN, OLD, Jwks
from api.security.jws import RSAKey
from api.security.own_voucher import OurClient, OwnVoucher
from tests.jose import Pair, opened
from tests.pdnd import Pdnd, serving

pytestmark = pytest.mark.integration

FIRST, SECOND, OURS = Pair.ec(), Pair.ec(), Pair.rsa()
SET, KEYS = "/.well-known/jwks.json", "/v2/keys/"


class Watch:
    """A clock of seconds, which a test winds."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def pdnd() -> Iterator[Pdnd]:
    with serving(Pdnd({"first": FIRST}, {"of one": ("one", FIRST.jwk)})) as made:
        yield made


@pytest.fixture
def held(pdnd: Pdnd, watch: Watch) -> Jwks:
    return Jwks(partial(fetch, pdnd.url + SET), watch)


@pytest.fixture
def clients(pdnd: Pdnd, watch: Watch) -> ClientKeys:
    return ClientKeys(lambda kid: fetch(f"{pdnd.url}{KEYS}{kid.replace(' ', '%20')}"), watch)


def owner(clients: ClientKeys, kid: str = "of one") -> str | None:
    signer = clients.signer(kid)
    return signer.client if signer else None


# --- the set of PDND -------------------------------------------------------------------------------------


def test_the_set_is_asked_for_once(held: Jwks, pdnd: Pdnd) -> None:
    assert [held.key("first") is not None for _ in range(3)] == [True] * 3
    assert pdnd.asked == [SET]


def test_a_new_key_is_found_when_it_is_first_used(held: Jwks, pdnd: Pdnd, watch: Watch) -> None:
    assert held.key("first")
    pdnd.keys = {"second": SECOND}
    watch.now += ASK_AGAIN
    assert held.key("second")
    assert held.key("first") is None  # PDND withdrew it


def test_an_unknown_kid_is_asked_for_at_most_once_a_minute(held: Jwks, pdnd: Pdnd, watch: Watch) -> None:
    assert [held.key(f"nobody-{n}") for n in range(50)] == [None] * 50
    assert len(pdnd.asked) == 1
    watch.now += ASK_AGAIN - 0.001
    assert held.key("nobody") is None and len(pdnd.asked) == 1
    watch.now += 0.001
    assert held.key("nobody") is None and len(pdnd.asked) == 2


def test_a_withdrawn_key_is_believed_for_an_hour_at_most(held: Jwks, pdnd: Pdnd, watch: Watch) -> None:
    assert held.key("first")
    pdnd.keys = {"second": SECOND}
    watch.now += OLD
    assert held.key("first")
    watch.now += 1
    assert held.key("first") is None


FAILURES: dict[str, dict[str, Any]] = {
    "down": {"down": True},
    "moved": {"moved": True},
    "without a key": {"keys": {}},
}


@pytest.mark.parametrize("failure", FAILURES)
def test_the_last_good_set_stands_while_pdnd_is(held: Jwks, pdnd: Pdnd, watch: Watch, failure: str) -> None:
    assert held.key("first")
    for name, value in FAILURES[failure].items():
        setattr(pdnd, name, value)
    watch.now += OLD + 1
    with capture_logs() as lines:
        assert held.key("first")
        assert held.key("first")
    assert [line["held"] for line in lines] == [1]  # one question, one line, and no kid in it
    pdnd.down, pdnd.moved, pdnd.keys = False, False, {"second": SECOND}
    watch.now += ASK_AGAIN
    assert held.key("first") is None and held.key("second")


def test_a_server_that_is_not_there_is_no_error_of_the_caller(watch: Watch) -> None:
    for held in (
        Jwks(partial(fetch, "http://127.0.0.1:1/jwks"), watch).key,
        ClientKeys(lambda _: fetch("http://127.0.0.1:1/keys"), watch).signer,
    ):
        for _ in range(2):
            with pytest.raises(NotFetched):
                held("first")


def test_a_new_key_cannot_be_told_from_none_while_pdnd_is_away(held: Jwks, pdnd: Pdnd, watch: Watch) -> None:
    assert held.key("nobody") is None
    pdnd.down = True
    watch.now += ASK_AGAIN
    with pytest.raises(NotFetched):
        held.key("nobody")
    assert held.key("first")


def test_who_has_a_known_key_does_not_wait_for_a_slow_server(held: Jwks, pdnd: Pdnd, watch: Watch) -> None:
    assert held.key("first")
    asking, pdnd.slow = threading.Event(), 0.5
    fetch_now = held._fetch

    def slow() -> Any:
        asking.set()
        return fetch_now()

    held._fetch = slow  # type: ignore[method-assign]
    watch.now += ASK_AGAIN
    other = threading.Thread(target=held.key, args=("nobody",))
    other.start()
    assert asking.wait(5)
    known, unknown = held.key("first"), held.key("nobody")
    assert other.is_alive(), "the question was to be under way"
    assert known and unknown is None
    other.join()


def test_a_server_that_never_ends_is_given_up(pdnd: Pdnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched, "TIMEOUT", 0.05)
    pdnd.slow = 0.3
    with pytest.raises(NotFetched):
        fetch(pdnd.url + SET)


def test_keys_of_other_kinds_are_left_out(watch: Watch) -> None:
    weak = Pair.rsa(1024).jwk
    others = [{"kty": "oct", "k": "AAAA"}, weak, {"kty": "RSA"}, {"kty": "EC", "crv": "P-384"}, {}]
    found = [{**jwk, "kid": f"odd-{n}"} for n, jwk in enumerate(others)] + [{**FIRST.jwk, "kid": "sound"}]
    kept = jwks._usable({"keys": found})
    assert list(kept) == ["sound"]


# --- the keys of clients ---------------------------------------------------------------------------------


def test_a_key_has_its_client(clients: ClientKeys, pdnd: Pdnd) -> None:
    assert [owner(clients), owner(clients), owner(clients, "nobody")] == ["one", "one", None]
    assert pdnd.asked == [f"{KEYS}of%20one", f"{KEYS}nobody"]


def test_a_client_key_that_pdnd_has_not_is_asked_for_again_after_a_minute(
    clients: ClientKeys, pdnd: Pdnd, watch: Watch
) -> None:
    assert owner(clients, "new") is None
    pdnd.clients["new"] = ("one", SECOND.jwk)
    assert owner(clients, "new") is None
    watch.now += UNKNOWN
    assert owner(clients, "new") == "one"


def test_a_client_key_that_was_withdrawn_is_believed_for_an_hour_at_most(
    clients: ClientKeys, pdnd: Pdnd, watch: Watch
) -> None:
    assert owner(clients) == "one"
    del pdnd.clients["of one"]
    watch.now += CLIENT_OLD - 1
    assert owner(clients) == "one"
    watch.now += 1
    assert owner(clients) is None


def test_a_client_key_stands_while_pdnd_is_away(clients: ClientKeys, pdnd: Pdnd, watch: Watch) -> None:
    assert owner(clients) == "one"
    pdnd.down = True
    watch.now += CLIENT_OLD
    assert owner(clients) == "one"
    pdnd.down = False
    del pdnd.clients["of one"]
    watch.now += UNKNOWN
    assert owner(clients) is None


def test_a_pdnd_that_is_away_is_not_waited_for_by_everybody(
    clients: ClientKeys, pdnd: Pdnd, watch: Watch
) -> None:
    pdnd.down = True
    for kid in ("one", "another", "a third"):
        with pytest.raises(NotFetched):
            clients.signer(kid)
    assert len(pdnd.asked) == 1
    pdnd.down = False
    watch.now += AWAY
    assert owner(clients) == "one"


def test_of_many_client_keys_the_oldest_is_let_go(pdnd: Pdnd, watch: Watch) -> None:
    asked: list[str] = []

    def answer(kid: str) -> dict[str, Any]:
        asked.append(kid)
        return {"clientId": "one", "jwk": FIRST.jwk}

    clients = ClientKeys(answer, watch)
    for n in range(1025):
        clients.signer(str(n))
    clients.signer("1024")
    clients.signer("0")
    assert len(asked) == 1026 and asked[-1] == "0"


@pytest.mark.parametrize(
    "answer", [{}, {"clientId": "one"}, {"clientId": 7, "jwk": FIRST.jwk}, {"clientId": "one", "jwk": {}}]
)
def test_an_answer_that_is_no_key_is_none(answer: dict[str, Any], watch: Watch) -> None:
    assert ClientKeys(lambda _: answer, watch).signer("any") is None


# --- our own voucher -------------------------------------------------------------------------------------


def test_pdnd_is_asked_with_a_voucher_of_our_own(pdnd: Pdnd, watch: Watch) -> None:
    pdnd.needs_voucher = True
    us = OurClient(
        "ours", "our-kid", RSAKey.import_key(OURS.pem), "auth.example/client-assertion", pdnd.url + "/token"
    )
    voucher = OwnVoucher(us, fetch, watch)
    clients = ClientKeys(lambda kid: fetch(f"{pdnd.url}{KEYS}of%20one", voucher.headers()), watch)
    assert owner(clients) == "one"
    (form,) = pdnd.forms
    assert (form["grant_type"], form["client_id"]) == (["client_credentials"], ["ours"])
    header, said = opened(form["client_assertion"][0], OURS.jwk)
    assert header == {"alg": "RS256", "kid": "our-kid", "typ": "JWT"}
    assert sorted(said) == ["aud", "exp", "iat", "iss", "jti", "sub"]  # PDND refuses every other claim
    assert (said["iss"], said["sub"], said["exp"] - said["iat"]) == ("ours", "ours", 60)
    watch.now += 569
    voucher.headers()
    assert len(pdnd.forms) == 1
    watch.now += 2
    voucher.headers()
    assert len(pdnd.forms) == 2


# --- fetching --------------------------------------------------------------------------------------------


def test_nobody_is_followed_elsewhere(pdnd: Pdnd) -> None:
    pdnd.moved = True
    with pytest.raises(NotFetched):
        fetch(pdnd.url + SET)
    assert "/elsewhere" not in pdnd.asked


def test_what_is_not_there_is_told_from_who_is_away(pdnd: Pdnd) -> None:
    with pytest.raises(NotThere):
        fetch(f"{pdnd.url}{KEYS}nobody")
    pdnd.down = True
    with pytest.raises(NotFetched):
        fetch(f"{pdnd.url}{KEYS}nobody")


def test_an_endless_answer_is_cut_off(pdnd: Pdnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched, "LARGEST", 20)
    with pytest.raises(NotFetched):
        fetch(pdnd.url + SET)
