"""The schemas of what is published: frozen, made from the registry, and true of whatever is disclosed."""

import json
from copy import deepcopy
from dataclasses import replace
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, meta

from deploy import freeze as freezing
from deploy.demo.memory import Memory
from deploy.demo.sample import SAMPLE
from deploy.freeze import Breaks, Changed, changed, due, freeze
from deploy.lines import Line
from domain.case.events import EventCorrected, PattoSigned, PersonalDataErased
from domain.case.state import Case, evolve, fold
from domain.catalogue import CONTRACTS
from domain.contract import Erased, contract_of, cut, decode_stored, encode, leaves, pattern, stored_as
from domain.disclosure import step
from domain.published import frozen
from domain.published.compatible import breaks, shape, tolerant
from domain.published.frozen import Frozen, latest, made, read, schema_of, type_of, unreadable
from domain.published.schema import schemas, told
from tests.goldens import FOLDER as GOLDENS
from tests.goldens import example
from tests.unit.consumers.test_envelope import MESSAGE
from tests.unit.disclosure.story import RECIPIENTS

pytestmark = pytest.mark.unit

FROZEN = read()
EVERY = pytest.mark.parametrize("version", FROZEN, ids=lambda each: each.file)
FACTS = [contract for contract in CONTRACTS.values() if told(contract)]
EVERY_FACT = pytest.mark.parametrize("contract", FACTS, ids=lambda contract: contract.type.__name__)
PATTO = contract_of(PattoSigned).name


@cache
def validator(version: Frozen) -> Draft202012Validator:
    return Draft202012Validator(version.schema, validate_formats=True)


def misfits(schema: Any, data: Any) -> list[str]:
    """Where a value does not fit; never the value."""
    judge = Draft202012Validator(schema, validate_formats=True)
    return [str(error.instance_path) for error in judge.iter_errors(data)]


def pruned(data: Any, schema: Any) -> Any:
    """A value with only the fields that a schema has: what a release with it published at most."""
    for each in schema.get("anyOf", ()):
        if "$ref" not in each:
            return pruned(data, each)
    if isinstance(data, dict):
        inner = schema.get("properties", {})
        return {name: pruned(value, inner[name]) for name, value in data.items() if name in inner}
    if isinstance(data, list):
        return [pruned(value, schema.get("items", {})) for value in data]
    return data


def now(**changed: Any) -> dict[str, Any]:
    """The schemas as the registry gives them, some with other properties."""
    found = deepcopy(schemas())
    for name, value in changed.items():
        found[PATTO]["properties"][name] = value
    return found


# --- frozen ----------------------------------------------------------------------------------------------


def test_what_is_frozen_is_what_the_registry_gives():
    last = latest(FROZEN)
    assert last.keys() == schemas().keys(), "freeze it: python -m deploy.freeze"
    for name, schema in schemas().items():
        frozen_shape, shape_now = shape(last[name].schema), shape(schema)
        assert frozen_shape == shape_now, f"{name} has changed: python -m deploy.freeze writes its next minor"


def test_nothing_is_due():
    assert list(due(FROZEN, schemas())) == []


def test_no_frozen_file_was_edited_added_or_removed_by_hand():
    assert changed(FROZEN) == []


@EVERY
def test_a_frozen_schema_is_one_and_names_itself(version):
    assert meta.is_valid(version.schema)
    assert version.schema["$id"] == version.file
    assert version.schema["$schema"] == frozen.DIALECT
    assert version.schema["additionalProperties"] is False and version.schema["title"]


def test_every_fact_that_some_cell_sends_has_a_schema_and_no_other_has():
    told_of = {contract.name for contract in FACTS}
    special = {contract_of(EventCorrected).name, contract_of(PersonalDataErased).name, "adi.withdrawn"}
    assert schemas().keys() == told_of | special
    assert not any(name.startswith("adi.access.") for name in schemas())


# --- the command that freezes ----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which all is frozen as it is now, under the present names."""
    freeze(tmp_path)
    return tmp_path


def becomes(monkeypatch: pytest.MonkeyPatch, found: dict[str, Any]) -> None:
    monkeypatch.setattr(freezing, "schemas", lambda: found)


def test_to_freeze_twice_writes_nothing_more(folder):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert freeze(folder) == []
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    "change", [{"note": {"type": "string"}}, {"patto_id": None}], ids=["a field more", "a field less"]
)
def test_a_field_more_or_less_is_the_next_minor(folder, monkeypatch, change):
    found = now(**change)
    found[PATTO]["properties"] = {n: each for n, each in found[PATTO]["properties"].items() if each}
    becomes(monkeypatch, found)
    (written,) = freeze(folder)
    assert written.file == "it.ambito.adi.case.patto-signed.v1.1.json"
    assert changed(read(folder), folder) == [] and freeze(folder) == []


