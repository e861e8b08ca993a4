"""Whatever is changed in a bundle is found, by the right rule: also where the Ambito itself changed it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest

from domain.bundle.make import Material, Redaction, make
from domain.bundle.report import lines, told
from domain.bundle.verify import Report, verify
from domain.case import events as e
from domain.ledger.digests import canonical
from domain.ledger.note import verifier_key
from tests.unit.bundle.examples import DOSSIER, bundle_of, example, row_of_measure
from tests.unit.bundle.mutations import MUTATIONS, Mutation, sealed_again
from tests.unit.bundle.world import AMBITO, CPI, LOG, OTHER, UST, VKEY, Witness, World, whole

IN_FULL = os.environ.get("AMBITO_TORTURE") == "1"
TIMES = 60 if IN_FULL else 11
"""Of each mutation: 11 make more than 500 bundles, 60 more than 2,800."""


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


@pytest.mark.torture
@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_every_change_is_found_by_its_rule(mutation: Mutation) -> None:
    _, material = example()
    untouched = bundle_of(material)
    for number in range(TIMES):
        bundle, rng = orjson.loads(untouched), Random(number)
        mutation.change(bundle, rng)
        unsealed = verify(canonical(bundle), VKEY)
        assert "SEAL" in rules(unsealed), number
        again = verify(sealed_again(bundle), VKEY)
        if mutation.rule:
            assert mutation.rule in rules(again) and mutation.rule in rules(unsealed), (
                number,
                again.findings,
            )
        else:
            assert again.findings == []


def test_there_are_five_hundred_of_them() -> None:
    assert len(MUTATIONS) * TIMES >= 500


def test_a_byte_that_was_changed_is_found() -> None:
    _, material = example()
    raw = bundle_of(material)
    for number in range(100):
        rng, other = Random(number), bytearray(raw)
        other[rng.randrange(len(other))] ^= 1 << rng.randrange(7)
        assert rules(verify(bytes(other), VKEY)) & {"UNREADABLE", "SEAL", "NEWER_FORMAT"}, number


JUNK = (None, True, -1, 1.5, 2**62, "", "x", "2026-01-01T00:00:00", [], {}, [[]], {"x": 1})


def nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a bundle, as its holder and its name or index there."""
    for name in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, name
        if isinstance(value[name], dict | list):
            yield from nodes(value[name])


def test_whatever_stands_in_it_the_verifier_answers() -> None:
    """Also where the Ambito sealed it so: junk is a finding or is not looked at, and never an error."""
    _, material = example()
    untouched = bundle_of(material)
    for number in range(1_500 if IN_FULL else 200):
        bundle, rng = orjson.loads(untouched), Random(number)
        holder, name = rng.choice(list(nodes(bundle)))
        holder[name] = rng.choice(JUNK)
        report = verify(sealed_again(bundle), VKEY)
        assert list(lines(report)) and told(report)["holds"] == (report.findings == [])


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b"null", b"\xff", b'{"format":"other/1"}', b'{"format":3}', b"[" * 5_000]
)
def test_what_is_no_bundle_is_said_to_be_none(raw: bytes) -> None:
    report = verify(raw, VKEY)
    assert rules(report) == {"UNREADABLE"} and report.holds == []


def test_a_bundle_of_a_newer_form_is_not_read_at_all() -> None:
    _, material = example()
    newer = orjson.loads(bundle_of(material)) | {"format": "ambito-bundle/2"}
    report = verify(canonical(newer), VKEY)
    assert rules(report) == {"NEWER_FORMAT"} and report.holds == []


def test_a_bundle_written_with_other_spaces_is_no_bundle() -> None:
    _, material = example()
    assert rules(verify(bundle_of(material) + b"\n", VKEY)) == {"UNREADABLE"}


def test_a_bundle_of_another_ambito_is_told_apart_from_one_of_another_key() -> None:
    _, material = example()
    raw = bundle_of(material)
    assert rules(verify(raw, verifier_key("ambito/058-rm2", LOG))) == {"OTHER_AMBITO"}
    assert rules(verify(raw, verifier_key("ambito/058-rm", LOG))) == {"OTHER_AMBITO"}
    assert {"LOG_KEY", "SEAL", "CHECKPOINT"} <= rules(verify(raw, verifier_key(f"ambito/{AMBITO}", OTHER)))


def test_a_decision_that_the_rules_do_not_give_is_found_in_a_log_that_holds() -> None:
    """The log proves that it was recorded, not that it was right."""
    world, material = example()
    (index, fact), *_ = [
        (n, f)
        for n, f in enumerate(world.facts)
        if isinstance(f.event, e.Ordered) and f.event.measure_id == material.measure_id
    ]
    other = "NOT_IN_PATTO" if fact.event.finding != "NOT_IN_PATTO" else "NONE"
    facts = list(world.facts)
    facts[index] = fact.telling(replace(fact.event, finding=other))
    lied = World(facts, world.laws).material(material.measure_id)
    report = verify(bundle_of(lied), VKEY)
    assert rules(report) == {"DECISION"} and "finding" in report.findings[0].says


