"""Count what the notifier does, on a registry of its own. Endpoints are labels, shipments never."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.events.delivery import Attempt, Channel, Delivery, DeliveryStatus
from tidegate.notify.breaker import BreakerState

DELIVERY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 6 * 3600, 86400)
ATTEMPT_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60)
TRANSACTION_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """How one endpoint stands, at the moment of a scrape."""

    endpoint: str
    kind: Channel
    open: int
    waiting: int
    oldest: float | None
    """Since when the oldest that is due waits, seconds since 1970."""
    breaker: BreakerState
    disabled: bool


class NotifierMetrics:
    """The notifier's metrics. All calls come from the event loop's thread, and none blocks."""

    def __init__(self, lanes: Callable[[], Iterable[LaneStatus]] = tuple) -> None:
        """Make all metrics; `lanes` tells how the endpoints stand."""
        self.registry = CollectorRegistry()
        self.registry.register(_LaneCollector(lanes))
        self._alerts = self._counter("notifier_alerts", "Alerts taken up.", "kind")
        self._unrouted = self._counter(
            "notifier_alerts_unrouted", "Alerts that no route takes.", "kind"
        )
        self._delay = self._histogram(
            "notifier_delay_seconds", "Alert's record to being taken up.", DELIVERY_SECONDS
        )
        self._unreadable = self._counter(
            "notifier_records_unreadable", "Alerts and commands that could not be read.", "topic"
        )
        self._commands = self._counter("notifier_commands", "Commands taken up.", "command")
        self._active = Gauge(
            "notifier_active",
            "1 while this notifier delivers, 0 while it stands by or starts.",
            namespace="tidegate",
            registry=self.registry,
        )
        self._lag = Gauge(
            "notifier_lag_records",
            "Alerts and commands not yet taken up (at most).",
            namespace="tidegate",
            registry=self.registry,
        )
        self._recovery = Gauge(
            "notifier_recovery_seconds",
            "Last start of work: from fencing the last notifier to the first delivery.",
            namespace="tidegate",
            registry=self.registry,
        )
        self._recovered = Gauge(
            "notifier_recovery_records",
            "Records of deliveries that the last start of work read.",
            namespace="tidegate",
            registry=self.registry,
        )
        self._shifts = self._counter(
            "notifier_shifts", "Times at work that ended, by how.", "result"
        )
        self._transactions = self._histogram(
            "notifier_transaction_seconds", "Transactions of deliveries.", TRANSACTION_SECONDS
        )
        self._records = self._counter("notifier_records_written", "Records of deliveries written.")
        self._attempts = self._counter(
            "delivery_attempts", "Tries, by how they came out.", "endpoint", "kind", "result"
        )
        self._attempt_seconds = self._histogram(
            "delivery_attempt_seconds", "How long a try took.", ATTEMPT_SECONDS, "endpoint"
        )
        self._finished = self._counter(
            "deliveries", "Deliveries that ended, by how.", "endpoint", "kind", "result"
        )
        self._seconds = self._histogram(
            "delivery_seconds",
            "Taken up, or due after quiet hours, to accepted.",
            DELIVERY_SECONDS,
            "endpoint",
        )

    def alert(self, kind: str, routed: bool, delay_seconds: float) -> None:
        """An alert was taken up."""
        self._delay.observe(max(0.0, delay_seconds))
        self._alerts.labels(kind).inc()
        if not routed:
            self._unrouted.labels(kind).inc()

    def unreadable(self, topic: str) -> None:
        """A record could not be read."""
        self._unreadable.labels(topic).inc()

    def command(self, command: str) -> None:
        """A command was taken up."""
        self._commands.labels(command).inc()

    def lag(self, records: int) -> None:
        """How far the notifier is behind."""
        self._lag.set(records)

    def began(self, records: int, seconds: float) -> None:
        """This notifier has its state and delivers from now on."""
        self._active.set(1)
        self._recovered.set(records)
        self._recovery.set(seconds)

    def ended(self, result: str) -> None:
        """It delivers no more, for now."""
        self._active.set(0)
        self._shifts.labels(result).inc()

    def committed(self, records: int, seconds: float) -> None:
        """A transaction was committed."""
        self._records.inc(records)
        self._transactions.observe(seconds)

    def lane(self, endpoint: str, kind: Channel) -> LaneMeter:
        """Return what one endpoint's lane tells."""
        return LaneMeter(self, endpoint, kind)

    def tried(self, endpoint: str, kind: Channel, attempt: Attempt) -> None:
        """A try came out."""
        self._attempts.labels(endpoint, kind, attempt.result).inc()
        self._attempt_seconds.labels(endpoint).observe(attempt.seconds)

    def finished(self, endpoint: str, kind: Channel, delivery: Delivery) -> None:
        """A delivery ended."""
        self._finished.labels(endpoint, kind, delivery.status).inc()
        if delivery.status is DeliveryStatus.DELIVERED:
            seconds = (datetime.now(UTC) - delivery.started_at).total_seconds()
            self._seconds.labels(endpoint).observe(max(0.0, seconds))

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace="tidegate", registry=self.registry)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(
            name, text, labels, namespace="tidegate", registry=self.registry, buckets=buckets
        )


class LaneMeter:
    """The notifier's metrics, of one endpoint."""

    def __init__(self, metrics: NotifierMetrics, endpoint: str, kind: Channel) -> None:
        self._metrics = metrics
        self._endpoint = endpoint
        self._kind = kind

    def tried(self, attempt: Attempt) -> None:
        """A try came out."""
        self._metrics.tried(self._endpoint, self._kind, attempt)

    def finished(self, delivery: Delivery) -> None:
        """A delivery ended."""
        self._metrics.finished(self._endpoint, self._kind, delivery)


class _LaneCollector(Collector):
    """Reads the lanes when somebody scrapes, not at every step."""

    def __init__(self, lanes: Callable[[], Iterable[LaneStatus]]) -> None:
        self._lanes = lanes

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges of all endpoints."""
        labels = ["endpoint", "kind"]
        open_ = GaugeMetricFamily(
            "tidegate_deliveries_open", "Deliveries not ended, quiet hours included.", labels=labels
        )
        waiting = GaugeMetricFamily(
            "tidegate_deliveries_waiting", "Of these, those in quiet hours.", labels=labels
        )
        oldest = GaugeMetricFamily(
            "tidegate_deliveries_oldest_age_seconds",
            "Since the oldest open delivery became due; 0 where there is none.",
            labels=labels,
        )
        breaker = GaugeMetricFamily(
            "tidegate_endpoint_breaker",
            "1 for the state that the endpoint's breaker is in.",
            labels=[*labels, "state"],
        )
        disabled = GaugeMetricFamily(
            "tidegate_endpoint_disabled", "1 after it answered 410 (Gone).", labels=labels
        )
        for lane in self._lanes():
            place = [lane.endpoint, lane.kind.value]
            open_.add_metric(place, lane.open)
            waiting.add_metric(place, lane.waiting)
            age = 0.0 if lane.oldest is None else max(0.0, time.time() - lane.oldest)
            oldest.add_metric(place, age)
            disabled.add_metric(place, float(lane.disabled))
            for state in BreakerState:
                breaker.add_metric([*place, state.value], float(state is lane.breaker))
        yield from (open_, waiting, oldest, breaker, disabled)
