"""What can be done to a bundle: each change with the rule that must find it, whoever sealed it again."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson

from domain.bundle.form import seal_text
from domain.ledger.digests import canonical
from domain.ledger.note import (
    COSIGNATURE,
    Checkpoint,
    Note,
    VerifierKey,
    cosign,
    origin,
    sign,
    signed_checkpoint,
    verifier_key,
    witness_name,
)
from tests.unit.bundle.world import AMBITO, AT, CPI, EPOCH, LOG, OTHER, UST

Bundle = dict[str, Any]


@dataclass(frozen=True)
class Mutation:
    """A change, and the rule that finds it even where the bundle was sealed again; None where none can."""

    change: Callable[[Bundle, Random], None]
    rule: str | None


def flipped(text: str, rng: Random) -> str:
    """Base64 of the same bytes with one bit changed."""
    raw = bytearray(b64decode(text))
    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return b64encode(bytes(raw)).decode()


def shown(bundle: Bundle, rng: Random) -> dict[str, Any]:
    return rng.choice([event for event in bundle["events"] if "state" in event])  # type: ignore[no-any-return]


def opening(bundle: Bundle, rng: Random) -> list[Any]:
    return rng.choice([o for event in bundle["events"] for o in event.get("opened", ())])  # type: ignore[no-any-return]


def otherwise(value: Any) -> Any:
    """Another value of about the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    return [*value, "x"] if isinstance(value, list) else "x"


# --- values and facts --------------------------------------------------------------------------------------


def value(bundle: Bundle, rng: Random) -> None:
    opened = opening(bundle, rng)
    opened[2] = otherwise(opened[2])


def salt(bundle: Bundle, rng: Random) -> None:
    opened = opening(bundle, rng)
    opened[1] = flipped(opened[1], rng)


def path(bundle: Bundle, rng: Random) -> None:
    opening(bundle, rng)[0] += "x"


def value_twice(bundle: Bundle, rng: Random) -> None:
    event = shown(bundle, rng)
    event["opened"].append(list(rng.choice(event["opened"])))


def value_moved(bundle: Bundle, rng: Random) -> None:
    one, two = rng.sample([event for event in bundle["events"] if event.get("opened")], 2)
    two["opened"].append(one["opened"].pop(rng.randrange(len(one["opened"]))))


def erased_too_many(bundle: Bundle, rng: Random) -> None:
    event = shown(bundle, rng)
    event["erased"] += ["a", "b"] * (len(event["opened"]) + 20)


def envelope(bundle: Bundle, rng: Random) -> None:
    event = shown(bundle, rng)
    head = orjson.loads(event["state"])
    name = rng.choice(["known_on", "purpose", "command_id"])
    head[name] = {"known_on": "2020-01-01", "purpose": "OTHER"}.get(name, head["event_id"])
    event["state"] = canonical(head).decode()


def recorder(bundle: Bundle, rng: Random) -> None:
    event = shown(bundle, rng)
    head = orjson.loads(event["state"])
    head["recorder"]["agency"] += "-2"
    event["state"] = canonical(head).decode()


def instant_moved(bundle: Bundle, rng: Random) -> None:
    event = shown(bundle, rng)
    moved = datetime.fromisoformat(event["recorded_at"]) - timedelta(microseconds=rng.randrange(1, 10**9))
    event["recorded_at"] = moved.isoformat(timespec="microseconds").replace("+00:00", "Z")


def position(bundle: Bundle, rng: Random) -> None:
    rng.choice(bundle["events"])["position"] += 1


def fact_left_out(bundle: Bundle, rng: Random) -> None:
    bundle["events"].pop(rng.randrange(len(bundle["events"]) - 1))


def last_facts_left_out(bundle: Bundle, rng: Random) -> None:
    del bundle["events"][-rng.randrange(1, 3) :]


def facts_swapped(bundle: Bundle, rng: Random) -> None:
    one, two = rng.sample(range(len(bundle["events"])), 2)
    bundle["events"][one], bundle["events"][two] = bundle["events"][two], bundle["events"][one]


def fact_twice(bundle: Bundle, rng: Random) -> None:
    number = rng.randrange(len(bundle["events"]))
    bundle["events"].insert(number, bundle["events"][number])


def hidden_fact(bundle: Bundle, rng: Random) -> None:
    """What is not shown cannot be another fact either."""
    event = shown(bundle, rng)
    bundle["events"][bundle["events"].index(event)] = {
        "version": orjson.loads(event["state"])["version"],
        "position": event["position"],
        "leaf": b64encode(rng.randbytes(32)).decode(),
        "proof": event["proof"],
    }


def proof(bundle: Bundle, rng: Random) -> None:
    nodes = rng.choice([event["proof"] for event in bundle["events"] if event["proof"]])
    number = rng.randrange(len(nodes))
    nodes[number] = flipped(nodes[number], rng)


