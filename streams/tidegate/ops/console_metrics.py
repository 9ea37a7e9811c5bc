"""Count what the console does, in Prometheus terms. No label names a person or a shipment."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10)


class ConsoleMetrics:
    """The console's metrics, on a registry of its own; other parts may register theirs there."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self.counter(
            "requests",
            "Requests answered, by route as it is declared.",
            "method",
            "route",
            "status",
        )
        self.request_seconds = Histogram(
            "request_seconds",
            "From a request to the start of its answer.",
            ["route"],
            namespace="tidegate_console",
            registry=self.registry,
            buckets=REQUEST_SECONDS,
        )
        self.sign_ins = self.counter("sign_ins", "Tries to sign in.", "way", "result")
        self.refused = self.counter("requests_refused", "Requests over a limit.", "limit")

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """Make a counter."""
        return Counter(name, text, labels, namespace="tidegate_console", registry=self.registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """Make a gauge."""
        return Gauge(name, text, labels, namespace="tidegate_console", registry=self.registry)
