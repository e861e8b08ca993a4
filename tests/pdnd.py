"""A PDND for the tests, over real HTTP: its key set, the keys of clients, its tokens; also down or slow."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, islice
from typing import Any
from urllib.parse import parse_qs, unquote
from uuid import NAMESPACE_URL, uuid5

from tests.jose import Pair

ISSUER = "uat.interop.pagopa.it"
ADDRESS = "https://registro.example"
AUDIENCE = "https://registro.example/rest/adi/v1"

# The same in every process: some of them stand in the names of tests, which several processes share out.
IDS = (str(uuid5(NAMESPACE_URL, f"urn:test:{n}")) for n in count())
PRODUCER, ESERVICE, DESCRIPTOR = islice(IDS, 3)
CONSUMER, OTHER_CONSUMER, PURPOSE, MACHINES = islice(IDS, 4)
CLIENT, OTHER_CLIENT, OUTSIDE, OTHER_OUTSIDE = islice(IDS, 4)
PERSON = next(IDS)


@dataclass
class Pdnd:
    """``keys`` are its own by ``kid``, ``clients`` those of clients: the client's id and its JWK."""

    keys: dict[str, Pair]
    clients: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    url: str = ""
    down: bool = False
    moved: bool = False
    slow: float = 0.0
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    needs_voucher: bool = False

    def answer(self, path: str, authorization: str | None) -> tuple[int, dict[str, Any]]:
        self.asked.append(path)
        time.sleep(self.slow)
        if self.down:
            return 503, {}
        if path == "/.well-known/jwks.json":
            return 200, {"keys": [{**pair.jwk, "kid": kid, "use": "sig"} for kid, pair in self.keys.items()]}
        if self.needs_voucher and authorization != "Bearer ours":
            return 401, {}
        found = self.clients.get(unquote(path.removeprefix("/v2/keys/")))
        if found is None:
            return 404, {"title": "not found"}
        return 200, {"clientId": found[0], "jwk": found[1]}


def trust_in(pdnd: Pdnd) -> str:
    """The file of trusts of a register that believes it: its servizio sociale may take a case in charge.

    The key that signs our answers lies in ``answers.pem`` beside the file.
    """
    return f"""
address = "{ADDRESS}"
audience = "{AUDIENCE}"

[answers]
key = "answers.pem"
kid = "ours"

[pdnd]
issuer = "{ISSUER}"
jwks = "{pdnd.url}/.well-known/jwks.json"
keys = "{pdnd.url}/v2"
producer = "{PRODUCER}"
eservice = "{ESERVICE}"
descriptors = ["{DESCRIPTOR}"]

[[pdnd.consumers]]
consumer = "{CONSUMER}"
agency = "servizio-sociale"
purposes = [
    {{ id = "{PURPOSE}", purpose = "TAKING_CHARGE", role = "SOCIAL_WORKER" }},
    {{ id = "{MACHINES}", purpose = "TAKING_CHARGE", role = "machine" }},
]
"""


@contextmanager
def serving(pdnd: Pdnd) -> Iterator[Pdnd]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = pdnd.answer(self.path, self.headers.get("Authorization"))
            self._send(status, body)

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers["Content-Length"])).decode()
            pdnd.forms.append(parse_qs(said))
            self._send(200, {"access_token": "ours", "token_type": "Bearer", "expires_in": 600})

        def _send(self, status: int, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(302 if pdnd.moved else status)
            if pdnd.moved:
                self.send_header("Location", f"{pdnd.url}/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    pdnd.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield pdnd
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