def proof_too_short(bundle: Bundle, rng: Random) -> None:
    rng.choice([event["proof"] for event in bundle["events"] if event["proof"]]).pop()


def chain(bundle: Bundle, rng: Random) -> None:
    bundle["chain"] = flipped(bundle["chain"], rng)


# --- the log -----------------------------------------------------------------------------------------------


def size(bundle: Bundle, rng: Random) -> None:
    rewritten(bundle, rng, lambda state: Checkpoint(state.origin, state.size + 1, state.root))


def root(bundle: Bundle, rng: Random) -> None:
    rewritten(bundle, rng, lambda state: Checkpoint(state.origin, state.size, rng.randbytes(32)))


def rewritten(bundle: Bundle, rng: Random, other: Callable[[Checkpoint], Checkpoint]) -> None:
    each = rng.choice(bundle["checkpoints"])
    note = Note.read(each["note"])
    each["note"] = str(Note(other(Checkpoint.read(note.text)).text, note.signatures))


def signed_by_another(bundle: Bundle, rng: Random) -> None:
    each = rng.choice(bundle["checkpoints"])
    each["note"] = str(signed_checkpoint(Checkpoint.read(Note.read(each["note"]).text), OTHER))


def another_log(bundle: Bundle, rng: Random) -> None:
    """A state of this Ambito's log in another epoch, signed by its own key."""
    each = rng.choice(bundle["checkpoints"])
    state = Checkpoint.read(Note.read(each["note"]).text)
    name = origin(AMBITO, type(EPOCH)(int=rng.randrange(1 << 64)))
    each["note"] = str(signed_checkpoint(Checkpoint(name, state.size, state.root), LOG))


def no_checkpoint(bundle: Bundle, rng: Random) -> None:
    bundle["checkpoints"] = []


def forked(bundle: Bundle, rng: Random) -> None:
    """A later state that the log's key signed, and that does not go on from the first one."""
    state = Checkpoint.read(Note.read(bundle["checkpoints"][1]["note"]).text)
    made = Checkpoint(state.origin, state.size, rng.randbytes(32))
    bundle["checkpoints"][1]["note"] = str(signed_checkpoint(made, LOG))


def consistency(bundle: Bundle, rng: Random) -> None:
    nodes = bundle["checkpoints"][1]["proof"]
    number = rng.randrange(len(nodes))
    nodes[number] = flipped(nodes[number], rng)


def cosignature(bundle: Bundle, rng: Random) -> None:
    each = rng.choice(bundle["checkpoints"])
    *lines, last = each["note"].rstrip("\n").split("\n")
    dash, name, signature = last.split(" ")
    raw = bytearray(b64decode(signature))
    raw[rng.randrange(4, len(raw))] ^= 1
    each["note"] = "\n".join([*lines, f"{dash} {name} {b64encode(bytes(raw)).decode()}"]) + "\n"


def cosignature_moved(bundle: Bundle, rng: Random) -> None:
    one, two = bundle["checkpoints"]
    line = two["note"].rstrip("\n").split("\n")[-1]
    one["note"] += line + "\n"


def witness(bundle: Bundle, rng: Random) -> None:
    (one,), (two,) = bundle["witnesses"][CPI.name], bundle["witnesses"][UST.name]
    bundle["witnesses"][CPI.name] = [one.split("+")[0] + "+" + "+".join(two.split("+")[1:])]


def witness_of_another_key(bundle: Bundle, rng: Random) -> None:
    (one,), (two,) = bundle["witnesses"][CPI.name], bundle["witnesses"][UST.name]
    name, public = VerifierKey.read(one).name, VerifierKey.read(two).public
    bundle["witnesses"][CPI.name] = [VerifierKey(name, public, COSIGNATURE).text]


def witness_of_another_name(bundle: Bundle, rng: Random) -> None:
    bundle["witnesses"][CPI.name] = bundle["witnesses"][UST.name]


def witness_of_itself(bundle: Bundle, rng: Random) -> None:
    """The log bears witness to itself, under the name of a recipient."""
    each, name = bundle["checkpoints"][0], witness_name(AMBITO, CPI.name)
    text = Note.read(each["note"]).text
    lines = (sign(text, bundle["log_key"].split("+")[0], LOG), cosign(text, name, LOG, AT))
    each["note"] = str(Note(text, lines))
    bundle["witnesses"][CPI.name] = [verifier_key(name, LOG, COSIGNATURE).text]


def witness_gone(bundle: Bundle, rng: Random) -> None:
    del bundle["witnesses"][rng.choice(sorted(bundle["witnesses"]))]


# --- the law, and who was told -----------------------------------------------------------------------------


