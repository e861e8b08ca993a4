"""The feed that the suite serves, as the API of an Ambito does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from consumers.client.transport import BASE
from domain.contract import Json


class Feed:
    """What the Ambito has for the recipient. Thread-safe: every answer is made under one lock."""

    def __init__(self) -> None:
        self.mutex = threading.Lock()
        self.url = ""
        self.token = "conformance"
        self.begin("")

    def begin(self, epoch: str) -> None:
        """Nothing was sent yet."""
        with self.mutex:
            self.epoch, self.messages, self.pages = epoch, list[Json](), list[list[Json]]()

    def answer(self, after: int, limit: int) -> Json:
        """A page: one that was put here to come next, else what follows ``after``."""
        with self.mutex:
            page = self.pages.pop(0) if self.pages else [m for m in self.messages if m["seq"] > after][:limit]
            return {"items": page, "log_epoch": self.epoch, "head": len(self.messages)}


@contextmanager
def served() -> Iterator[Feed]:
    """A feed on a port of this machine, until the end of the block."""
    feed = Feed()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            asked = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
            if url.path != f"{BASE}/feed":
                self.reply(404, {"rule": "UNKNOWN"})
            elif self.headers["Authorization"] != f"Bearer {feed.token}":
                self.reply(401, {"rule": "UNAUTHENTICATED"})
            else:
                self.reply(200, feed.answer(asked.get("after", 0), asked.get("limit", 500)))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.reply(201, {})

        def reply(self, status: int, body: Json) -> None:
            text = orjson.dumps(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        feed.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield feed
        finally:
            server.shutdown()
            thread.join()
