"""What a local server chooses at its first start and keeps: passwords and ports, one small file each."""

import os
import secrets
import socket
from pathlib import Path


def secret(path: Path) -> str:
    """The password in `path`, made up at the first call; only the owner of the file may read it."""
    try:
        # O_EXCL: of two processes that come first at once, one writes and the other reads
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32))  # no character that a URL or a JAAS line would need escaped
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Replace `path` in one step by a file that only its owner may read."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.replace(path)


def kept_port(path: Path) -> int:
    """The port in `path`, so that addresses stay true; another one if somebody took it meanwhile."""
    port = read_port(path)
    if port is None or not is_free(port):
        port = _any_free_port()
        path.write_text(f"{port}\n")
    return port


def read_port(path: Path) -> int | None:
    return int(path.read_text()) if path.exists() else None


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT does not hinder a server
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