def test_a_code_more_is_the_next_minor(folder, monkeypatch):
    name = "adi.case.case_closed"
    found = now()
    found[name]["properties"]["reason"]["enum"].append("ANOTHER")
    becomes(monkeypatch, found)
    assert [each.type for each in freeze(folder)] == [f"{name}.v1"]


BREAKING: dict[str, Any] = {
    "another type": {"type": "integer"},
    "another format": {"type": "string", "format": "date"},
    "a pattern": {"type": "string", "format": "uuid", "pattern": "^0"},
    "a list of it": {"type": "array", "items": {"type": "string", "format": "uuid"}},
    "now personal": {"anyOf": [{"type": "string", "format": "uuid"}, {"$ref": "#/$defs/erased"}]},
}


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING)
def test_a_change_that_breaks_who_reads_the_major_is_refused_and_nothing_is_written(
    folder, monkeypatch, change
):
    before = sorted(folder.iterdir())
    becomes(monkeypatch, now(patto_id=change, note={"type": "string"}))
    with pytest.raises(Breaks, match=r"patto-signed: breaks who reads v1: patto_id$"):
        freeze(folder)
    assert sorted(folder.iterdir()) == before


def test_a_field_that_comes_back_in_another_shape_is_refused_whatever_came_between(folder, monkeypatch):
    gone = now()
    del gone[PATTO]["properties"]["signed_on"]
    becomes(monkeypatch, gone)
    freeze(folder)
    becomes(monkeypatch, now(signed_on={"type": "string", "format": "date-time"}))
    with pytest.raises(Breaks, match="signed_on"):
        freeze(folder)


def test_a_breaking_change_begins_a_new_major_when_it_is_asked_for(folder, monkeypatch):
    becomes(monkeypatch, now(patto_id={"type": "integer"}))
    (written,) = freeze(folder, frozenset({"it.ambito.adi.case.patto-signed"}))
    assert written.file == "it.ambito.adi.case.patto-signed.v2.0.json"
    assert freeze(folder) == []


def test_a_frozen_file_that_was_edited_is_noticed_and_never_written_over(folder):
    edited = min(folder.glob("*.json"))
    edited.write_text(edited.read_text().replace("object", "string", 1))
    assert changed(read(folder), folder) == [edited.name]
    with pytest.raises(Changed, match=edited.name):
        freeze(folder)


# --- compatible ------------------------------------------------------------------------------------------


def of_a_major(found: list[Frozen]) -> list[tuple[Frozen, Frozen]]:
    return [(one, other) for one, other in permutations(found, 2) if one.type == other.type]


def broken(found: list[Frozen]) -> dict[str, list[str]]:
    """FULL_TRANSITIVE inside a major: by schema and by the stored examples of every version of the facts.

    What each schema publishes of an example must fit the schema, and every other one as a reader uses it.
    """
    wrong = {one.file: list(breaks(one.schema, other.schema)) for one, other in of_a_major(found)}
    for one in found:
        for path in GOLDENS.glob(f"{one.name}.v*.json"):
            stored = json.loads(path.read_text(encoding="utf-8"))
            for data in (stored, encode(decode_stored(path.stem, deepcopy(stored)))):
                sent = pruned(data, one.schema)
                wrong.setdefault(one.file, []).extend(misfits(one.schema, sent))
                for other in found:
                    if other.type == one.type:
                        wrong[one.file] += misfits(tolerant(other.schema), sent)
    return {file: places for file, places in wrong.items() if places}


def test_within_a_major_every_schema_reads_what_was_published_under_every_other():
    assert broken([each for each in FROZEN if each.name in CONTRACTS and told(CONTRACTS[each.name])]) == {}


@pytest.mark.parametrize("change", list(BREAKING.values())[:4], ids=list(BREAKING)[:4])
def test_a_control_with_an_incompatible_schema_in_the_major_is_found(change):
    first = latest(FROZEN)[PATTO]
    second = made(PATTO, first.major, first.minor + 1, now(patto_id=change)[PATTO])
    assert broken([first, second]).keys() == {first.file, second.file}


def test_a_control_with_a_compatible_schema_in_the_major_is_not():
    first = latest(FROZEN)[PATTO]
    second = made(PATTO, first.major, first.minor + 1, now(note={"type": "string"})[PATTO])
    assert broken([first, second]) == {}


def test_a_tolerant_reader_takes_a_field_and_a_code_that_came_later():
    schema = latest(FROZEN)["adi.case.case_closed"].schema
    later = {"closed_on": "2026-01-31", "reason": "BY_A_LAW_TO_COME", "note": {"and": "more"}}
    assert misfits(schema, later) and not misfits(tolerant(schema), later)
    assert misfits(tolerant(schema), later | {"closed_on": "soon"})


