"""Keeps a recipient's views level with what it is shown, in the recipient's own database.

Position and rows move in one transaction, so a message counts once however often it comes. A gap (``seq``
greater than the last plus one) is healed from the feed. A restore of the Ambito's database gives the log a
new epoch: then everything is read again from the feed. The first number under which the feed has something
else than was received is the fork: what was received beyond it is kept apart (``inbox.undone``), and the
views are made anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import psycopg
import structlog

from consumers import overwriting
from consumers.acknowledge import Acknowledging
from consumers.client.failures import CallFailed
from consumers.overwriting import Overwriting
from consumers.source import FeedSource, LeftOut, Source
from consumers.witness import Witness
from domain.message import Message
from projections.acknowledgement import Said
from projections.metrics import GAPS, RETRIES
from projections.parked import INBOX
from projections.rebuild import forget
from projections.runner import apply, pause
from projections.view import Connection, View, clear, enter, exists, of_message

POLL = 0.5
"""Seconds that one poll may wait, and so the time that a SIGTERM may take."""

ASK_EVERY = 10.0
"""Seconds without a message after which the feed is asked for its epoch: a log that was restored and lies
still sends nothing that would tell of it."""

RECEIVED = """
insert into inbox.received (seq, log_epoch, event_id, case_id, kind)
select * from json_to_recordset(%s) as r (
    seq bigint, log_epoch uuid, event_id uuid, case_id uuid, kind text)
on conflict (seq) do nothing
"""

UNDONE = """
with undone as (delete from inbox.received where seq > %s returning *)
insert into inbox.undone (seq, log_epoch, event_id, case_id, kind, received_at, undone_by)
select seq, log_epoch, event_id, case_id, kind, received_at, %s from undone
"""

log = structlog.get_logger()


NOTE_LEFT_OUT = """
insert into inbox.left_out as known (rule, times, last_number) values (%s, 1, %s)
on conflict (rule) do update
   set times = known.times + 1, last_number = excluded.last_number, last_at = clock_timestamp()
"""

BEYOND_THE_FEED, CLOCK_AHEAD = "BEYOND_THE_FEED", "CLOCK_AHEAD"

AHEAD = timedelta(hours=1)
"""What clocks that are kept by NTP never differ by, whatever holiday somebody took from summer time."""


class CannotHeal(RuntimeError):
    """Messages are missing, or belong to another epoch, and no feed can be asked or it has none either."""


class Overtaken(RuntimeError):
    """Another subscriber moved the position of this database."""


class NotOurs(RuntimeError):
    """A message of the feed, or the database, is another recipient's: nothing of it is read or applied."""


class NewEpoch(Exception):
    """The log was restored: what was applied may have been undone there."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The row ``inbox.progress``."""

    log_epoch: UUID | None
    seq: int
    offset: int | None


