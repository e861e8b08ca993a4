"""Where the documents of an app are read: 3.0.3, which every gateway reads, and 3.1 beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute

from api.described.older import older

DOCUMENT, NEWER = "/openapi.json", "/openapi-3.1.json"


def publish(app: FastAPI, base: str, newer: Callable[[], dict[str, Any]]) -> None:
    """Serve the document that ``newer`` makes in 3.1, made once, in both versions under ``base``."""
    both = {NEWER: cache(newer), DOCUMENT: cache(lambda: older(app.state.openapi_3_1()))}
    app.state.openapi_3_1 = both[NEWER]
    app.openapi = both[DOCUMENT]  # type: ignore[method-assign]
    for path, document in both.items():
        app.add_route(base + path, _answers(cache(lambda document=document: orjson.dumps(document()))))


def _answers(raw: Callable[[], bytes]) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        return Response(raw(), media_type="application/json")

    return answer


def check_all_described(routes: Iterable[BaseRoute], said: Collection[str]) -> None:
    """Raises TypeError for a route that has no Italian text."""
    for route in routes:
        if isinstance(route, APIRoute) and route.operation_id not in said:
            raise TypeError(f"{route.path} ({route.operation_id}) is described nowhere")
