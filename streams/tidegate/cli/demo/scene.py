"""What there is to see at a moment: handed to the screen, the lines and the summary alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from tidegate.cli.demo.story import Beat
from tidegate.cli.demo.tally import Tally
from tidegate.events.alert import Alert
from tidegate.events.decision import Action

INPUTS = ("trade.shipments", "trade.licenses", "trade.dispositions")
LATEST = 2000  # latencies that the screen's percentiles look at


@dataclass(slots=True)
class Scene:
    """The state of the show. The tally and the beats are live objects."""

    tally: Tally
    workers: int
    broker: str = ""
    invitation: str = ""
    """Where the console is and how to come in; empty where none runs."""
    seconds: float = 0.0
    total_seconds: float | None = None
    events: int = 0
    rate: float = 0.0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The workers' counters, by (metric, topic)."""
    beats: list[Beat] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    """Steps of the start."""
    ended_because: str | None = None
    """Why it ended before anybody asked for it."""
    running: bool = False
    """False while it starts."""

    @property
    def duplicates(self) -> int:
        """Input records that changed nothing, as the workers counted them."""
        return sum(self.counts["events_duplicate", topic] for topic in INPUTS)

    @property
    def applied(self) -> int:
        """Input records that changed state, as the workers counted them."""
        return sum(self.counts["events_applied", topic] for topic in INPUTS)

    def summary(self) -> dict[str, Any]:
        """Return the figures of the whole show."""
        tally = self.tally
        return {
            "seconds": round(self.seconds, 1),
            "events": self.events,
            "events_per_second": round(self.events / self.seconds, 1) if self.seconds else None,
            "applied": self.applied,
            "duplicates": self.duplicates,
            "dead_letters": tally.dead_letters,
            "decisions": tally.decisions,
            "holds": tally.with_action(Action.HOLD),
            "reviews": tally.with_action(Action.REVIEW),
            "open_shipments": tally.open_shipments,
            "alerts": tally.alerts,
            "alerts_by_kind": dict(sorted(tally.alerts_by_kind.items())),
            "decisions_by_outcome": dict(sorted(tally.decisions_by_outcome.items())),
            "holds_by_measure": {row.measure: row.holds for row in tally.held_rows()},
            "latency": {
                "p50_ms": _rounded(tally.latency_ms(50)),
                "p99_ms": _rounded(tally.latency_ms(99)),
            },
            "workers": self.workers,
            "tables_version": tally.tables_version,
            "story": [beat.as_json() for beat in self.beats],
        }


class View(Protocol):
    """Somewhere to show it."""

    def open(self, scene: Scene) -> None:
        """Begin."""

    def step(self, text: str) -> None:
        """Tell a step of the start, or of the end."""

    def beat(self, beat: Beat) -> None:
        """Tell that a beat of the story has begun or ended."""

    def alert(self, alert: Alert) -> None:
        """Tell an alert."""

    def refresh(self) -> None:
        """Show the scene as it is now; called some times a second."""

    def close(self) -> None:
        """End: leave the terminal as it was."""


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)
