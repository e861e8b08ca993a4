"""The servers that are compared, each a process of its own on this machine: ours is ``ambito serve``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from psycopg import sql

from bench.arena import Arena
from deploy.kept import is_free, kept_port, secret
from deploy.settings import Settings

LOGIN = "bench_api"


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def memory(self) -> float:
        """What the process holds, in MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def settings(arena: Arena) -> Settings:
    """Those of our API in the arena, for who makes its tokens."""
    keys, wraps = arena.key_paths
    return Settings(var=arena.folder / "var", key_file=keys, key_encryption_key=wraps)


@contextmanager
def ours(arena: Arena, **more: str) -> Iterator[Server]:
    """The API of the register, everything switched on; ``more`` are settings."""
    found = settings(arena)
    port = kept_port(arena.folder / "api-port")
    told = {
        "VAR": str(found.var),
        "DATABASE_URL": _login(arena),
        "KEY_FILE": str(found.key_file),
        "KEY_ENCRYPTION_KEY": str(found.key_encryption_key),
        "API_PORT": str(port),
        "RATE_LIMIT": str(10**9),  # one client stands for a crowd
    }
    environment = {f"AMBITO_{name}": value for name, value in (told | more).items()}
    with _running(["deploy.command", "serve"], port, environment) as server:
        yield server


@contextmanager
def bare(arena: Arena) -> Iterator[Server]:
    """FastAPI and one statement."""
    port = kept_port(arena.folder / "bare-port")
    with _running(["bench.bare", arena.url, str(port)], port, {}) as server:
        yield server


@contextmanager
def null(arena: Arena) -> Iterator[Server]:
    port = kept_port(arena.folder / "null-port")
    with _running(["bench.null", str(port)], port, {}) as server:
        yield server


@contextmanager
def _running(module: list[str], port: int, told: Mapping[str, str]) -> Iterator[Server]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AMBITO_")}
    process = subprocess.Popen(
        [sys.executable, "-m", *module], env=inherited | told, stdout=subprocess.DEVNULL, stderr=sys.stderr
    )
    try:
        while is_free(port):
            if process.poll() is not None:
                raise RuntimeError(f"{module[0]} did not start")
            time.sleep(0.1)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _login(arena: Arena) -> str:
    """The application's login: what it may not see, it is not shown here either."""
    password = secret(arena.folder / LOGIN)
    with arena.connect() as owner:
        known = owner.execute("select 1 from pg_roles where rolname = %s", [LOGIN]).fetchone()
        if known is None:
            owner.execute(
                sql.SQL("create role {} login password {} in role ambito_app").format(
                    sql.Identifier(LOGIN), sql.Literal(password)
                )
            )
    parts = urlsplit(arena.url)
    return urlunsplit(parts._replace(netloc=f"{LOGIN}:{password}@{parts.hostname}:{parts.port}"))
