"""A case of sixty events with two measures, and a log that is full of its copies."""

from __future__ import annotations

import re
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import UUID, uuid4

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.arena import Arena
from bench.imports import load
from deploy.demo.breach import ask_review
from deploy.demo.life import main_member, open_case
from deploy.demo.lives import Seldom, drawn, sanctioned
from deploy.demo.memory import PROTOCOL as IN_MEMORY
from deploy.demo.memory import Memory
from deploy.demo.protocol import tell_protocol
from deploy.demo.services import update
from domain.case.events import Ordered
from domain.case.state import fold
from domain.contract import decode, encode
from domain.fact import Fact
from domain.ledger.checkpointer import Checkpointer
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.disclosed import Acknowledgement, Disclosed
from domain.ledger.discloser import Discloser
from domain.ledger.ids import event_id
from domain.ledger.note import Note, cosign, witness_name
from domain.ledger.recipients import Enrolled
from domain.ledger.recorder import Pool
from domain.ledger.store import PROTOCOL, Log
from domain.replay import decisions, rules_of
from projections.acknowledgement import Said, signed

EVENTS, AFTERWARDS = 60, 1_000
"""Of the case; those of others between its last fact and the checkpoint that the witness cosigns."""

AMBITO, WITNESS = "bench", "cpi"
SIGNS, WITNESSES = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
RECIPIENTS = Enrolled.of((WITNESS, "ust", "asl", "inps", "ats"))

# Ids are other ones where the log wants them so, and those of the measures; nobody opens a copy.
COPIES = """
with head as (select * from ledger.log_head),
     cases as (select n, gen_random_uuid() as stream from generate_series(0, %(cases)s - 1) as n),
     told as (select row_number() over (order by version) as nth, count(*) over () as many, e.*
                from ledger.events e where stream_id = %(of)s)
insert into ledger.events (position, stream_id, version, event_id, type, recorded_at, state, sealed, chain)
select head.position + cases.n * told.many + told.nth, cases.stream, told.version, gen_random_uuid(),
       told.type, head.recorded_at, told.state,
       convert_to(regexp_replace(convert_from(told.sealed, 'UTF8'), '"measure_id":"[^"]*"',
                                 '"measure_id":"' || gen_random_uuid() || '"'), 'UTF8'),
       told.chain
  from head, cases, told
"""


@dataclass(frozen=True)
class Crowd:
    """A log of copies of one case."""

    arena: Arena
    log: Log
    facts: list[Fact[Any]]

    @property
    def pool(self) -> Pool:
        return self.log.recorder.pool

    def size(self) -> int:
        return self.log.recorder.max_notification_id() or 0

    def case(self, size: int) -> tuple[UUID, UUID]:
        """The case once more, among copies of it in a log of a size: its id, and that of its last measure.

        Its events are spread over the log, told to the recipients, acknowledged and cosigned.
        """
        facts, disclosed = under_other_ids(self.facts), Disclosed(self.pool, self.log.keys)
        for fact in facts:
            self._fill(size * fact.version // EVENTS)
            load(self.log, [[fact]])
            self._disclose(disclosed)
        self._sign()
        self._fill(self.size() + AFTERWARDS)
        self._sign()
        self._acknowledge(disclosed)
        with self.arena.connect() as owner:
            owner.execute("vacuum analyze")
            owner.execute("checkpoint")
        return facts[0].case_id, measures(facts)[-1]

    def _fill(self, size: int) -> None:
        """Bring the log to a size, as far as whole copies do."""
        cases = (size - self.size()) // EVENTS
        with self.arena.connect() as owner:
            owner.execute(COPIES, {"cases": cases, "of": self.facts[0].case_id})
            owner.execute("update ledger.log_head set position = (select max(position) from ledger.events)")

    def _sign(self) -> None:
        signer = Checkpointer(Checkpoints(self.pool), AMBITO, SIGNS, events=1, seconds=0)
        while signer.step():
            pass

    def _disclose(self, disclosed: Disclosed) -> None:
        """The last event of the log; the copies before it are passed over."""
        with self.arena.connect() as owner:
            owner.execute("update ledger.disclosed_head set position = %s", [self.size() - 1])
        Discloser(self.log, disclosed, RECIPIENTS).step()

    def _acknowledge(self, disclosed: Disclosed) -> None:
        """The witness received all of it, and cosigns the log as it is now."""
        evidence, epoch, head = Checkpoints(self.pool), disclosed.epoch(), disclosed.head(WITNESS)
        said = Said(recipient=WITNESS, log_epoch=str(epoch), received=head, applied=head, parked=[])
        jws = signed(said, orjson.dumps(jwk(private=True)).decode())
        disclosed.acknowledge(Acknowledgement(WITNESS, epoch, head, head, ()), jws)
        latest, at = evidence.latest(), int(time.time())
        assert latest is not None
        text = Note.read(latest.note).text
        line = cosign(text, witness_name(AMBITO, WITNESS), WITNESSES, at).line
        evidence.cosign(WITNESS, epoch, latest.size, line, at)


def crowd(arena: Arena) -> Crowd:
    """A log with the protocol, a recipient that is a witness, and one case."""
    register = Memory()
    tell_protocol(register)
    facts, log = sixty(register), arena.log(2)
    with arena.connect() as owner:
        owner.execute("select ledger.enrol(%s, %s)", [WITNESS, orjson.dumps(jwk()).decode()])
    protocol = [replace(fact, case_id=PROTOCOL) for fact in register.facts[IN_MEMORY]]
    for fact in decisions(facts):
        before = fold(each for each in facts if each.version < fact.version)
        log.rule_texts.keep(rules_of(fact.event, before, register.law))
    load(log, [protocol, facts])
    return Crowd(arena, log, facts)


def sixty(register: Memory) -> list[Fact[Any]]:
    """A commitment is missed and sanctioned twice; the household is met, and asks for a review at last."""
    key = "bench/2"
    life = drawn(key, Random(key), register, Seldom(sanctioned, lambda found: found.bound))
    open_case(life)
    sanctioned(life)
    facts = register.facts[life.case_id]
    while len(facts) < EVENTS - 1:
        update(life, main_member(life))
    ask_review(life, annulled=False)
    assert len(facts) == EVENTS and len(measures(facts)) == 2
    return facts


def measures(facts: list[Fact[Any]]) -> list[UUID]:
    return [fact.event.measure_id for fact in facts if isinstance(fact.event, Ordered)]


def under_other_ids(facts: list[Fact[Any]]) -> list[Fact[Any]]:
    """The same case again: another id for it, for each fact and for each measure, wherever they are named."""
    case_id = uuid4()
    others = {str(fact.event_id): str(event_id()) for fact in facts}
    others |= {str(measure_id): str(uuid4()) for measure_id in measures(facts)}
    named = re.compile("|".join(others))

    def renamed(event: Any) -> Any:
        said = orjson.dumps(encode(event)).decode()
        return decode(type(event), orjson.loads(named.sub(lambda found: others[found[0]], said)))

    return [
        replace(f, case_id=case_id, event_id=UUID(others[str(f.event_id)]), event=renamed(f.event))
        for f in facts
    ]


def jwk(private: bool = False) -> dict[str, str]:
    """The key of the witness."""
    key = {"kty": "OKP", "crv": "Ed25519", "x": _unpadded(WITNESSES.public_key().public_bytes_raw())}
    return key | ({"d": _unpadded(WITNESSES.private_bytes_raw())} if private else {})


def _unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
