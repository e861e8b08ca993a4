"""The contract of every fact: how it is stored, what of it is personal, who is shown what."""

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import date, datetime
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest

from domain.case.events import CaseEvent, CaseReferred
from domain.contract import (
    CONTRACTS,
    SUBJECTS,
    BadValue,
    Contract,
    Erased,
    Sealed,
    decode,
    decode_stored,
    encode,
    leaves,
    occurred_on,
    pattern,
    personal_fields,
    stored_as,
)
from domain.fact import KINDS
from tests import goldens

HERE = Path(__file__).parent
FACTS = sorted(CONTRACTS.values(), key=lambda contract: contract.name)
EVERY_FACT = pytest.mark.parametrize("contract", FACTS, ids=lambda contract: contract.type.__name__)
GOLDENS = sorted(goldens.FOLDER.glob("*.json"))

CATALOGUE = json.loads((HERE / "catalogue.json").read_text(encoding="utf-8"))
"""Names, flags and recorders of our facts in the catalogue of the domain (events.json)."""

MATRIX = json.loads((HERE / "matrix.json").read_text(encoding="utf-8"))
"""Rows of our facts in the disclosure matrix of the domain (visibility_matrix.json)."""

REPLAYED = {"case_version", "inputs", "rule_set_hash", "trace"}
DECIDED = REPLAYED | {"evidence_event_ids"}

OURS_ALONE = {
    "ObligationEvaluated": REPLAYED,
    "SanctionProposalOpened": DECIDED,
    "DecurtazioneOrdered": DECIDED,
    "SospensioneOrdered": DECIDED,
    "DecadenzaOrdered": DECIDED,
    "RevocaOrdered": DECIDED,
    "JustifiedReasonRequested": {"document_hash"},
    "FormalReminderIssued": {"document_hash"},
    "ProceedingNoticeSent": {"document_hash"},
    "PattoSigned": {"reasons", "checks"},
    "PattoRevised": {"reasons", "checks"},
    "EventCorrected": {"voids", "member_id", "affects"},
}
"""Fields that the catalogue does not have: for the replay of a decision, for what a correction does, for the
checks of a patto and the paper of a letter.
"""

ACTORS = {
    "ATS_CAPOFILA": "ats",
    "COMUNE": "comune",
    "CPI": "cpi",
    "SOGGETTO_ACCREDITATO": "accreditato",
    "UST_SCUOLA": "ust",
    "ASL_SPECIALISTICI": "asl",
    "MMG_PLS": "mmg",
    "ETS": "ets",
    "TITOLARE_PUC": "puc",
    "SIL": "sil",
    "INPS": "inps",
    "INTERESSATO": "person",
}