class Subscriber:
    """One recipient's reader. For one thread: that of :meth:`run`, or of who calls :meth:`step`.

    ``feed`` heals and refolds; where the source is the feed itself it need not be named. Without one, what a
    gap lacks is looked for in the topic from its beginning, and a new epoch lets the reader wait, with a
    line in its log. What the ``witness`` cosigns goes with what is acknowledged.
    """

    def __init__(
        self,
        source: Source,
        database_url: str,
        views: Sequence[View[Message]],
        recipient: str,
        acknowledge: Callable[[Said], None] | None = None,
        *,
        feed: FeedSource | None = None,
        witness: Witness | None = None,
    ) -> None:
        self._source, self._url, self._views, self._recipient = source, database_url, views, recipient
        self._feed = source if feed is None and isinstance(source, FeedSource) else feed
        self._witness, self._acknowledging = witness, Acknowledging(recipient, acknowledge, witness)
        self._overwriting = Overwriting(views)
        self._connection: Connection | None = None
        self._at = Progress(None, 0, None)
        self._received = 0
        self._gap_at: int | None = None
        self._ask_after = time.monotonic() + ASK_EVERY

    def run(self, stop: threading.Event) -> None:
        """Follow the source until ``stop`` is set; the batch in hand then is finished first."""
        failures = 0
        while not stop.is_set():
            try:
                self.step()
                failures = 0
            except Exception as error:
                # Its text may quote values.
                RETRIES.labels("subscriber").inc()
                sqlstate = getattr(error, "sqlstate", None)
                log.warning(
                    "subscriber waits",
                    recipient=self._recipient,
                    error=type(error).__name__,
                    sqlstate=sqlstate,
                    seq=self._at.seq,
                )
                stop.wait(pause(failures))
                failures += 1
        self._acknowledging.hurry()
        self._say()
        self.close()

    def step(self, timeout: float = POLL) -> int:
        """Apply what the source gives next; the number of messages that moved the position.

        After an error it may be called again, and starts from what was committed.
        """
        try:
            connection = self._connected()
            messages = self._source.poll(self._at.seq, timeout)
            self._note_left_out(connection, self._source.left_out())
            try:
                if not messages:
                    self._ask_now_and_then()
                moved = self._apply(connection, self._next(messages))
            except NewEpoch:
                moved = self.refold()
            if self._witness is not None and self._witness.look(connection, self._at.log_epoch):
                self._acknowledging.owe()
            self._overwriting.step(connection)
            self._say()
            return moved
        except BaseException:
            self._let_go()
            raise

    def refold(self) -> int:
        """Make the views anew from the feed at 0, what is parked included; the number of messages.

        One transaction: until it ends, readers see the old rows. What was received and is no longer in the
        feed is kept apart. Raises CannotHeal without a feed.
        """
        connection, before = self._connected(), self._at
        if self._feed is None:
            raise CannotHeal("views are made anew from the feed, and there is none")
        page = self._feed.page(0)
        epoch, seq, waiting, undone = page.log_epoch, 0, 0, 0
        with connection.transaction():
            _move(connection, before, before)
            INBOX.anew(connection)
            for view in self._views:
                view.create(connection)
                clear(connection, view)
                # What is being rebuilt beside is of the log as it was before.
                forget(connection, view)
            while page.messages:
                self._check_ours(page.messages)
                fork = _fork(connection, page.messages)
                undone += 0 if fork is None else _undo_beyond(connection, fork, epoch)
                waiting += self._apply_and_park(connection, page.messages)
                seq = page.messages[-1].seq
                page = self._feed.page(seq)
                if page.log_epoch != epoch:
                    raise NewEpoch
            undone += _undo_beyond(connection, seq, epoch)
            after = Progress(epoch, seq, self._source.offset)
            _move(connection, before, after)
            overwriting.ask(connection)
        self._overwriting.look_now()
        self._moved(after, seq)
        log.warning(
            "views made anew",
            recipient=self._recipient,
            epoch=str(epoch),
            epoch_before=str(before.log_epoch),
            seq=seq,
            seq_before=before.seq,
            undone=undone,
            parked=waiting,
        )
        return seq

    def close(self) -> None:
        """Let go of source, feed and database."""
        self._let_go()
        self._source.close()
        if self._feed is not None:
            self._feed.close()
        if self._witness is not None:
            self._witness.close()

    # --- what is next ------------------------------------------------------------------------------

    def _next(self, messages: Sequence[Message]) -> list[Message]:
        """What follows the last seq, without a gap. Raises NewEpoch, CannotHeal."""
        epoch, last = self._at.log_epoch, self._at.seq
        if epoch is not None and self._source.log_epoch not in (None, epoch):
            raise NewEpoch
        stale: set[UUID] = set()
        fresh: list[Message] = []
        self._check_ours(messages)
        for message in messages:
            epoch = epoch or message.log_epoch
            if message.log_epoch != epoch:
                # A topic read again from its beginning also tells what was undone since.
                if message.log_epoch not in stale:
                    self._ask_for_epoch(epoch, last)
                    stale.add(message.log_epoch)
                continue
            if message.seq > last + 1:
                healed = self._healed(epoch, last, message.seq)
                if healed is None:
                    continue
                fresh += healed
                last += len(healed)
                if healed and message.seq > last + 1:
                    # A wide gap is healed page by page, and these messages come again.
                    self._source.seek(self._at.offset)
                    break
            self._received = max(self._received, message.seq)
            if message.seq == last + 1:
                fresh.append(message)
                last = message.seq
        return fresh

    def _check_ours(self, messages: Sequence[Message]) -> None:
        if any(message.recipient != self._recipient for message in messages):
            raise NotOurs("a message for another recipient")

    def _healed(self, epoch: UUID, last: int, found: int) -> list[Message] | None:
        """What the feed has after the last seq; nothing without a feed, which reads the topic again.

        None where the feed never had what was found: nobody sent that, and it holds up nobody.
        """
        if self._feed is None:
            if self._gap_at != last:
                log.warning("gap", recipient=self._recipient, seq=last, found=found)
                self._gap_at = last
                self._source.seek(None)
            return []
        page = self._feed.page(last)
        if page.log_epoch != epoch:
            raise NewEpoch
        if found > page.head:
            self._note_left_out(self._connected(), [LeftOut(BEYOND_THE_FEED, found)])
            return None
        self._check_ours(page.messages)
        seqs = [message.seq for message in page.messages]
        if not seqs or seqs != list(range(last + 1, last + 1 + len(seqs))):
            raise CannotHeal("the feed does not have what follows either")
        GAPS.inc()
        log.warning("gap healed", recipient=self._recipient, seq=last, found=found)
        return list(page.messages)

    def _ask_now_and_then(self) -> None:
        """Raises NewEpoch. A feed that does not answer is asked later: the source may do without it."""
        if self._feed is None or self._at.log_epoch is None or time.monotonic() < self._ask_after:
            return
        self._ask_after = time.monotonic() + ASK_EVERY
        try:
            self._ask_for_epoch(self._at.log_epoch, self._at.seq)
        except CallFailed as error:
            log.warning("epoch not asked", recipient=self._recipient, status=error.status)

    def _ask_for_epoch(self, epoch: UUID, last: int) -> None:
        if self._feed is None:
            raise CannotHeal("the log has another epoch, and there is no feed to start anew from")
        if self._feed.page(last, 1).log_epoch != epoch:
            raise NewEpoch

    # --- into the database -------------------------------------------------------------------------

    def _apply(self, connection: Connection, fresh: Sequence[Message]) -> int:
        if not fresh:
            return 0
        after = Progress(fresh[-1].log_epoch, fresh[-1].seq, self._source.offset)
        with connection.transaction():
            _move(connection, self._at, after)
            parked = self._apply_and_park(connection, fresh)
            self._note_left_out(connection, _ahead(fresh))
            if any(message.kind == "erasure" for message in fresh):
                overwriting.ask(connection)
                self._overwriting.look_now()
        self._moved(after, max(self._received, after.seq))
        if parked:
            log.warning("parked", recipient=self._recipient, messages=parked, seq=after.seq)
        return len(fresh)

    def _moved(self, after: Progress, received: int) -> None:
        self._at, self._received = after, received
        self._acknowledging.owe()

    def _say(self) -> None:
        if self._connection is not None and self._at.log_epoch is not None:
            self._acknowledging.say(self._connection, self._at.log_epoch, self._received, self._at.seq)

    def _apply_and_park(self, connection: Connection, messages: Sequence[Message]) -> int:
        waiting = INBOX.waiting(connection, {message.case_id for message in messages})
        parked = apply(connection, self._views, messages, of_message, waiting)
        INBOX.park(connection, parked)
        _note_received(connection, messages)
        return len(parked)

    def _note_left_out(self, connection: Connection, left_out: Sequence[LeftOut]) -> None:
        """Count what was not applied, or only with a remark, by the rule that says so."""
        for rule, number in left_out:
            connection.execute(NOTE_LEFT_OUT, [rule, number])
            log.warning("left out", recipient=self._recipient, rule=rule, number=number)

    def _connected(self) -> Connection:
        if self._connection is None:
            connection = psycopg.connect(self._url, autocommit=True, application_name="ambito-subscriber")
            self._connection = connection
            enter(connection)
            with connection.transaction():
                row = connection.execute(
                    "select log_epoch, seq, kafka_offset from inbox.progress for update"
                ).fetchone()
                assert row is not None
                self._at = Progress(*row)
                _own(connection, self._recipient)
                complete = all(exists(connection, view) for view in self._views)
                if not complete and self._at.seq == 0:
                    for view in self._views:
                        view.create(connection)
            self._received, self._gap_at = self._at.seq, None
            self._source.seek(self._at.offset)
            if not complete and self._at.seq > 0:
                # A new version of a view starts full: it is made in the transaction that fills it.
                self.refold()
        return self._connection

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _ahead(messages: Sequence[Message]) -> list[LeftOut]:
    """Messages recorded after now, by this clock: one of two is wrong, and the order is that of the seqs."""
    soon = datetime.now(UTC) + AHEAD
    return [LeftOut(CLOCK_AHEAD, message.seq) for message in messages if message.recorded_at > soon]


