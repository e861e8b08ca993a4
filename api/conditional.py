"""``If-None-Match`` for whatever is read: an answer that the client has already is not sent again."""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.etags import matches

OF_A_BODY = ("content-length", "content-type")


class Conditional:
    """The layer that tags a body which has no tag of its own. Every body here comes in one piece."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        started: list[Message] = []

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                started.append(message)
                return
            if started:
                start = started.pop()
                if _has(scope, start, message):
                    message = {"type": "http.response.body", "body": b""}
                await send(start)
            await send(message)

        await self._app(scope, receive, tagged)


def _has(scope: Scope, start: Message, message: Message) -> bool:
    """Whether the client has this body; the start is then that of a 304."""
    headers = MutableHeaders(scope=start)
    if "etag" not in headers:
        headers["ETag"] = f'W/"{hashlib.sha256(message["body"]).hexdigest()[:24]}"'
    if not matches(Headers(scope=scope).get("if-none-match"), headers["etag"]):
        return False
    start["status"] = 304
    for name in OF_A_BODY:
        if name in headers:
            del headers[name]
    return True
