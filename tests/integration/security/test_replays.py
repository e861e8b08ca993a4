"""What is said once is believed once: in every process, at the same instant, and for as long as it holds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs

from api.security.once import Uses
from deploy.trust import wire
from tests.integration.api.life import referral
from tests.integration.api.office import BASE, NOW, register_on
from tests.integration.security.trusted import Call, Trusting

pytestmark = pytest.mark.integration


def again(call: Call, to: httpx.Client | None = None) -> Callable[[], httpx.Response]:
    """The very same request, as often as one likes."""
    headers, client = call.prepared(), to or call.to.register.client
    return lambda: client.request(call.method, BASE + call.path, content=call.content, headers=headers)


def refused(send: Callable[[], httpx.Response]) -> str:
    with capture_logs() as lines:
        assert send().status_code == 401
    return str(next(line["failed"] for line in lines if "failed" in line))


def act(trust: Trusting) -> Call:
    return trust.call("POST", "/cases", referral() | {"household_id": str(uuid4())})


REPEATED: dict[str, Callable[[Trusting], Call]] = {
    "the evidence of who asks": lambda trust: trust.call(),
    "the signature over a body": act,
    "a proof": lambda trust: trust.call().bound(),
    "a token of direct trust": lambda trust: trust.outside(),
}


@pytest.mark.parametrize("what", REPEATED)
def test_the_same_request_is_refused_the_second_time(trust: Trusting, what: str) -> None:
    send = again(REPEATED[what](trust))
    assert send().status_code in (200, 201)
    assert refused(send) == "jti: used before"


@pytest.mark.parametrize("piece", ["tracking", "integrity", "proof", "token"])
def test_each_statement_is_of_one_request(trust: Trusting, piece: str) -> None:
    """All other statements are new, and this one came before."""
    calls = [act(trust) if piece != "token" else trust.outside() for _ in range(2)]
    if piece == "proof":
        calls = [call.bound() for call in calls]
    first, second = (getattr(call, piece) for call in calls)
    second.claims["jti"] = first.claims["jti"]
    assert calls[0].send().status_code in (200, 201)
    assert refused(calls[1].send) == "jti: used before"


def test_the_same_id_of_another_client_is_another_id(trust: Trusting) -> None:
    ours, theirs = trust.call(), trust.outside()
    assert theirs.tracking and ours.tracking
    theirs.tracking.claims["jti"] = ours.tracking.claims["jti"]
    assert [call.send().status_code for call in (ours, theirs)] == [200, 200]


def test_a_voucher_is_good_for_many_requests(trust: Trusting) -> None:
    call = trust.call(path="/log/keys")
    call.tracking = None
    send = again(call)
    assert [send().status_code for _ in range(3)] == [200, 200, 200]


def test_a_retry_of_an_act_is_signed_anew_and_answered_from_the_log(trust: Trusting) -> None:
    call = act(trust)
    first = call.send()
    retry = trust.call("POST", "/cases", call.body)
    retry.under_the_key_of(call)
    again_ = retry.send()
    assert (first.status_code, again_.status_code) == (201, 200)
    assert again_.json() == first.json() | {"replayed": True}


def test_of_many_at_once_one_is_believed(trust: Trusting) -> None:
    send = again(trust.call())
    with ThreadPoolExecutor(8) as threads:
        found = [each.status_code for each in threads.map(lambda _: send(), range(8))]
    assert sorted(found) == [200] + [401] * 7


def test_another_process_knows_what_was_used_here(trust: Trusting, tmp_path: Path) -> None:
    call = trust.call()
    assert again(call)().status_code == 200
    file = Path(trust.register.database.keys_file).with_name("trust.toml")
    with register_on(trust.register.database, lambda pool, clock: wire(file, pool, clock)) as other:
        assert refused(again(call, other.client)) == "jti: used before"


def test_an_id_is_kept_while_its_statement_holds_and_swept_away_after(trust: Trusting) -> None:
    def kept(over: str = "") -> int:
        return int(trust.register.query(f"select count(*) from ledger.used {over}")[0][0])

    call = trust.call()
    call.token.claims["exp"] += 3600
    send = again(call)
    assert send().status_code == 200
    try:
        # The evidence ended 20 s ago: within the leeway.
        trust.register.clock.now = NOW + timedelta(seconds=320)
        assert refused(send) == "jti: used before"
        before = kept()
        trust.register.clock.now = NOW + timedelta(seconds=400)
        assert refused(send) == "tracking: exp"
        for _ in range(before // 8 + 1):
            assert trust.call().send().status_code == 200  # brings one, sweeps away sixteen
        assert kept(f"where until < '{trust.register.clock.now}'") == 0
        assert kept() <= before
    finally:
        trust.register.clock.now = NOW


def test_without_the_ids_a_replay_comes_in(trust: Trusting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Uses, "take", lambda *_: None)
    send = again(trust.call())
    assert [send().status_code, send().status_code] == [200, 200]