# --- what is disclosed -----------------------------------------------------------------------------------


@EVERY_FACT
def test_a_fact_with_all_that_any_cell_shows_fits_its_schema(contract):
    schema = latest(FROZEN)[contract.name].schema
    data = encode(example(contract.type, contract.stored_name))
    assert misfits(schema, pruned(data, schema)) == []


@EVERY_FACT
def test_a_schema_has_the_fields_of_the_cells_and_no_other(contract):
    schema = latest(FROZEN)[contract.name].schema
    data = encode(example(contract.type, contract.stored_name))
    there = {pattern(leaf.path) for leaf in leaves(contract.type, data)}
    named = {
        path
        for path in there
        for cell in told(contract)
        for field in (contract.in_full if cell.level == "F" else cell.fields)
        if path == field or path.startswith((f"{field}.", f"{field}["))
    }
    kept = pruned(data, schema)
    assert {pattern(leaf.path) for leaf in leaves(contract.type, kept)} == named


@EVERY_FACT
def test_an_erased_value_fits_where_it_can_be_erased_and_nowhere_else(contract):
    schema = latest(FROZEN)[contract.name].schema
    data = pruned(encode(example(contract.type, contract.stored_name)), schema)
    for leaf in leaves(contract.type, data):
        erased = cut(data, frozenset(each.path for each in leaves(contract.type, data)), {leaf.path: GONE})
        assert bool(misfits(schema, erased)) != leaf.personal, leaf.path


GONE = encode(Erased())


@EVERY_FACT
def test_a_fact_with_a_field_that_no_cell_shows_does_not_fit(contract):
    schema = latest(FROZEN)[contract.name].schema
    assert misfits(schema, {"colour": "red"})


def test_what_the_sample_discloses_fits_the_schemas():
    register = Memory()
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        register.tell(Line.from_json(json.loads(line)))
    last, told_of, wrong = latest(FROZEN), set(), []
    streams = [facts for facts in register.facts.values() if facts and facts[0].event is not None]
    cases = [facts for facts in streams if contract_of(facts[0].event).aggregate == "case"]
    for facts in cases[:60]:
        for name, data in disclosed(facts):
            told_of.add(name)
            if not validator(last[name]).is_valid(data):
                wrong.append((name, misfits(last[name].schema, data)))
    assert wrong == [] and len(told_of) > 40


def disclosed(facts: list[Any]) -> Any:
    """All that any recipient is shown of a case as it goes on, corrections left aside."""
    for recipient in RECIPIENTS:
        case, before, had = Case(), [], {}
        for fact in facts:
            before.append(fact)
            if isinstance(fact.event, EventCorrected):
                case = fold(before)
                continue
            earlier, case = case, evolve(case, fact)
            for each in step(earlier, case, fact, recipient, had):
                yield (
                    contract_of(each.fact.event).name,
                    cut(encode(each.fact.event), each.shown.paths, each.shown.replaced),
                )


# --- by message ------------------------------------------------------------------------------------------


def test_a_message_names_the_last_minor_of_its_major_by_what_it_is():
    assert schema_of(MESSAGE) == latest(FROZEN)[PATTO]
    assert schema_of(replace(MESSAGE, kind="backfill")) == latest(FROZEN)[PATTO]
    assert schema_of(replace(MESSAGE, kind="withdrawn")).name == "adi.withdrawn"
    corrected = replace(MESSAGE, kind="correction", type="adi.case.event_corrected.v1")
    assert schema_of(corrected).schema["title"] == "Rettifica"
    assert schema_of(replace(MESSAGE, type="adi.case.patto_signed.v9")) is None


def test_a_fact_is_published_under_the_last_major_whatever_its_version_in_the_log(monkeypatch):
    contract = contract_of(PattoSigned)
    upcast = replace(contract, upcasts=(lambda data: data,))
    assert upcast.stored_name == "adi.case.patto_signed.v2" and stored_as(upcast.stored_name)[1] == 2
    assert type_of(upcast) == "adi.case.patto_signed.v1"
    monkeypatch.setattr(frozen, "latest_by_name", lambda: {PATTO: made(PATTO, 3, 0, {})})
    assert type_of(upcast) == "adi.case.patto_signed.v3"


@pytest.mark.parametrize(
    ("type_", "why"),
    [
        ("adi.case.patto_signed.v1", None),
        ("adi.case.patto_signed.v2", "unknown major"),
        ("adi.case.patto_signed", "unknown type"),
        ("adi.case.patto_dreamt.v1", "unknown type"),
        ("adi.access.case_file_accessed.v1", "unknown type"),
        ("", "unknown type"),
    ],
)
def test_why_a_message_cannot_be_read_is_told(type_, why):
    assert unreadable(type_) == why
