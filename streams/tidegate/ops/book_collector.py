"""Tell, when asked, what is held now: summed over the open books of a worker's partitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
AGE_STEPS_SECONDS = (
    HOUR_SECONDS,
    4 * HOUR_SECONDS,
    DAY_SECONDS,
    3 * DAY_SECONDS,
    7 * DAY_SECONDS,
    30 * DAY_SECONDS,
)


class HoldBook(Protocol):
    """The open book of one partition, with running sums."""

    @property
    def holds(self) -> Mapping[tuple[str, str], int]:
        """Held shipments by (measure, outcome); one held by two measures counts under both."""

    @property
    def shadow_holds(self) -> Mapping[tuple[str, str], int]:
        """Shipments that a measure on trial would hold, by (measure, outcome)."""

    @property
    def actions(self) -> Mapping[str, int]:
        """Open shipments by action."""

    @property
    def destinations(self) -> Mapping[str, int]:
        """Held shipments by destination; each counts once."""

    @property
    def held_values(self) -> Mapping[str, Decimal]:
        """Value of what is held, by currency."""

    def hold_starts(self) -> Iterator[datetime]:
        """Yield when each hold began."""


class BookCollector(Collector):
    """Gauges that are read from the books at each scrape, so they can't drift from the state.

    Ages are given as counts above steps, not as quantiles: counts of several workers add up.
    """

    def __init__(
        self,
        books: Callable[[], Iterable[HoldBook]],
        versions: Callable[[], Mapping[str, int]],
        now: Callable[[], datetime],
    ) -> None:
        self._books = books
        self._versions = versions
        self._now = now

    def describe(self) -> Iterable[Metric]:
        """Return nothing: registering must not read the books."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Sum the books and yield one metric after another."""
        holds: Counter[tuple[str, str]] = Counter()
        shadow: Counter[tuple[str, str]] = Counter()
        actions: Counter[str] = Counter()
        destinations: Counter[str] = Counter()
        values: dict[str, Decimal] = {}
        ages: list[float] = []
        now = self._now()
        for book in self._books():
            holds.update(book.holds)
            shadow.update(book.shadow_holds)
            actions.update(book.actions)
            destinations.update(book.destinations)
            for currency, value in book.held_values.items():
                values[currency] = values.get(currency, Decimal(0)) + value
            ages += [(now - start).total_seconds() for start in book.hold_starts()]
        by_measure = GaugeMetricFamily(
            "tidegate_open_holds",
            "Held shipments by reason; one held by two measures counts under both.",
            labels=["measure", "outcome"],
        )
        for (measure, outcome), count in sorted(holds.items()):
            by_measure.add_metric([measure, str(outcome)], count)
        yield by_measure
        on_trial = GaugeMetricFamily(
            "tidegate_shadow_holds",
            "Open shipments that a measure on trial would hold; held for something else or not.",
            labels=["measure", "outcome"],
        )
        for (measure, outcome), count in sorted(shadow.items()):
            on_trial.add_metric([measure, str(outcome)], count)
        yield on_trial
        by_destination = GaugeMetricFamily(
            "tidegate_holds_by_destination",
            "Held shipments by destination; each counts once.",
            labels=["destination"],
        )
        for destination, count in sorted(destinations.items()):
            by_destination.add_metric([destination], count)
        yield by_destination
        by_action = GaugeMetricFamily(
            "tidegate_open_shipments", "Open shipments.", labels=["action"]
        )
        for action, count in sorted(actions.items()):
            by_action.add_metric([str(action)], count)
        yield by_action
        held = GaugeMetricFamily("tidegate_held_value", "Value held.", labels=["currency"])
        for currency, value in sorted(values.items()):
            held.add_metric([currency], float(value))
        yield held
        older = GaugeMetricFamily(
            "tidegate_holds_older", "Holds older than a step.", labels=["than_seconds"]
        )
        for step in AGE_STEPS_SECONDS:
            older.add_metric([str(step)], sum(age > step for age in ages))
        yield older
        deciding = GaugeMetricFamily(
            "tidegate_tables_partitions",
            "Partitions that decide with a table version; 'none' decides nothing.",
            labels=["version"],
        )
        for version, count in sorted(self._versions().items()):
            deciding.add_metric([version], count)
        yield deciding
        yield GaugeMetricFamily(
            "tidegate_hold_age_max_seconds", "Age of the oldest hold.", max(ages, default=0.0)
        )
