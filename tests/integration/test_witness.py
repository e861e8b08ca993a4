"""A recipient holds the log to its word: over Kafka or over REST, against a real API and a real tamperer."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey
from structlog.testing import capture_logs

from api.app import create_app
from consumers import relay, topics
from consumers.acknowledge import Acknowledge
from consumers.client.register import Register as Client
from consumers.client.transport import Transport
from consumers.relay import Relay
from consumers.source import FeedSource
from consumers.subscriber import Subscriber
from consumers.witness import KafkaNotes, RestNotes, Witness
from deploy.kafka.access import Access
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.note import (
    COSIGNATURE,
    Checkpoint,
    Note,
    VerifierKey,
    cosigned_at,
    opened,
    sign,
    signed_checkpoint,
    verifier_key,
    witness_name,
)
from projections.acknowledgement import verified
from projections.shown import Shown
from tests.databases import Ledger
from tests.integration.api.life import sign as sign_protocol
from tests.integration.api.office import Register, register_on
from tests.servers import KafkaServer

pytestmark = pytest.mark.integration

LOG, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
CPI = OKPKey.generate_key("Ed25519")
AT = 1_780_000_000
"""The clock of the witness."""


@contextmanager
def served(app: Any) -> Iterator[str]:
    """An app on a port of its own; its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: time.sleep(0.01), lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def until(act: Callable[[], Any], holds: Callable[[], Any], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never held"
        act()


@dataclass
class Way:
    """An Ambito whose log is signed and published, and the recipient `cpi` that watches it."""

    register: Register
    code: str
    api_url: str
    recipient_url: str
    kafka: dict[str, dict[str, Any]] | None
    open: list[Any] = field(default_factory=list)

    # --- the Ambito --------------------------------------------------------------------------------------

    def grow(self, events: int = 1) -> None:
        """A refused request is a line of the access log: an event like any other."""
        for _ in range(events):
            self.register.office("cpi", "EMPLOYMENT_OPERATOR").get("/feed")

    def sign(self, events: int = 1) -> Checkpoint:
        """Let the log grow, sign it and publish."""
        self.grow(events)
        signer = Checkpointer(self.evidence, self.code, LOG, events=1, seconds=60)
        assert signer.step() == 1
        self.publish()
        return self.latest()

    def publish(self) -> None:
        if self.kafka:
            relaying = Relay(self.register.services.disclosed, (), self.code, self.producer, self.evidence)
            with closing(relaying):
                until(lambda: None, lambda: relaying.step() == 0)

    def producer(self) -> Any:
        assert self.kafka is not None
        return relay.producer(self.kafka["relay"], self.code)

    def publish_text(self, text: bytes) -> None:
        """Whatever somebody who can write puts in a note's place: in the topic, or in the database."""
        if self.kafka is None:
            self.tamper(
                "update ledger.checkpoints set note = %s where number ="
                " (select max(number) from ledger.checkpoints)",
                text.decode(),
            )
            return
        with closing(self.producer()) as producer:
            producer.init_transactions()
            producer.begin_transaction()
            producer.send(topics.topic(self.code, topics.CHECKPOINTS), text, partition=0)
            producer.commit_transaction()

    def tamper(self, *statements: Any) -> None:
        """As a superuser; a statement may be followed by its one argument."""
        with psycopg.connect(self.register.database.owner_url) as owner:
            query, *arguments = statements
            owner.execute(query.encode(), arguments or None)

    def rewrite(self) -> None:
        """Another history with hashes that fit: an event changed, all evidence made anew."""
        self.tamper(
            "update ledger.events set state = state || ' ' where position = 2;"
            "delete from ledger.cosignatures; delete from ledger.checkpoints; delete from ledger.tiles;"
            "update ledger.tree_head set number = 0, log_epoch = null, size = 0, root = null;"
            "update ledger.relayed set seq = 0 where recipient = 'checkpoints'"
        )

    def lose(self, after: int) -> None:
        """The database of an earlier day: what came after a size was never there."""
        self.tamper(
            f"delete from ledger.cosignatures; delete from ledger.checkpoints where size > {after};"
            f"delete from ledger.events where position > {after};"
            f"update ledger.log_head set position = {after};"
            "update ledger.tree_head t set (number, log_epoch, size, root) ="
            " (select number, log_epoch, size, root from ledger.checkpoints order by number desc limit 1);"
            "update ledger.relayed set seq = 0 where recipient = 'checkpoints'"
        )

    def restore(self, after: int) -> None:
        """The same, with the new epoch that a restore gives."""
        self.lose(after)
        self.tamper("update ledger.log_head set log_epoch = gen_random_uuid()")

    @property
    def evidence(self) -> Checkpoints:
        return Checkpoints(self.register.services.all_rows)

    def latest(self) -> Checkpoint:
        stored = self.evidence.latest()
        assert stored is not None
        return Checkpoint.read(Note.read(stored.note).text)

    def epoch(self) -> UUID:
        return self.evidence.head().log_epoch

    # --- the recipient -----------------------------------------------------------------------------------

    def token(self) -> str:
        return self.register.issuer.issue(agency="cpi", role="machine", unit=None, subject=uuid4())

    def client(self) -> Client:
        made = Client(Transport(self.api_url), self.token)
        self.open.append(made)
        return made

    def witness(self) -> Witness:
        source: Any = RestNotes(self.client(), every=0)
        if self.kafka:
            source = KafkaNotes(self.kafka["cpi"], topics.topic(self.code, topics.CHECKPOINTS))
        key = CPI.private_key
        assert isinstance(key, Ed25519PrivateKey)
        pinned = verifier_key(f"ambito/{self.code}", LOG)
        made = Witness(source, self.client(), pinned, witness_name(self.code, "cpi"), key, lambda: AT)
        self.open.append(made)
        return made

    def settle(self, witness: Witness, holds: Callable[[], Any]) -> None:
        """Look until it holds, and then some more."""
        with psycopg.connect(self.recipient_url, autocommit=True) as connection:
            until(lambda: (witness.look(connection, self.epoch()), time.sleep(0.01)), holds)
            for _ in range(5):
                witness.look(connection, self.epoch())

    def see(self, witness: Witness, checkpoint: Checkpoint) -> None:
        """Look until a checkpoint is the last one that was seen."""
        self.settle(witness, lambda: self.seen().get(checkpoint.origin) == checkpoint)

    def ask(self, query: str) -> list[Any]:
        with psycopg.connect(self.recipient_url) as connection:
            return connection.execute(query.encode()).fetchall()

    def seen(self) -> dict[str, Checkpoint]:
        rows = self.ask("select origin, note from inbox.witnessed")
        return {origin: Checkpoint.read(Note.read(note).text) for origin, note in rows}

    def refused(self, what: str = "kind") -> list[Any]:
        rows = self.ask(f"select {what} from inbox.refused_checkpoints order by number")
        return [row[0] if len(row) == 1 else row for row in rows]

    def cosigns(self, witness: Witness) -> int | None:
        """Of which size the witness has a cosignature to give."""
        found = witness.cosigned(self.epoch())
        return found["size"] if found else None


@pytest.fixture(params=["kafka", "rest"])
def way(request: pytest.FixtureRequest, ledger: Ledger, recipient_url: str) -> Iterator[Way]:
    code = f"t{uuid4().hex[:8]}"
    kafka = on_kafka(request.getfixturevalue("kafka"), code) if request.param == "kafka" else None
    with register_on(ledger) as register:
        sign_protocol(register)
        register.disclose()
        public = orjson.dumps(CPI.as_dict(private=False)).decode()
        with psycopg.connect(ledger.owner_url) as owner:
            owner.execute("select ledger.enrol('cpi', %s)", [public])
        with served(create_app(replace(register.services, ambito=code))) as url:
            made = Way(register, code, url, recipient_url, kafka)
            yield made
            for opened_ in made.open:
                opened_.close()


def on_kafka(server: KafkaServer, code: str) -> dict[str, dict[str, Any]]:
    """The topic of the checkpoints with its relay and its reader; what each needs to come in."""
    topic = topics.topic(code, topics.CHECKPOINTS)
    with closing(server.admin()) as admin:
        access = Access(admin)
        access.create_topic(topic)
        for user in ("relay", "cpi"):
            access.create_user(f"{code}-{user}", f"word-of-{user}")
        access.allow_relay(f"{code}-relay", topics.topic_prefix(code), topics.transactional_id(code))
        access.allow_recipient(f"{code}-cpi", topic)
    return {user: server.client_config(f"{code}-{user}", f"word-of-{user}") for user in ("relay", "cpi")}


# --- an honest log ---------------------------------------------------------------------------------------


def test_what_a_recipient_cosigns_goes_with_what_it_acknowledges(way: Way) -> None:
    size = way.sign().size
    private = orjson.dumps(CPI.as_dict(private=True)).decode()
    subscriber = Subscriber(
        FeedSource(way.api_url, way.token),
        way.recipient_url,
        [Shown()],
        "cpi",
        Acknowledge(way.client(), private),
        witness=way.witness(),
    )
    way.open.append(subscriber)
    for expected in (size, size + 3):
        until(lambda: subscriber.step(0.05), lambda n=expected: way.evidence.cosignatures(way.epoch(), [n]))  # type: ignore[misc]
        if expected == size:
            way.sign(3)
    key = VerifierKey(
        witness_name(way.code, "cpi"),
        CPI.private_key.public_key().public_bytes_raw(),
        COSIGNATURE,  # type: ignore[union-attr]
    )
    note = Note.read(way.register.office("ats", "machine").get("/log/checkpoints/latest").text)
    assert cosigned_at(note, key) == AT
    rows = way.register.query("select signed from ledger.acknowledgements order by id desc limit 1")
    said = verified(rows[0][0], orjson.dumps(CPI.as_dict(private=False)).decode())
    assert (said["received"], said["applied"], said["parked"]) == (1, 1, [])
    assert (said["cosigned"]["size"], said["log_epoch"]) == (size + 3, str(way.epoch()))
    assert way.refused() == []
    # Nothing new: nothing more is said.
    count = way.register.query("select count(*) from ledger.acknowledgements")
    for _ in range(20):
        subscriber.step(0.05)
    assert way.register.query("select count(*) from ledger.acknowledgements") == count


def test_every_checkpoint_is_held_against_the_one_before(way: Way) -> None:
    witness = way.witness()
    for events in (1, 2, 300, 1):
        way.see(witness, way.sign(events))
        assert way.cosigns(witness) == way.latest().size
    again = way.witness()
    with psycopg.connect(way.recipient_url, autocommit=True) as connection:
        until(lambda: again.look(connection, way.epoch()), lambda: way.cosigns(again))
    assert way.cosigns(again) == way.latest().size
    assert way.refused() == []


def test_a_relay_that_repeats_itself_does_no_harm(way: Way) -> None:
    witness = way.witness()
    first = way.sign()
    second = way.sign()
    way.see(witness, second)
    way.tamper("update ledger.relayed set seq = 0 where recipient = 'checkpoints'")
    way.publish()
    third = way.sign()
    way.see(witness, third)
    assert first.size < second.size < third.size
    assert (way.refused(), way.cosigns(witness)) == ([], third.size)


def test_a_restore_that_lost_nothing_is_another_log_that_goes_on(way: Way) -> None:
    witness = way.witness()
    before = way.sign(5)
    way.see(witness, before)
    way.restore(before.size)
    after = way.sign()
    way.see(witness, after)
    assert after.origin != before.origin
    assert way.seen() == {before.origin: before, after.origin: after}
    assert (way.refused(), way.cosigns(witness)) == ([], after.size)


# --- one that is not -------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [0, 7])
def test_a_history_that_was_written_anew_is_a_fork_and_its_proof_is_kept(way: Way, more: int) -> None:
    witness = way.witness()
    honest = way.sign(4)
    way.see(witness, honest)
    way.rewrite()
    with capture_logs() as lines:
        forged = way.sign(more)
        way.settle(witness, way.refused)
    assert [line["kind"] for line in lines if line["event"] == "checkpoint refused"] == ["FORK"]
    ((kind, seen, shown),) = way.refused("kind, seen, shown")
    key = verifier_key(honest.origin, LOG)
    assert (kind, opened(seen, key), opened(shown, key)) == ("FORK", honest, forged)
    assert way.seen() == {honest.origin: honest}
    assert witness.cosigned(way.epoch()) is None


def test_a_forked_log_is_not_cosigned_until_people_have_settled_it(way: Way) -> None:
    witness = way.witness()
    honest = way.sign(4)
    way.see(witness, honest)
    false = Checkpoint(honest.origin, honest.size, bytes(32))
    way.publish_text(str(signed_checkpoint(false, LOG)).encode())
    way.settle(witness, way.refused)
    way.see(witness, way.sign())
    assert (way.refused(), way.cosigns(witness)) == (["FORK"], None)
    again = way.witness()
    with capture_logs() as lines:
        way.see(again, way.sign())
    assert way.cosigns(again) is None
    assert "the log is not cosigned" in [line["event"] for line in lines]
    way.ask("update inbox.refused_checkpoints set settled_at = now() returning 1")
    last = way.sign()
    way.see(again, last)
    assert way.cosigns(again) == last.size


def test_a_log_that_denies_what_it_signed_has_shrunk(way: Way) -> None:
    witness = way.witness()
    earlier = way.sign(3)
    later = way.sign(2)
    way.see(witness, later)
    way.lose(earlier.size)
    way.publish()
    way.settle(witness, way.refused)
    ((kind, because, seen),) = way.refused("kind, because, seen")
    assert (kind, because) == ("SHRINK", f"the log denies that it had {later.size} events")
    assert opened(seen, verifier_key(later.origin, LOG)) == later
    assert way.cosigns(witness) is None


def test_a_restore_that_lost_what_was_seen_is_told_and_cosigned_as_another_log(way: Way) -> None:
    witness = way.witness()
    earlier = way.sign(3)
    later = way.sign(2)
    way.see(witness, later)
    way.restore(earlier.size)
    restored = way.sign(1)
    way.see(witness, restored)
    ((kind, origin, seen),) = way.refused("kind, origin, seen")
    assert (kind, origin) == ("RESTORED", restored.origin)
    assert opened(seen, verifier_key(later.origin, LOG)) == later
    assert way.cosigns(witness) == restored.size


@pytest.mark.parametrize(
    ("forge", "because"),
    [
        (lambda c: str(signed_checkpoint(c, OTHER)), "there is no signature of"),
        (
            lambda c: str(
                Note(
                    c.text,
                    (replace(sign(c.text, c.origin, OTHER), key_id=verifier_key(c.origin, LOG).id),),
                )
            ),
            "does not hold for this text",
        ),
        (lambda c: "", "no blank line"),
    ],
)
def test_what_the_log_did_not_sign_is_refused_kept_once_and_passed_over(
    way: Way, forge: Callable[[Checkpoint], str], because: str
) -> None:
    witness = way.witness()
    honest = way.sign(2)
    way.see(witness, honest)
    way.publish_text(forge(replace(honest, size=honest.size + 1)).encode())
    way.settle(witness, way.refused)
    assert way.refused() == ["NOT_SIGNED"]
    assert because in way.refused("because")[0]
    assert way.seen() == {honest.origin: honest}
    after = way.sign()
    way.see(witness, after)
    assert (way.refused(), way.cosigns(witness)) == (["NOT_SIGNED"], after.size)


def test_without_the_api_nothing_is_believed_and_the_facts_go_on(way: Way) -> None:
    """Kafka shows a checkpoint that nobody proves; over REST nothing is shown at all."""
    witness = way.witness()
    way.see(witness, way.sign())
    witness._register = Client(Transport("http://127.0.0.1:9"), way.token)
    if not way.kafka:
        witness._source = RestNotes(witness._register, every=0)
    before = way.seen()
    way.sign()
    with psycopg.connect(way.recipient_url, autocommit=True) as connection, capture_logs() as lines:
        until(
            lambda: witness.look(connection, way.epoch()),
            lambda: [line for line in lines if line["event"] == "witness waits"],
        )
    assert (way.seen(), way.refused()) == (before, [])
    witness._register, witness._not_before = way.client(), 0.0
    if not way.kafka:
        witness._source = RestNotes(witness._register, every=0)
    way.see(witness, way.latest())


class Told:
    """A source that tells what the test tells it."""

    offset: int | None = None

    def __init__(self, *notes: str) -> None:
        self._notes = list(notes)

    def notes(self) -> list[str]:
        return self._notes

    def seek(self, offset: int | None) -> None: ...

    def close(self) -> None: ...


def test_two_roots_for_one_size_prove_a_fork_though_the_api_is_away(recipient_url: str) -> None:
    away = Client(Transport("http://127.0.0.1:9"), lambda: "")
    notes = [
        str(signed_checkpoint(Checkpoint("ambito/x/1", size, bytes([n]) * 32), LOG))
        for n, size in enumerate((5, 5, 6))
    ]
    key = verifier_key("ambito/x", LOG)
    made = Witness(Told(*notes), away, key, "w", Ed25519PrivateKey.generate())
    with psycopg.connect(recipient_url, autocommit=True) as connection:
        assert made.look(connection, None) is False
        query = "select kind, because, seen, shown from inbox.refused_checkpoints"
        assert connection.execute(query).fetchall() == [("FORK", "5 events have two roots", *notes[:2])]
        assert connection.execute("select note from inbox.witnessed").fetchall() == [(notes[0],)]
