"""A TCP proxy that can be cut, stalled and resumed. Bytes pass as they are: TLS goes through."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 64 * 1024


class Proxy:
    """Listens on a port of its own and passes on to `target`, a port of this machine.

    `target` may be set later: a server is told to advertise `port` before it has one itself.
    """

    def __init__(self, target: int = 0) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._open = True
        self._is_cut = False
        self._sockets: set[socket.socket] = set()
        self._guard = threading.Lock()
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def cut(self) -> None:
        """End every connection, and each new one at once, until `resume`."""
        self._is_cut = True
        self._drop()

    def drop(self) -> None:
        """End every connection once; new ones pass."""
        self._drop()

    def stall(self) -> None:
        """Let nothing through, and say so to nobody: connections stay open, new ones are taken."""
        self._flows.clear()

    def resume(self) -> None:
        self._is_cut = False
        self._flows.set()

    def close(self) -> None:
        self._open = False
        self.cut()
        self._flows.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while self._open:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut or not self._joined(client):
                _close(client)

    def _joined(self, client: socket.socket) -> bool:
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            return False
        with self._guard:
            self._sockets |= {client, server}
        server.settimeout(None)
        if self._is_cut:  # between the question and the join
            self._drop()
        for source, sink in ((client, server), (server, client)):
            with suppress(OSError):  # dropped meanwhile
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()
        return True

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(CHUNK):
                self._flows.wait()
                sink.sendall(data)
        except OSError:
            pass
        finally:
            self._flows.wait()
            for each in (source, sink):
                _close(each)
                with self._guard:
                    self._sockets.discard(each)

    def _drop(self) -> None:
        with self._guard:
            gone = list(self._sockets)
        for each in gone:
            _close(each)


def _close(connection: socket.socket) -> None:
    # shutdown first: a thread that waits in recv would keep a closed socket alive.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def proxy(target: int = 0) -> Iterator[Proxy]:
    made = Proxy(target)
    try:
        yield made
    finally:
        made.close()
