"""Tell, when asked, how licenses stand: by status, and how long applications are under review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

AGE_STEPS_WORKING_DAYS = (15, 30, 45, 60, 90, 180)
"""45 is the limit of article 17 of the Regulations on the Export Control of Dual-Use Items."""


class ReviewBook(Protocol):
    """The licenses of one partition."""

    @property
    def statuses(self) -> Mapping[str, int]:
        """Licenses by status."""

    def reviews(self) -> Mapping[tuple[str, str, str], int]:
        """Return applications under review by (status, review, end use)."""

    def review_ages(self, now: datetime) -> Mapping[tuple[str, int], int]:
        """Return them by (end use, working days since acceptance)."""

    def reviews_overdue(self, now: datetime) -> Mapping[str, int]:
        """Return those that have taken longer than the law gives, by end use."""


class LicenseCollector(Collector):
    """Gauges that are read from the books at each scrape, so they can't drift from the state.

    Ages are given as counts above steps: counts of several workers add up.
    """

    def __init__(
        self, books: Callable[[], Iterable[ReviewBook]], now: Callable[[], datetime]
    ) -> None:
        self._books = books
        self._now = now

    def describe(self) -> Iterable[Metric]:
        """Return nothing: registering must not read the books."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Sum the books and yield one metric after another."""
        statuses: Counter[str] = Counter()
        reviews: Counter[tuple[str, str, str]] = Counter()
        ages: Counter[tuple[str, int]] = Counter()
        overdue: Counter[str] = Counter()
        now = self._now()
        for book in self._books():
            statuses.update(book.statuses)
            reviews.update(book.reviews())
            ages.update(book.review_ages(now))
            overdue.update(book.reviews_overdue(now))
        end_uses = {end_use for end_use, _ in ages}
        yield _gauge(
            "licenses",
            "Licenses and applications.",
            ("status",),
            {(k,): statuses[k] for k in statuses},
        )
        yield _gauge(
            "license_reviews",
            "Applications under review.",
            ("status", "review", "end_use"),
            reviews,
        )
        yield _gauge(
            "license_reviews_older",
            "Reviews that began more working days ago than a step.",
            ("end_use", "than_working_days"),
            {
                (end_use, str(step)): sum(
                    amount for (use, age), amount in ages.items() if use == end_use and age > step
                )
                for end_use in end_uses
                for step in AGE_STEPS_WORKING_DAYS
            },
        )
        yield _gauge(
            "license_reviews_overdue",
            "Reviews past the day on which the law asks for a decision; stopped ones are not.",
            ("end_use",),
            {(end_use,): overdue[end_use] for end_use in end_uses},
        )
        yield _gauge(
            "license_review_age_max_working_days",
            "Working days since the acceptance of the oldest application under review.",
            ("end_use",),
            {(end_use,): max(age for use, age in ages if use == end_use) for end_use in end_uses},
        )


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[Any, int]) -> Metric:
    family = GaugeMetricFamily(f"tidegate_{name}", text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric([str(word) for word in key], value)
    return family
