"""The body of a request: bounded, typed and read before anything is done with it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request

from api.problems import Problem, Wrong, bad_value, malformed
from domain.contract import Json

LIMIT = 1 << 20
"""Bytes: a patto of three pages is about 10 kB."""

DEEP = 32
"""Levels of nesting: the deepest fact, a correction of a patto, has 5."""

Object = dict[str, Json]


async def _body(request: Request) -> Object:
    _check_type(request.headers.get("content-type", ""))
    raw = await read(request)
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise malformed("", "is not JSON in UTF-8") from None
    if _deeper(value, DEEP):
        raise malformed("", f"is nested more than {DEEP} levels deep")
    if type(value) is not dict:
        raise bad_value(Wrong("", "must be an object"))
    return value


Body = Annotated[Object, Depends(_body)]
"""For an endpoint to name after its caller: in that order they are asked for, and none is read of nobody."""


def _check_type(content_type: str) -> None:
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    foreign = [p for p in parameters if p.startswith("charset=") and p.strip('"') not in _UTF8]
    if kind != "application/json" or foreign:
        raise Problem(415, "MEDIA_TYPE")


_UTF8 = ("charset=utf-8", 'charset="utf-8')


async def read(request: Request) -> bytes:
    """The body as it came, bounded; it can be read more than once."""
    if (held := getattr(request.state, "body", None)) is not None:
        return bytes(held)
    declared = request.headers.get("content-length", "0")
    if not (declared.isdecimal() and len(declared) < 20):
        raise malformed("Content-Length", "must be a number of bytes")
    if int(declared) > LIMIT:
        raise Problem(413, "TOO_LARGE")
    try:
        async with asyncio.timeout(request.app.state.bounds.body_seconds):
            request.state.body = await _whole(request)
    except TimeoutError:
        raise Problem(408, "TOO_SLOW", headers={"Connection": "close"}) from None
    return bytes(request.state.body)


async def _whole(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LIMIT:
            raise Problem(413, "TOO_LARGE")
        parts.append(part)
    return b"".join(parts)


def _deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [
            inner
            for each in level
            if type(each) in (dict, list)
            for inner in (each.values() if type(each) is dict else each)
        ]
        if not level:
            return False
    return True