def test_a_text_of_the_law_that_is_missing_is_not_proved_and_not_false() -> None:
    _, material = example()
    report = verify(bundle_of(replace(material, rule_sets={})), VKEY)
    assert report.findings == [] and all(each.differences is None for each in report.decisions)
    assert any("testo delle regole" in line for line in report.unprovable)


# --- keys of recipients ------------------------------------------------------------------------------------

LATER = Witness("cpi", 7)


@pytest.mark.parametrize("keys", [[CPI.vkey, LATER.vkey], [LATER.vkey, CPI.vkey]], ids=["first", "last"])
def test_what_a_recipient_signed_with_any_of_its_keys_holds(keys: list[str]) -> None:
    _, material = example()
    report = verify(bundle_of(of_cpi(material, keys)), VKEY)
    assert report.findings == [] and any("cpi ha firmato" in line for line in report.holds)


@pytest.mark.parametrize("keys", [[], [LATER.vkey], [LATER.vkey, UST.vkey]], ids=["none", "later", "others"])
def test_what_it_signed_with_a_key_that_it_never_had_does_not_hold(keys: list[str]) -> None:
    _, material = example()
    assert rules(verify(bundle_of(of_cpi(material, keys)), VKEY)) == {"COSIGNATURE", "RECEIPT"}


def test_what_another_recipient_signed_is_no_receipt_of_this_one() -> None:
    """Its key bears its own name, wherever it stands."""
    _, material = example()
    receipt = replace(UST, name="cpi").receipt(2)
    forged = tuple(replace(each, signed=receipt) for each in material.received)
    report = verify(bundle_of(replace(of_cpi(material, [CPI.vkey, UST.vkey]), received=forged)), VKEY)
    assert rules(report) == {"RECEIPT"}


def test_a_bundle_of_an_earlier_checkout_with_one_key_of_each_recipient_holds() -> None:
    _, material = example()
    bundle = orjson.loads(bundle_of(material))
    bundle["witnesses"] = {recipient: keys[0] for recipient, keys in bundle["witnesses"].items()}
    assert verify(sealed_again(bundle), VKEY).findings == []


def of_cpi(material: Material, keys: Sequence[str]) -> Material:
    return replace(material, witnesses={**material.witnesses, CPI.name: keys})


# --- redacted and erased -----------------------------------------------------------------------------------


def test_a_redacted_bundle_is_as_checkable_and_shows_the_same_chain() -> None:
    _, material = example()
    full = orjson.loads(bundle_of(material))
    rng = Random(1)
    last = material.rows[-1]
    measure = row_of_measure(material)
    for _ in range(30):
        some = {
            row.event_id: {o.path for o in row.openings if rng.random() < 0.5}
            for row in material.rows
            if rng.random() < 0.5
        }
        redaction = Redaction(
            "member:x", some | {measure.event_id: {"measure_id"}, last.event_id: ()}, {"cpi"}
        )
        raw = make(material, redaction, DOSSIER, LOG)
        report, bundle = verify(raw, VKEY), orjson.loads(raw)
        assert report.findings == []
        assert bundle["chain"] == full["chain"]
        assert {row["recipient"] for row in bundle["disclosed"]} <= {"cpi"}
        opened = {
            (orjson.loads(event["state"])["event_id"], path)
            for event in bundle["events"]
            if "state" in event
            for path, _, _ in event["opened"]
        }
        assert opened <= {
            (str(event_id), path) for event_id, paths in redaction.opens.items() for path in paths or ()
        }


def test_what_is_closed_stands_nowhere_in_the_bundle() -> None:
    """Neither a value nor a salt of it, nor the envelope of a fact that is not shown."""
    _, material = example()
    measure = row_of_measure(material)
    raw = make(material, Redaction("member:x", {measure.event_id: ()}, ()), {}, LOG)
    for row in material.rows:
        if row is not measure:
            assert str(row.event_id).encode() not in raw and row.type.encode() not in raw
    assert b"rule_set_hash" not in raw and b"motivation" not in raw


def test_the_inputs_of_a_decision_are_opened_whole_or_not_at_all() -> None:
    """Judged on some of them it would come out otherwise, and pass for wrong."""
    _, material = example()
    every = {row.event_id: {o.path for o in row.openings} for row in material.rows}
    some = {
        event_id: paths - {path for path in paths if path.startswith("inputs.") and path.endswith("e")}
        for event_id, paths in every.items()
    }
    report = verify(make(material, Redaction("member:x", some), {}, LOG), VKEY)
    assert report.findings == []
    assert any(each.differences is None for each in report.decisions)


def test_a_bundle_of_erased_people_still_verifies_and_its_decisions_come_out() -> None:
    world, material = example()
    people = {
        str(member.member_id)
        for f in world.facts
        if isinstance(f.event, e.HouseholdCompositionRecorded)
        for member in f.event.members
    }
    erased = World(world.facts, world.laws)
    erased.keys.gone |= {f"person/{each}" for each in people} | {f"household/{material.case_id}"}
    left = erased.material(material.measure_id)
    report = verify(bundle_of(left, whole(left)), VKEY)
    assert report.findings == []
    assert all(each.differences == () for each in report.decisions) and report.decisions
    assert any("cancellati" in line for line in report.unprovable)
    assert orjson.loads(bundle_of(left))["chain"] == orjson.loads(bundle_of(material))["chain"]
