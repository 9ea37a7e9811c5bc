"""The show as plain lines, where there is no terminal to draw on or plain text is asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic

from tidegate.cli.demo.scene import Scene
from tidegate.cli.demo.story import Beat
from tidegate.cli.demo.words import SIGNS, about, citation
from tidegate.events.alert import Alert
from tidegate.events.decision import Action

STATUS_SECONDS = 2.0
ALERTS_A_STATUS = 3


class Lines:
    """Writes lines; the latest few alerts with each status line.

    Args:
        write: Takes one line.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._scene: Scene | None = None
        self._alerts: deque[Alert] = deque(maxlen=ALERTS_A_STATUS)
        self._last = 0.0

    def open(self, scene: Scene) -> None:
        """Begin."""
        self._scene = scene

    def step(self, text: str) -> None:
        """Write a step."""
        self._write(f"-- {text}")

    def beat(self, beat: Beat) -> None:
        """Write a beat when it begins, and again with its effect."""
        if beat.effect:
            took = "" if beat.seconds is None else f" in {beat.seconds:.2f} s"
            self._write(f"** {beat.cause} -> {beat.effect}{took}")
        else:
            self._write(f"** {beat.cause} ...")

    def alert(self, alert: Alert) -> None:
        """Keep an alert for the next status."""
        self._alerts.append(alert)

    def refresh(self) -> None:
        """Write a status line from time to time."""
        now = monotonic()
        if self._scene is None or not self._scene.running or now - self._last < STATUS_SECONDS:
            return
        self._last = now
        for alert in self._alerts:
            what = alert.shipment_id or alert.license_id or alert.title
            parts = [SIGNS[alert.kind], what, alert.outcome or "", about(alert), citation(alert)]
            self._write("   " + " | ".join(part for part in parts if part))
        self._alerts.clear()
        self._write(status(self._scene))

    def close(self) -> None:
        """Nothing to put back."""


def status(scene: Scene) -> str:
    """Return the state in one line."""
    tally = scene.tally
    p50, p99 = tally.latency_ms(50), tally.latency_ms(99)
    latency = "" if p50 is None or p99 is None else f", p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    return (
        f"{scene.seconds:6.1f} s: {scene.events} events ({scene.rate:.0f}/s), "
        f"{tally.decisions} decisions{latency}; open {tally.open_shipments}, "
        f"held {tally.with_action(Action.HOLD)}, review {tally.with_action(Action.REVIEW)}, "
        f"alerts {tally.alerts}, duplicates {scene.duplicates}, dead letters {tally.dead_letters}"
    )
