"""`ambito fsck`: whether the log of this Ambito is what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from deploy.key_file import key_file
from deploy.settings import Settings
from deploy.signing import log_vkey
from domain.ledger.checkpoints import Checkpoints
from domain.ledger.disclosed import Disclosed
from domain.ledger.fsck import Fsck, Report, Trusted
from domain.ledger.note import COSIGNATURE, VerifierKey, origin, witness_name
from domain.ledger.recorder import pool
from projections.acknowledgement import public_bytes

SHOWN = 20
"""Findings printed: where there are more, the first ones tell where to look."""


class NothingSigned(Exception):
    """There is no checkpoint to go on from."""


def check(
    settings: Settings,
    url: str,
    *,
    from_checkpoint: str | None,
    kept: Sequence[str],
    processes: int,
    told: Callable[[int, int], None],
) -> Report:
    """Check the log behind ``url``, after a checkpoint where one is named (a size, or ``latest``).

    Raises NothingSigned, ValueError for a size without a checkpoint, WrongKeyEncryptionKey.
    """
    key_file(settings).close()  # what is wrong with it is said at once, not by another process
    with pool(url, size=2, name="ambito-fsck") as connections:
        checkpoints = Checkpoints(connections)
        trusted = _trusted(settings, Disclosed(connections, key_file(settings)))
        whole = Fsck(url, checkpoints, partial(key_file, settings), trusted)
        after = _size(from_checkpoint, checkpoints) if from_checkpoint else 0
        return whole.run(after, kept=kept, processes=processes, told=told)


def _size(from_checkpoint: str, checkpoints: Checkpoints) -> int:
    if from_checkpoint != "latest":
        return int(from_checkpoint)
    latest = checkpoints.latest()
    if latest is None:
        raise NothingSigned("no checkpoint was made yet: leave --from-checkpoint out")
    return latest.size


def _trusted(settings: Settings, disclosed: Disclosed) -> Trusted:
    if settings.log_vkey is None and not settings.signing_key.exists():
        raise NothingSigned("set AMBITO_LOG_VKEY to the key that the checkpoints are to be believed with")
    own = VerifierKey.read(settings.log_vkey) if settings.log_vkey else log_vkey(settings)

    def of_log(epoch: UUID) -> VerifierKey:
        return own.renamed(origin(settings.ambito, epoch))

    def of_witness(recipient: str) -> list[VerifierKey]:
        name = witness_name(settings.ambito, recipient)
        keys = disclosed.public_keys(recipient)
        return [VerifierKey(name, public_bytes(jwk), COSIGNATURE) for jwk in keys]

    return Trusted(of_log, of_witness)


def lines(report: Report) -> Iterator[str]:
    """A report for people."""
    first = report.first
    if first is not None:
        where = f"event {first.position}" if first.position else "what is kept beside the events"
        yield f"first: {where}: {first.rule}: {first.says}"
    for finding in report.findings[:SHOWN]:
        yield f"  {finding.position or '-'}: {finding.rule}: {finding.says}"
    if len(report.findings) > SHOWN:
        yield f"  and {len(report.findings) - SHOWN} more (--json has them all)"
    whole = f"events after {report.after}" if report.after else "events"
    yield (
        f"{report.events} {whole}, {report.checkpoints} checkpoints, {report.cosignatures} cosignatures: "
        + (f"{len(report.findings)} findings" if report.findings else "as they were written")
    )


def told(report: Report) -> dict[str, Any]:
    """A report for a program."""
    return {
        "after": report.after,
        "events": report.events,
        "checkpoints": report.checkpoints,
        "cosignatures": report.cosignatures,
        "findings": [
            {"position": finding.position or None, "rule": finding.rule, "says": finding.says}
            for finding in report.findings
        ],
    }
