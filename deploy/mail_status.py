"""What became of each convocation that was to go out by e-mail, for the operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from domain.contract import instant
from domain.ledger.outbox import Mail, Outbox
from domain.ledger.recorder import pool


def outcomes(url: str) -> list[dict[str, Any]]:
    """Every mail of the outbox with its state, oldest first; ids and codes, no address, no text."""
    with pool(url, size=1, name="ambito-command") as connections:
        return [_told(mail) for mail in Outbox(connections).all()]


def lines(found: list[dict[str, Any]]) -> Iterator[str]:
    """A line for each mail, then how many are in each state."""
    for mail in found:
        why = "".join(f" {mail[name]}" for name in ("error", "reply_code") if mail[name] is not None)
        tries = f"{mail['attempts']} attempt{'' if mail['attempts'] == 1 else 's'}"
        yield f"{mail['state']:8} {mail['kind']:7} {mail['seat'] or '-'} {mail['message_id']} {tries}{why}"
    counted = Counter(mail["state"] for mail in found)
    yield ", ".join(f"{count} {state}" for state, count in sorted(counted.items())) or "no mail yet"


def _told(mail: Mail) -> dict[str, Any]:
    return {
        "message_id": mail.message_id,
        "kind": mail.kind,
        "case_id": str(mail.stream_id),
        "session_id": str(mail.session_id),
        "seat": mail.seat,
        "sequence": mail.sequence,
        "extract_sha256": mail.extract_sha256,
        "state": mail.state,
        "attempts": mail.attempts,
        "error": mail.error,
        "reply_code": mail.reply_code,
        "next_try_at": instant(mail.next_try_at) if mail.next_try_at else None,
        "sent_at": instant(mail.sent_at) if mail.sent_at else None,
    }
