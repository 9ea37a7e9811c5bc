"""How an alert reads in a line, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tidegate.events.alert import Alert
from tidegate.events.values import decimal_text


def value_words(alert: Alert) -> str:
    """Say what the goods are worth; empty where it is not known in one currency."""
    if alert.value is None or alert.currency is None:
        return ""
    return f"Value: {decimal_text(alert.value)} {alert.currency}"


def digest_lines(alerts: Iterable[Alert]) -> Iterator[str]:
    """Yield a line for each alert of a digest, oldest first."""
    for alert in alerts:
        value = value_words(alert)
        yield f"- [{alert.severity}] {alert.title}" + (f" ({value})" if value else "")
