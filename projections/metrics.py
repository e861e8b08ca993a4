"""What Prometheus is told: what this process counted, and what the database knows of the register's health.

No label ever names a case or a person: a recipient, a view, an operation, the class of an error.
``docs/operations.md`` says what each number means, ``deploy/alerts.yaml`` which of them wake somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime

import psycopg
from prometheus_client import Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.ledger.recipients import on_record
from domain.rules.calendar import legal_day
from projections.health import Health, RecipientHealth, ViewHealth, health
from projections.view import Connection

REQUESTS = Counter("ambito_requests", "Requests answered, by operation and status.", ["operation", "status"])
REQUEST_SECONDS = Histogram(
    "ambito_request_seconds",
    "How long a request took, by operation.",
    ["operation"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
BULK_READS = Counter(
    "ambito_bulk_reads",
    "Times that a person or a client read unusually many case files, by kind of agency.",
    ["agency"],
)
RETRIES = Counter("ambito_retries", "Steps that failed and are tried again, by whose step.", ["step"])
RELAYED = Counter("ambito_relayed_messages", "Messages that Kafka committed.")
RELAY_FAILURES = Counter("ambito_relay_failures", "Transactions that Kafka did not commit.", ["error"])
GAPS = Counter("ambito_gaps", "Gaps in what a recipient was sent, healed from its feed.")

PATIENCE = "-c statement_timeout=5000"
"""A scrape gives up sooner than Prometheus does (10 s)."""


class FromDatabase(Collector):
    """Gauges read at each scrape, over a connection of their own that ends with it.

    ``read`` makes the families out of a connection. A database that does not answer is a figure too, and
    then the only one.
    """

    def __init__(self, url: str, read: Callable[[Connection], Iterable[Metric]]) -> None:
        self._url, self._read = url, read

    def describe(self) -> Iterable[Metric]:
        """Nothing is known of them before the first scrape: to be registered asks no database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        try:
            with psycopg.connect(self._url, connect_timeout=2, options=PATIENCE) as connection:
                found = list(self._read(connection))
        except psycopg.Error:
            found = []
        yield _gauge("ambito_database_up", "Whether the database answered.", 1 if found else 0)
        yield from found


def of_register(connection: Connection) -> Iterable[Metric]:
    """The health of the register, for whoever receives now."""
    with connection.transaction():
        recipients = tuple(on_record(connection).since)
    today = legal_day(datetime.now(UTC))
    return families(health(connection, recipients, today), today)


def of_inbox(connection: Connection) -> Iterable[Metric]:
    """How far a recipient's own database is: what the Ambito knows only when it is acknowledged."""
    row = connection.execute(
        "select seq, extract(epoch from clock_timestamp() - updated_at)::float8,"
        " (select count(distinct case_id) from inbox.parked),"
        " (select coalesce(sum(times) filter (where rule <> 'CLOCK_AHEAD'), 0)::float8 from inbox.left_out),"
        " (select coalesce(sum(times) filter (where rule = 'CLOCK_AHEAD'), 0)::float8 from inbox.left_out)"
        " from inbox.progress"
    ).fetchone()
    assert row is not None
    return inbox(*row)


def inbox(seq: int, idle: float, parked_cases: int, foreign: float, ahead: float) -> Iterator[Metric]:
    """The families of a recipient's own database."""
    yield _gauge("ambito_inbox_seq", "The last message applied here.", seq)
    yield _gauge("ambito_inbox_idle_seconds", "Since when nothing was applied here.", idle)
    yield _gauge("ambito_inbox_parked_cases", "Cases of which a message waits apart here.", parked_cases)
    # No label: a series that appears with its first count has not increased, as Prometheus sees it.
    yield CounterMetricFamily("ambito_foreign_records", "Records that are not ours, left out.", foreign)
    yield CounterMetricFamily("ambito_ahead_messages", "Messages recorded after now, by our clock.", ahead)


def families(found: Health, today: date) -> Iterator[Metric]:
    """The gauges of a register; ``today`` is the day on which ages in days are told."""
    log = found.log
    yield _gauge("ambito_log_position", "The last position of the log.", log.position)
    yield _gauge("ambito_undisclosed_events", "Events not yet disclosed to anybody.", log.undisclosed)
    yield _gauge("ambito_undisclosed_seconds", "Age of the first of them.", log.undisclosed_seconds)
    yield _gauge("ambito_undisclosed_parked_cases", "Cases that cannot be disclosed.", log.parked_cases)
    yield _gauge("ambito_unsigned_events", "Events that no checkpoint signs yet.", log.unsigned)
    yield _gauge("ambito_unsigned_seconds", "Age of the first of them.", log.unsigned_seconds)
    if log.checkpoint_size is not None and log.checkpoint_seconds is not None:
        yield _gauge("ambito_checkpoint_size", "Events of the last checkpoint.", log.checkpoint_size)
        yield _gauge("ambito_checkpoint_seconds", "Age of the last checkpoint.", log.checkpoint_seconds)
    yield from _of_recipients(found.recipients)
    yield from _of_views(found.views)
    if found.terms is not None:
        terms = found.terms
        yield _gauge("ambito_overdue_terms", "Terms that are over and were not kept.", terms.overdue)
        yield _gauge("ambito_unrecorded_terms", "Of these, those not on record yet.", terms.unrecorded)
        yield _gauge(
            "ambito_oldest_overdue_days", "Days since the oldest was due.", _days(terms.oldest_due_on, today)
        )
        yield _gauge(
            "ambito_oldest_unrecorded_days",
            "Days since the oldest not on record was due.",
            _days(terms.oldest_unrecorded_on, today),
        )


def _of_recipients(found: Sequence[RecipientHealth]) -> Iterator[Metric]:
    def by(name: str, text: str, values: Iterable[float]) -> Metric:
        return _by("recipient", name, text, zip((each.recipient for each in found), values, strict=True))

    yield by("ambito_disclosed_seq", "The last seq shown to a recipient.", [r.disclosed for r in found])
    yield by("ambito_unrelayed_messages", "Rows shown that Kafka lacks.", [r.unrelayed for r in found])
    yield by("ambito_unrelayed_seconds", "Age of the first of them.", [r.unrelayed_seconds for r in found])
    yield by("ambito_recipient_lag_messages", "Rows shown, not yet applied.", [r.lag for r in found])
    yield by("ambito_recipient_lag_seconds", "Age of the first of them.", [r.lag_seconds for r in found])
    yield by("ambito_recipient_parked_cases", "Cases it set apart.", [r.parked_cases for r in found])


def _of_views(found: Sequence[ViewHealth]) -> Iterator[Metric]:
    def by(name: str, text: str, values: Iterable[float]) -> Metric:
        return _by("view", name, text, zip((each.view for each in found), values, strict=True))

    yield by("ambito_view_lag_events", "Events that a view has not seen.", [v.lag for v in found])
    yield by("ambito_view_lag_seconds", "Age of the first of them.", [v.lag_seconds for v in found])
    yield by("ambito_view_parked_cases", "Cases that a view set apart.", [v.parked_cases for v in found])


def _days(since: date | None, today: date) -> int:
    return (today - since).days if since else 0


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _by(label: str, name: str, text: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for code, value in values:
        family.add_metric([code], value)
    return family
