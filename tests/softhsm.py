"""A real PKCS#11 module for tests: SoftHSM2, with a token of this run's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)

NO_HSM = "no SoftHSM2 (Debian and Ubuntu: apt install softhsm2)"

TOKEN, PIN = "ambito-test", "1234"


@dataclass(frozen=True)
class SoftHsm:
    """The library with the one token, and the variable by which a process finds it."""

    library: str
    conf: Path


def library() -> str | None:
    """The path of SoftHSM2's library; None where it, or the command that makes tokens, is not installed."""
    found = next((path for path in LIBRARIES if Path(path).exists()), None)
    return found if shutil.which("softhsm2-util") else None


def soft_hsm(folder: Path, library: str) -> SoftHsm:
    """SoftHSM2 with its tokens in a folder. The library reads its settings once in the life of a process."""
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    os.environ["SOFTHSM2_CONF"] = str(conf)
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "5678"],
        check=True,
        capture_output=True,
    )
    return SoftHsm(library, conf)
