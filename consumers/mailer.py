"""Writes to who is convoked to the équipe: follows the log, sends each letter, records what became of it.

Each invitee gets one mail. A mailer that dies between the server's answer and its record sends that one
again, under the same Message-ID: never none, and recognisable. A server that is away or says 4xx is asked
again after growing pauses, one that says 5xx to a letter is taken at its word. What no longer makes sense is
given up unsent: a sitting that has begun, a letter that a correction has overtaken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from consumers.invitation import Letterhead, message, sitting_of
from consumers.invitees import letters, sitting
from consumers.post import NotSent, Post
from domain.case.events import EquipeConvoked, EventCorrected
from domain.case.state import Case, fold
from domain.contract import contract_of
from domain.extract import speaks_of
from domain.fact import Fact
from domain.ledger.mapper import LedgerEvent
from domain.ledger.outbox import Letter, Mail, Outbox
from domain.ledger.store import Log

BATCH = 500
"""Events looked at in one go."""

PAUSES = (5, 30, 120, 600, 3600)
"""Seconds before the second, third … attempt; then always the last. Greylisting lifts within minutes."""

CAUSES = {contract_of(EquipeConvoked).name, contract_of(EventCorrected).name}
"""The facts that may give cause to write; every other one is passed by unopened."""

Facts = list[Fact[Any]]

log = structlog.get_logger()


class Mailer:
    """The one mailer of an Ambito. Not thread-safe.

    ``mailboxes`` gives the address of a seat (``cpi``, ``asl-serd``); a seat without one is never guessed.
    """

    def __init__(
        self,
        register: Log,
        outbox: Outbox,
        post: Post,
        letterhead: Letterhead,
        mailboxes: Mapping[str, str],
        clock: Callable[[], datetime],
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        self._register, self._outbox, self._post = register, outbox, post
        self._letterhead, self._mailboxes = letterhead, mailboxes
        self._clock, self._pauses = clock, pauses

    def step(self) -> int:
        """Read on in the log, then send one letter that is due; 0 where there was nothing to do."""
        return self._read() + self._send()

    # --- from the log to the outbox --------------------------------------------------------------------

    def _read(self) -> int:
        after = self._outbox.position()
        stored = self._register.recorder.select_after(after, BATCH)
        if stored:
            found = [letter for event in stored for letter in self._letters(event)]
            self._outbox.add(after, stored[-1].position, found)
        return len(stored)

    def _letters(self, stored: LedgerEvent) -> Iterator[Letter]:
        if stored.topic.rpartition(".v")[0] not in CAUSES:
            return
        facts = self._facts(stored.originator_id, stored.position)
        if _of_the_equipe(facts):
            yield from letters(facts, self._letterhead.domain)

    def _facts(self, case_id: Any, position: int) -> Facts:
        """The case as the fact at a position left it."""
        return [fact for fact in self._register.facts(case_id) if fact.position <= position]

    # --- from the outbox to the server -----------------------------------------------------------------

    def _send(self) -> int:
        now = self._clock()
        mail = self._outbox.due(now)
        if mail is None:
            return 0
        facts = self._facts(mail.stream_id, mail.position)
        if because := self._hopeless(mail, facts, now):
            self._outbox.note(mail, "GIVEN_UP", because)
            log.warning("mail given up", message_id=mail.message_id, error=because)
        else:
            self._try(mail, facts, now)
        return 1

    def _hopeless(self, mail: Mail, facts: Facts, now: datetime) -> str | None:
        """Why a letter is not sent at all."""
        if self._outbox.overtaken(mail):
            return "OVERTAKEN"
        if sitting(facts).meeting_at <= now:
            # Also what keeps an import of past years from inviting anybody.
            return "SITTING_PAST"
        return None if mail.seat in self._mailboxes else "NO_MAILBOX"

    def _try(self, mail: Mail, facts: Facts, now: datetime) -> None:
        # The names to keep out are those of all facts: a member may have joined since.
        case = fold(self._register.facts(mail.stream_id))
        to, attempt = self._mailboxes[mail.seat], self._outbox.attempt(mail)
        told = {"message_id": mail.message_id, "attempt": attempt}
        try:
            code = self._post.send(self._letterhead.sender, to, self._written(mail, facts, case, now))
        except NotSent as failure:
            self._not_sent(mail, failure, attempt)
            log.warning("mail not sent", **told, error=failure.error, reply=failure.reply_code)
        else:
            self._outbox.note(mail, "SENT", None, code)
            log.info("mail sent", **told, reply=code)

    def _written(self, mail: Mail, facts: Facts, case: Case, now: datetime) -> bytes:
        """The message; one that cannot be written holds up no other."""
        caused_at, to = facts[-1].recorded_at or now, self._mailboxes[mail.seat]
        try:
            return message(mail, sitting_of(sitting(facts), case), self._letterhead, to, caused_at, now)
        except Exception as error:
            raise NotSent(type(error).__name__) from None

    def _not_sent(self, mail: Mail, failure: NotSent, attempt: int) -> None:
        if failure.final:
            self._outbox.note(mail, "GIVEN_UP", failure.error, failure.reply_code)
            return
        pause = self._pauses[min(attempt, len(self._pauses)) - 1]
        again = self._clock() + timedelta(seconds=pause)
        self._outbox.note(mail, "FAILED", failure.error, failure.reply_code, again)


def _of_the_equipe(facts: Facts) -> bool:
    """Whether the last fact convokes the équipe, or corrects what did."""
    about = speaks_of(facts[-1])
    return any(isinstance(fact.event, EquipeConvoked) and fact.event_id == about for fact in facts)