def golden(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def full(contract: Contract) -> dict[str, Any]:
    """The fact with every field, as JSON."""
    return encode(goldens.example(contract.type, contract.stored_name))


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Every path that a cell could name: ``members``, ``members[].name`` …"""
    if path and not path.endswith("[]"):
        yield path
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from paths(entry, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for entry in value:
            yield from paths(entry, f"{path}[]")


# --- stored facts ----------------------------------------------------------------------------------------


@EVERY_FACT
def test_every_fact_has_a_golden_file(contract):
    assert goldens.path_of(contract).exists(), (
        f"{contract.stored_name} has no golden file: `python -m tests.goldens` writes it; commit it too"
    )


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_a_stored_fact_is_still_read(path):
    event = decode_stored(path.stem, golden(path))
    assert type(event) is stored_as(path.stem)[0].type


@EVERY_FACT
def test_a_fact_read_and_stored_again_is_the_same(contract):
    stored = golden(goldens.path_of(contract))
    assert encode(decode(contract.type, stored)) == stored


@EVERY_FACT
def test_the_golden_file_leaves_no_field_out(contract):
    assert set(paths(golden(goldens.path_of(contract)))) == set(paths(full(contract))), (
        f"the fields of {contract.stored_name} have changed: what is stored does not change, add an upcaster"
    )


@EVERY_FACT
def test_a_field_that_the_fact_does_not_have_is_refused(contract):
    with pytest.raises(BadValue, match="is not a field of this fact"):
        decode(contract.type, full(contract) | {"colour": "red"})


@EVERY_FACT
def test_a_field_of_the_wrong_type_is_refused_without_repeating_its_value(contract):
    name = fields(contract.type)[0].name
    with pytest.raises(BadValue) as bad:
        decode(contract.type, full(contract) | {name: {"secret": 1.5, "and": "more"}})
    assert bad.value.where.startswith(name) and "secret" not in str(bad.value)


@EVERY_FACT
def test_a_required_field_that_is_missing_is_refused(contract):
    required = [f.name for f in fields(contract.type) if f.default is MISSING]
    for name in required:
        short = {key: value for key, value in full(contract).items() if key != name}
        with pytest.raises(BadValue, match=f"^{name}: is missing"):
            decode(contract.type, short)


def test_a_missing_golden_file_is_written_once_and_never_again(tmp_path, monkeypatch):
    monkeypatch.setattr(goldens, "FOLDER", tmp_path)
    assert len(goldens.write_missing()) == len(CONTRACTS)
    first = min(tmp_path.iterdir())
    first.write_text("{}")
    assert goldens.write_missing() == []
    assert first.read_text() == "{}"


def test_a_fact_without_a_golden_file_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(goldens, "FOLDER", tmp_path)
    with pytest.raises(AssertionError, match=r"python -m tests\.goldens"):
        test_every_fact_has_a_golden_file(FACTS[0])


# --- what is declared ------------------------------------------------------------------------------------


@EVERY_FACT
def test_every_fact_says_its_act_its_title_and_its_recorders(contract):
    assert contract.act.isidentifier()
    assert contract.title and contract.title[0].isupper()
    assert contract.recorders and contract.recorders <= set(KINDS)


def test_no_two_facts_share_an_act():
    assert len({contract.act for contract in FACTS}) == len(FACTS)


@EVERY_FACT
def test_the_day_and_the_slot_of_a_fact_are_fields_that_its_recorder_states(contract):
    named = {*contract.slot, *([contract.happened] if contract.happened else [])}
    assert named <= set(contract.stated)


@pytest.mark.parametrize("contract", [c for c in FACTS if c.happened], ids=lambda c: c.type.__name__)
def test_the_day_of_a_fact_is_a_day_or_an_instant(contract):
    assert occurred_on(decode(contract.type, full(contract))) == date(2025, 3, 1)


# --- personal values -------------------------------------------------------------------------------------


@EVERY_FACT
def test_a_value_is_personal_where_its_field_is_and_nowhere_else(contract):
    personal = personal_fields(contract.type)
    for leaf in leaves(contract.type, full(contract)):
        field = leaf.path.split(".")[0].split("[")[0]
        is_id = leaf.path.endswith(("_id", "_ref", ".id")) and len(str(leaf.value)) == 36
        assert leaf.personal == (field in personal and not is_id), leaf.path


@EVERY_FACT
def test_no_value_is_lost_between_the_leaves(contract):
    scalars = set(paths(full(contract)))
    found = {pattern(leaf.path) for leaf in leaves(contract.type, full(contract))}
    held = {
        path for path in scalars if not any(other.startswith((f"{path}.", f"{path}[")) for other in scalars)
    }
    assert held == found


def test_what_a_member_is_is_sealed_with_her_own_key():
    data = full(CONTRACTS["adi.case.household_composition_recorded"])
    kind = CONTRACTS["adi.case.household_composition_recorded"].type
    for leaf in leaves(kind, data):
        if leaf.path.startswith("members["):
            assert leaf.subject == data["members"][int(leaf.path[8])]["member_id"]


def test_every_name_of_a_subject_is_in_use():
    used = {path.rpartition(".")[2] for contract in FACTS for path in paths(full(contract))}
    assert set(SUBJECTS) <= used


def personal_texts() -> list[tuple[Contract, str]]:
    return [
        (contract, name)
        for contract in FACTS
        for name in sorted(personal_fields(contract.type))
        if isinstance(full(contract)[name], str | bool)
    ]


@pytest.mark.parametrize(("lying", "kind"), [({"sealed": "box"}, Sealed), ({"erased": True}, Erased)])
@pytest.mark.parametrize(("contract", "name"), personal_texts())
def test_a_personal_value_may_lie_sealed_or_erased(contract, name, lying, kind):
    stored = full(contract) | {name: lying}
    event = decode(contract.type, stored)
    assert type(getattr(event, name)) is kind
    assert encode(event) == stored


# --- disclosure ------------------------------------------------------------------------------------------


@EVERY_FACT
def test_every_path_of_a_cell_names_a_field(contract):
    known = set(paths(full(contract)))
    for cell in contract.shown:
        assert set(cell.fields) <= known, cell


@EVERY_FACT
def test_every_actor_has_one_cell_at_most(contract):
    actors = [actor for cell in contract.shown for actor in cell.actors]
    assert len(actors) == len(set(actors))
    assert set(actors) <= {*ACTORS.values(), "servizio-sociale"}


@EVERY_FACT
def test_a_field_kept_for_a_replay_is_shown_to_nobody(contract):
    internal = {f.name for f in fields(contract.type) if f.metadata.get("internal")}
    shown = {path.split("[")[0] for cell in contract.shown for path in cell.fields} | set(contract.in_full)
    assert not internal & shown


def declared(contract: Contract, actor: str) -> tuple[str, set[str]]:
    cell = contract.cell(actor)
    return (cell.level, set(cell.fields)) if cell else ("-", set())


def of_matrix(cell: Any) -> tuple[str, set[str]]:
    if cell == "R":
        return "-", set()  # the recipients of what is corrected: no cell of its own
    return (cell, set()) if isinstance(cell, str) else (cell["level"], set(cell["fields"]))


@EVERY_FACT
def test_what_is_declared_is_the_disclosure_matrix(contract):
    row = MATRIX[contract.type.__name__]
    assert row.keys() == {*ACTORS, "SERVIZIO_SOCIALE"}
    if contract.aggregate != "access" or row["SERVIZIO_SOCIALE"] == "F":
        assert row["SERVIZIO_SOCIALE"] == "F", "the servizio sociale reads everything, so no cell names it"
    else:
        assert declared(contract, "servizio-sociale") == of_matrix(row["SERVIZIO_SOCIALE"])
    for actor, code in ACTORS.items():
        assert declared(contract, code) == of_matrix(row[actor]), (contract.type.__name__, actor)


def test_the_matrix_and_the_catalogue_speak_of_our_facts():
    names = {contract.type.__name__ for contract in FACTS}
    assert names == MATRIX.keys() == CATALOGUE.keys()


# --- the catalogue of the domain -------------------------------------------------------------------------


@EVERY_FACT
def test_the_fields_are_those_of_the_catalogue(contract):
    name = contract.type.__name__
    ours = {f.name for f in fields(contract.type)} - OURS_ALONE.get(name, set())
    assert ours == CATALOGUE[name]["fields"].keys()


@EVERY_FACT
def test_a_field_is_required_and_personal_as_in_the_catalogue(contract):
    hints = get_type_hints(contract.type)
    personal = personal_fields(contract.type)
    for name, row in CATALOGUE[contract.type.__name__]["fields"].items():
        assert (NoneType not in get_args(hints[name])) == row["required"], name
        assert (name in personal) == row["personal"], name


@EVERY_FACT
def test_the_recorders_are_those_of_the_catalogue(contract):
    assert contract.recorders == set(CATALOGUE[contract.type.__name__]["recorders"])


def test_every_fact_of_a_case_is_in_the_union_that_the_type_checker_reads():
    declared = {contract.type for contract in FACTS if contract.name.startswith("adi.case.")}
    assert set(get_args(CaseEvent)) == declared, (
        "add the class to CaseEvent, at the end of domain/case/events.py"
    )


@pytest.mark.parametrize(
    "text",
    [
        "0999-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_an_instant_outside_our_time_is_refused(text):
    with pytest.raises(BadValue):
        decode(datetime, text)


def test_every_instant_that_is_read_is_written_and_read_alike():
    for text in ("1900-01-01T00:00:00Z", "2025-03-01T10:30:00.5+01:00", "2199-12-31T23:59:59.999999Z"):
        moment = decode(datetime, text)
        assert decode(datetime, encode(moment)) == moment


def test_a_comune_is_six_digits():
    told = encode(goldens.example(CaseReferred, "x"))
    for wrong in ("", "58091", "058091; drop", "٠٥٨٠٩١", "0" * 10_000):
        with pytest.raises(BadValue, match="residence_comune"):
            decode(CaseReferred, told | {"residence_comune": wrong})
