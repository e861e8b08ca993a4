"""Metrics of one process, on a port of loopback: no request from outside ever meets them."""

from __future__ import annotations

import structlog
from prometheus_client import REGISTRY, start_http_server
from prometheus_client.registry import Collector

from deploy.settings import Settings

log = structlog.get_logger()


def serve_metrics(settings: Settings, found: Collector) -> None:
    """Serve ``/metrics`` where a port is set: what this process counts, and what ``found`` collects.

    A port that is taken stops nothing but the metrics: whoever scrapes it is told that nobody is there.
    """
    if settings.metrics_port is None:
        return
    REGISTRY.register(found)
    try:
        start_http_server(settings.metrics_port, addr="127.0.0.1")
    except OSError as error:
        log.error("no metrics", port=settings.metrics_port, error=error.strerror)