def rule_set(bundle: Bundle, rng: Random) -> None:
    name = rng.choice(sorted(bundle["rule_sets"]))
    rules = orjson.loads(bundle["rule_sets"][name])
    rules[rng.choice(sorted(rules))] = "altro"
    bundle["rule_sets"][name] = canonical(rules).decode()


def receipt(bundle: Bundle, rng: Random) -> None:
    each = rng.choice(bundle["acknowledgements"])
    head, body, signature = each["signed"].split(".")
    said = orjson.loads(b64decode(body + "=" * (-len(body) % 4)))
    forged = b64encode(canonical(said | {"received": said["received"] + 100})).decode().rstrip("=")
    each["signed"] = f"{head}.{forged}.{signature}"


def receipt_of_another(bundle: Bundle, rng: Random) -> None:
    rng.choice(bundle["acknowledgements"])["recipient"] = UST.name


def receipt_unsigned(bundle: Bundle, rng: Random) -> None:
    each = rng.choice(bundle["acknowledgements"])
    _, body, signature = each["signed"].split(".")
    head = b64encode(b'{"alg":"none"}').decode().rstrip("=")
    each["signed"] = f"{head}.{body}.{signature}"


def told_of_nothing(bundle: Bundle, rng: Random) -> None:
    rng.choice(bundle["disclosed"])["event_id"] = bundle["case_id"]


def told_too_late(bundle: Bundle, rng: Random) -> None:
    rng.choice(bundle["disclosed"])["disclosed_at"] = "2030-01-01T00:00:00.000000Z"


# --- what it is about --------------------------------------------------------------------------------------


def measure(bundle: Bundle, rng: Random) -> None:
    bundle["measure_id"] = bundle["case_id"]


def case(bundle: Bundle, rng: Random) -> None:
    bundle["case_id"] = bundle["measure_id"]


def as_of(bundle: Bundle, rng: Random) -> None:
    bundle["as_of"] = "2026-06-01T08:00:00.000000Z"


def ambito(bundle: Bundle, rng: Random) -> None:
    bundle["ambito"] = "058-rm2"


def log_key(bundle: Bundle, rng: Random) -> None:
    name = bundle["log_key"].split("+")[0]
    bundle["log_key"] = VerifierKey(name, OTHER.public_key().public_bytes_raw()).text


def part_gone(bundle: Bundle, rng: Random) -> None:
    del bundle[rng.choice(PARTS)]


def part_of_another_shape(bundle: Bundle, rng: Random) -> None:
    bundle[rng.choice(PARTS)] = rng.choice([3, None, True])


PARTS = (
    "acknowledgements",
    "chain",
    "checkpoints",
    "disclosed",
    "events",
    "log_key",
    "rule_sets",
    "witnesses",
)


def words(bundle: Bundle, rng: Random) -> None:
    bundle["dossier"] = {"points": ["tre"]}


def redaction(bundle: Bundle, rng: Random) -> None:
    bundle["redaction"] = "member:me"


def row_left_out(bundle: Bundle, rng: Random) -> None:
    bundle["disclosed"].pop(rng.randrange(len(bundle["disclosed"])))


MUTATIONS = {
    change.__name__: Mutation(change, rule)
    for rule, changes in {
        "DIGEST": (value, salt, path, value_twice, value_moved, erased_too_many),
        "INCLUSION": (envelope, recorder, instant_moved, position, hidden_fact, proof, proof_too_short),
        "ORDER": (fact_left_out, facts_swapped, fact_twice),
        "CHAIN": (chain, last_facts_left_out),
        "CHECKPOINT": (size, root, signed_by_another, another_log, no_checkpoint),
        "CONSISTENCY": (forked, consistency),
        "COSIGNATURE": (
            cosignature,
            cosignature_moved,
            witness_gone,
            witness_of_another_key,
            witness_of_another_name,
            witness_of_itself,
        ),
        "RULE_SET": (rule_set,),
        "RECEIPT": (receipt, receipt_of_another, receipt_unsigned, told_of_nothing, told_too_late),
        "MEASURE": (measure,),
        "ENVELOPE": (case,),
        "LATE": (as_of,),
        "OTHER_AMBITO": (ambito,),
        "LOG_KEY": (log_key,),
        "UNREADABLE": (witness, part_gone, part_of_another_shape),
        # What nothing but the seal binds: who seals it again says it.
        None: (words, redaction, row_left_out),
    }.items()
    for change in changes
}


def sealed_again(bundle: Bundle) -> bytes:
    """With the log's own key, as only the Ambito can."""
    name = bundle["log_key"].split("+")[0] if isinstance(bundle.get("log_key"), str) else "x"
    return canonical(bundle | {"seal": sign(seal_text(bundle), name, LOG).line})
