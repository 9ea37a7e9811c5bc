"""Tell, when asked, what is observed of civil exports, to be set beside what was announced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class PracticeBook(Protocol):
    """The counts of one partition."""

    def totals(self) -> Mapping[tuple[str, str, str], int]:
        """Return how many there are by (subject, destination, what is observed)."""


class PracticeCollector(Collector):
    """A gauge that is read from the counts at each scrape, so it can't drift from the state.

    Item groups and weeks are left to the topic: with them there would be too many series.
    """

    def __init__(self, books: Callable[[], Iterable[PracticeBook]]) -> None:
        self._books = books

    def describe(self) -> Iterable[Metric]:
        """Return nothing: registering must not read the counts."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Sum the counts."""
        totals: Counter[tuple[str, str, str]] = Counter()
        for book in self._books():
            totals.update(book.totals())
        family = GaugeMetricFamily(
            "tidegate_practice",
            "Civil applications and shipments by what is observed of them, all weeks together.",
            labels=["subject", "destination", "observed"],
        )
        for labels, count in sorted(totals.items()):
            family.add_metric([str(label) for label in labels], count)
        yield family
