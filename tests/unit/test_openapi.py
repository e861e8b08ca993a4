"""What the OpenAPI documents must be, as far as it is seen without npm; `make lint-openapi` sees the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from api.app import describe
from api.described.errors import RATE
from api.described.examples import ANSWERS, BODIES
from api.described.older import older
from api.office.app import describe as describe_office
from api.openapi import PROBES
from api.policy import PUBLIC
from domain.catalogue import ACTS
from projections.offices import OFFICES
from tests import examples

pytestmark = pytest.mark.unit

Document = dict[str, Any]

URL = "https://registro.ambito.example"
NEWER = {"api": describe(URL)} | {name: describe_office(name, of, URL) for name, of in OFFICES.items()}
DOCUMENTS = {f"{name} 3.1": each for name, each in NEWER.items()}
DOCUMENTS |= {f"{name} 3.0.3": older(each) for name, each in NEWER.items()}

each_document = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def parts(value: Any) -> Iterator[Document]:
    """Every object in a document but those in an example."""
    if isinstance(value, dict):
        yield value
        for name, each in value.items():
            if name != "example":
                yield from parts(each)
    elif isinstance(value, list):
        for each in value:
            yield from parts(each)


def schemas(document: Document) -> Iterator[Document]:
    """Every schema with a type of its own."""
    for each in parts(document):
        if isinstance(each.get("type"), str) and not ({"in", "scheme"} & each.keys()):
            yield each


def resolved(document: Document, described: Document) -> Document:
    while "$ref" in described:
        kind, name = described["$ref"].removeprefix("#/components/").split("/")
        described = document["components"][kind][name]
    return described


# --- the document ------------------------------------------------------------------------------------------


def test_both_versions_are_named() -> None:
    assert {each["openapi"] for each in NEWER.values()} == {"3.1.0"}
    assert {each["openapi"] for name, each in DOCUMENTS.items() if name.endswith("3.0.3")} == {"3.0.3"}


@each_document
def test_it_says_who_offers_it_and_where(document: Document) -> None:
    info = document["info"]
    assert info["contact"].keys() == {"name", "url", "email"} and info["termsOfService"].startswith(
        "https://"
    )
    assert info["x-summary"] and re.fullmatch(r"[0-9a-f-]{36}", info["x-api-id"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])
    (server,) = document["servers"]
    assert re.fullmatch(r"https://\S+/v\d+", server["url"]) and server["description"]


@each_document
def test_every_operation_is_described_tagged_and_secured(document: Document) -> None:
    tags = {each["name"] for each in document["tags"]}
    assert all(each["description"] for each in document["tags"])
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for _, _, operation in operations(document):
        assert operation["summary"] and len(operation["description"]) > 15, operation["operationId"]
        assert set(operation["tags"]) <= tags and len(operation["tags"]) == 1
        public = operation["operationId"] in PUBLIC
        assert operation["security"] == ([{}] if public else [{"VoucherPdnd": []}, {"FiduciaDiretta": []}])
        for parameter in operation.get("parameters", ()):
            assert resolved(document, parameter)["description"], (operation["operationId"], parameter)


def test_the_italian_of_the_acts_has_no_english_left() -> None:
    english = re.compile(r"\b(the|of|and|or|with|arts|protocol|premise|practice|rules|as amended)\b")
    for _, _, operation in operations(NEWER["api"]):
        assert not english.search(operation["description"]), operation["description"]


@each_document
def test_paths_are_kebab_names_are_snake_and_nothing_personal_stands_in_a_url(document: Document) -> None:
    personal = {"tax_code", "codice_fiscale", "name", "surname", "birth_date", "email", "phone", "address"}
    for path, _, operation in operations(document):
        assert re.fullmatch(r"(/[a-z0-9]+([.-][a-z0-9]+)*|/{[a-z][a-z0-9_]*})+", path), path
        for parameter in operation.get("parameters", ()):
            if parameter.get("in") in ("query", "path"):
                assert re.fullmatch(r"[a-z][a-z0-9_]*", parameter["name"])
                assert parameter["name"] not in personal
    for each in parts(document["components"]["schemas"]):
        for name in each.get("properties", ()):
            assert re.fullmatch(r"[a-z][a-z0-9_]*", name), name


@each_document
def test_every_value_has_its_bounds(document: Document) -> None:
    for each in schemas(document):
        match each["type"]:
            case "string":
                assert each.keys() & {"maxLength", "enum", "format"} and each.keys() & {
                    "pattern",
                    "enum",
                    "format",
                }, each
            case "integer" | "number":
                assert {"format", "minimum", "maximum"} <= each.keys(), each
            case "array":
                assert {"minItems", "maxItems"} <= each.keys(), each
            case "object" if "properties" in each:
                assert "additionalProperties" in each, each
            case "object":
                assert each.get("additionalProperties") is False or "maxProperties" in each, each


@each_document
def test_what_may_be_empty_is_never_null(document: Document) -> None:
    for each in parts(document):
        if each.get("nullable"):
            assert each["type"] not in ("boolean", "array"), each
            assert each.get("enum") in (None, [None]), each
        kinds = {kind.get("type") for kind in each.get("anyOf", ()) if isinstance(kind, dict)}
        assert not ("null" in kinds and kinds & {"boolean", "array"}), each


@each_document
def test_days_and_instants_are_told_apart(document: Document) -> None:
    for each in parts(document["components"]["schemas"]):
        for name, schema in each.get("properties", {}).items():
            formats = {part["format"] for part in parts(schema) if "format" in part}
            if name.endswith("_on"):
                assert formats == {"date"}, (name, schema)
            if name.endswith("_at"):
                assert formats == {"date-time"}, (name, schema)


@each_document
def test_every_answer_is_described_with_its_headers(document: Document) -> None:
    for _, _, operation in operations(document):
        if operation["operationId"] in PROBES:
            continue
        for status, answer in operation["responses"].items():
            whole = resolved(document, answer)
            assert set(RATE) <= whole["headers"].keys()
            if status in ("429", "503"):
                assert "Retry-After" in whole["headers"]
            for media in whole.get("content", {}).values():
                assert media["schema"], (operation["operationId"], status)
        assert {"429", "503", "500", "default"} <= operation["responses"].keys()


@each_document
def test_a_post_is_an_act_or_says_that_it_records_none(document: Document) -> None:
    for _, method, operation in operations(document):
        if method == "post":
            keyed = {"$ref": "#/components/parameters/Idempotency-Key"} in operation.get("parameters", ())
            assert keyed == (operation["operationId"] in ACTS)
            assert keyed or "nessuna `Idempotency-Key`" in operation["description"]


@each_document
def test_names_of_schemas_are_good_for_a_generator(document: Document) -> None:
    assert all(re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) for name in document["components"]["schemas"])
    text = str(document)
    for kind, name in set(re.findall(r"#/components/(\w+)/([\w-]+)", text)):
        assert name in document["components"][kind], name


# --- examples ----------------------------------------------------------------------------------------------


def test_the_examples_of_bodies_are_those_of_the_sample() -> None:
    assert examples.kept()["bodies"] == dict(sorted(examples.bodies().items())), "python -m tests.examples"
    assert BODIES.keys() >= ACTS.keys()


@pytest.mark.parametrize("name", NEWER)
def test_every_example_is_what_its_schema_says(name: str) -> None:
    document, shown = NEWER[name], 0
    for _, _, operation in operations(document):
        answers = [resolved(document, each) for each in operation["responses"].values()]
        contents = [each.get("content", {}) for each in [operation.get("requestBody", {}), *answers]]
        for media in (media for content in contents for media in content.values() if "example" in media):
            rooted = media["schema"] | {"components": document["components"]}
            found = list(jsonschema_rs.validator_for(rooted).iter_errors(media["example"]))
            assert not found, (operation["operationId"], found[0].message)
            shown += 1
    assert shown > (400 if name == "api" else 30)
    assert len(ANSWERS) > 20