def _own(connection: Connection, recipient: str) -> None:
    """Take a database that is nobody's yet. Raises NotOurs."""
    connection.execute("insert into inbox.owner (recipient) values (%s) on conflict do nothing", [recipient])
    row = connection.execute("select recipient from inbox.owner").fetchone()
    if row is None or row[0] != recipient:
        raise NotOurs(f"the database of {row and row[0]}, not of {recipient}")


def _note_received(connection: Connection, messages: Sequence[Message]) -> None:
    told = [
        {"seq": m.seq, "log_epoch": m.log_epoch, "event_id": m.event_id, "case_id": m.case_id, "kind": m.kind}
        for m in messages
    ]
    connection.execute(RECEIVED, [orjson.dumps(told).decode()], prepare=True)


def _fork(connection: Connection, messages: Sequence[Message]) -> int | None:
    """The last seq before a page says something else than was received; None where it does not.

    What is not on record agrees: it came before records were kept. Values are not compared, for an erasure
    changes them rightly.
    """
    rows = connection.execute(
        "select seq, event_id, kind from inbox.received where seq between %s and %s",
        [messages[0].seq, messages[-1].seq],
    ).fetchall()
    received = {seq: told for seq, *told in rows}
    for message in messages:
        told = [message.event_id, message.kind]
        if received.get(message.seq, told) != told:
            return message.seq - 1
    return None


def _undo_beyond(connection: Connection, fork: int, epoch: UUID) -> int:
    """Keep apart what was received beyond the fork; how much it was."""
    return connection.execute(UNDONE, [fork, epoch]).rowcount


def _move(connection: Connection, before: Progress, after: Progress) -> None:
    """Raises Overtaken where the position is no longer where this process left it."""
    moved = connection.execute(
        "update inbox.progress"
        "   set log_epoch = %s, seq = %s, kafka_offset = %s, updated_at = clock_timestamp()"
        " where seq = %s and log_epoch is not distinct from %s",
        [after.log_epoch, after.seq, after.offset, before.seq, before.log_epoch],
    ).rowcount
    if moved != 1:
        raise Overtaken(f"no longer at {before.seq}")
