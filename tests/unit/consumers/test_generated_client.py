"""The client that is made from the document: a method asks for the operation whose name it bears."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import pytest

from api.app import describe
from api.described.older import older
from api.services import AS_DOCUMENTED
from consumers.client import shapes
from consumers.client.register import Register

pytestmark = pytest.mark.unit

DOCUMENT = older(describe(AS_DOCUMENTED))
OPERATIONS = {
    operation["operationId"]: (verb.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for verb, operation in item.items()
}


class Noted:
    """In place of the transport: what it was to carry."""

    def call(self, method: str, path: str, token: Any, **more: Any) -> tuple[str, str, dict[str, Any]]:
        return method, path, more


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_method_asks_for_its_operation_with_all_that_it_takes(name: str) -> None:
    verb, path, operation = OPERATIONS[name]
    method = getattr(Register(Noted()), name)  # type: ignore[arg-type]
    given = {each: f"<{each}>" for each in inspect.signature(method).parameters}
    asked, target, more = method(**given)
    for each in given:
        path = path.replace(f"{{{each}}}", f"%3C{each}%3E")
    assert (asked, target) == (verb, path)
    assert ("body" in more) == ("requestBody" in operation)
    sent = {*(more.get("query") or {}), *(more.get("headers") or {})}
    referred = DOCUMENT["components"]["parameters"]
    taken = [
        referred[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in operation.get("parameters", ())
    ]
    assert sent == {each["name"] for each in taken if each["in"] != "path"} - {"If-None-Match"}


def test_every_type_of_the_document_is_there_with_its_fields_and_names_only_types_that_are() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if "properties" in schema:
            assert get_type_hints(getattr(shapes, name), vars(shapes)).keys() == schema["properties"].keys()
        assert hasattr(shapes, name)
