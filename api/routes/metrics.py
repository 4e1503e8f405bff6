"""Figures about the program's own work, for Prometheus. The proxy keeps this address from the public."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from psycopg_pool import PoolTimeout
from starlette.responses import Response

from api.access import PUBLIC
from api.database import Resources
from api.followers import followers_health
from api.middleware import Traffic
from api.settling import NAME as SETTLER
from api.witness_health import witness_health
from ledger.log import LogError
from ledger.place import place_of
from projections.health import health
from projections.reading import NotReady

router = APIRouter(tags=["operations"], dependencies=[PUBLIC])


@router.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}})
def metrics(request: Request) -> Response:
    """Where the log and the projections are, and what was answered, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(request.app.state.resources, request.app.state.traffic))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    """What is known at the moment of asking; nothing is kept between two."""

    def __init__(self, resources: Resources, traffic: Traffic) -> None:
        self.resources = resources
        self.traffic = traffic

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        committer = self.resources.ledger.committer
        yield _gauge("log_size", "Events in the log.", self.resources.log_end.position)
        yield _gauge("append_waiting", "Commands waiting to be recorded.", committer.waiting)
        yield _gauge(
            "append_batch_size_max", "The largest batch this process recorded.", committer.largest_batch
        )
        yield _counter("append_batches", "Batches this process recorded.", committer.batches)
        yield _counter("append_commands", "Commands this process recorded.", committer.requests)
        yield _gauge("inflight_requests", "Requests under way.", self.traffic.under_way)
        yield _counter("shed", "Requests turned away because there were too many.", self.traffic.shed)
        answered = CounterMetricFamily("bitacora_requests", "Requests answered.", labels=["status"])
        for status, count in sorted(self.traffic.answered.items()):
            answered.add_metric([str(status)], count)
        yield answered
        yield from self._projections()
        yield from self._followers()
        yield from self._signed()

    def _projections(self) -> Iterator[Metric]:
        try:
            with self.resources.readers.connection() as connection:
                seen, settled = health(connection), place_of(connection, SETTLER)
        except (psycopg.Error, NotReady):
            yield _gauge("projection_ready", "Whether the projections can be read.", 0)
            return
        yield _gauge("projection_ready", "Whether the projections can be read.", 1)
        yield _gauge("projection_position", "The last position the projections tell of.", seen.position)
        yield _gauge("projection_lag_events", "Events recorded and not told yet.", seen.lag_events)
        yield _gauge("projection_lag_seconds", "How long the oldest of them has waited.", seen.lag_seconds)
        yield _gauge(
            "projection_quarantined", "Events set aside because they could not be told.", seen.quarantined
        )
        yield _gauge("projection_leader_alive", "Whether a projector is at work.", int(seen.leader_alive))
        if settled is not None:
            yield _gauge(
                "settled_position", "The last position whose consequences in cases are recorded.", settled
            )
            yield _gauge(
                "settling_lag_events", "Events not looked through for consequences yet.", seen.head - settled
            )

    def _signed(self) -> Iterator[Metric]:
        try:
            seen, witnesses = self.resources.signed_log.signing(), witness_health(self.resources)
        except LogError:
            return
        yield _gauge("checkpoint_size", "Entries that are signed.", seen.size)
        yield _gauge("unsigned_events", "Events recorded and not signed yet.", seen.lag_events)
        yield _gauge("unsigned_seconds", "How long the oldest of them has waited.", seen.lag_seconds)
        if seen.signed_at is not None:
            age = (datetime.now(UTC) - seen.signed_at).total_seconds()
            yield _gauge("checkpoint_age_seconds", "How long ago the checkpoint was last said to stand.", age)
        if witnesses is not None:
            yield _gauge("witnessed_size", "Entries that enough witnesses have signed.", witnesses.size)
            if witnesses.quiet_seconds is not None:
                yield _gauge(
                    "witnessed_age_seconds",
                    "How long ago enough witnesses had signed.",
                    witnesses.quiet_seconds,
                )

    def _followers(self) -> Iterator[Metric]:
        try:
            seen = followers_health(self.resources)
        except (psycopg.Error, PoolTimeout):
            return
        for name, words in (
            ("leader_alive", "Whether a follower that tells others is at work."),
            ("position", "The last position it has dealt with."),
            ("lag_events", "Events recorded that it has not dealt with."),
            ("waiting", "What is to be delivered."),
            ("oldest_waiting_seconds", "How long the oldest of it has waited."),
            ("given_up", "What was given up: dead letters."),
            ("disabled", "Receivers that are told no more."),
        ):
            figures = GaugeMetricFamily(f"bitacora_follower_{name}", words, labels=["follower"])
            for one in seen:
                figures.add_metric([one.name], float(getattr(one, name)))
            yield figures


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"bitacora_{name}", words, value=value)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(f"bitacora_{name}", words, value=value)
