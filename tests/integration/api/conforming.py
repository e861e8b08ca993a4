"""Every answer that a test gets is held against the OpenAPI document, whatever the test asks for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import httpx
import jsonschema_rs
from fastapi import FastAPI

from domain.catalogue import ACTS
from projections.offices import OFFICES
from tests import examples

Document = dict[str, Any]


def conforming(name: str, app: FastAPI, base: str, part: str = "answers") -> Conforming:
    """The hook for an app of this name: its document and its validators are made once in a run.

    ``part`` is where the examples of such an app stand.
    """
    return HOOKS.setdefault(name, Conforming(app, base, part))


class Conforming:
    """A hook of httpx. Raises AssertionError for an answer that the document of an app does not describe."""

    def __init__(self, app: FastAPI, base: str, part: str) -> None:
        self._app, self._base, self._part = app, base, part
        self._validators: dict[tuple[str, str, str], Any] = {}

    @cached_property
    def document(self) -> Document:
        return dict(self._app.state.openapi_3_1())

    def __call__(self, answer: httpx.Response) -> None:
        operation = self._operation(answer.request.method.lower(), answer.request.url.path)
        if operation is None:
            return
        answer.read()
        wrong = list(self._wrong(operation, answer))
        assert not wrong, (operation["operationId"], answer.status_code, wrong[:3], answer.text[:2000])
        if os.environ.get("AMBITO_WRITE_DOCS") == "1":
            _keep(self._part, operation["operationId"], answer)

    def _wrong(self, operation: Document, answer: httpx.Response) -> Iterator[str]:
        status = str(answer.status_code)
        media = answer.headers.get("content-type", "").split(";")[0]
        if status not in operation["responses"] and status < "4":
            yield f"{status} is not documented"
        described = self._resolved(operation["responses"].get(status, operation["responses"]["default"]))
        content = described.get("content", {})
        if not answer.content and not content:
            return
        if media not in content:
            yield f"{media} is not documented"
        elif media.endswith("json"):
            validator = self._validator((operation["operationId"], status, media), content[media]["schema"])
            yield from (f"{e.instance_path}: {e.message}" for e in validator.iter_errors(answer.json()))

    def _resolved(self, described: Document) -> Document:
        reference = described.get("$ref")
        if reference is None:
            return described
        return dict(self.document["components"]["responses"][reference.rpartition("/")[2]])

    def _validator(self, named: tuple[str, str, str], schema: Document) -> Any:
        if named not in self._validators:
            rooted = schema | {"components": self.document["components"]}
            self._validators[named] = jsonschema_rs.validator_for(rooted, validate_formats=True)
        return self._validators[named]

    def _operation(self, method: str, path: str) -> Document | None:
        for pattern, operations in self._patterns:
            if pattern.fullmatch(path.removeprefix(self._base)) and method in operations:
                return dict(operations[method])
        return None

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], Document]]:
        """A path without a parameter comes first: it is the one that answers."""
        paths = self.document["paths"]
        ordered = sorted(paths, key=lambda path: (path.count("{"), path))
        return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), paths[path]) for path in ordered]


HOOKS: dict[str, Conforming] = {}

KEPT: set[tuple[str, str]] = set()


def _keep(part: str, operation: str, answer: httpx.Response) -> None:
    """The first answer of an operation that shows something, as its example."""
    shows = answer.status_code < 400 and answer.headers.get("content-type") == "application/json"
    shows = shows and operation not in SPOKEN_FOR
    if shows and (part, operation) not in KEPT and answer.json().get("items") != []:
        KEPT.add((part, operation))
        shown = examples.short(answer.json())
        if len(str(shown)) < LONGEST:
            examples.keep(part, {operation: shown})


LISTS = {f"list_{kind.name.replace('-', '_')}" for office in OFFICES.values() for kind in office.lists}

SPOKEN_FOR = (ACTS.keys() - {"refer_case"}) | LISTS
"""Acts answer all alike; a list of the same name is another in another office."""

LONGEST = 8_000
"""Characters: a longer example is no help."""
