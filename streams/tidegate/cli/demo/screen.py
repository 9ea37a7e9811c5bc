"""The show drawn on a terminal with Rich, from 80 columns and 24 lines on."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from tidegate.cli.demo.scene import LATEST, Scene
from tidegate.cli.demo.story import Beat
from tidegate.cli.demo.tally import HeldRow, ToldAlert
from tidegate.cli.demo.words import SIGNS, about, citation, sums
from tidegate.events.alert import Alert, AlertKind
from tidegate.events.decision import Action

WIDE = 96  # columns, from which on there is room for more than the needful
FIXED_LINES = 8  # two of figures, the console, three rules, the hint and a spare one
STYLES = {
    AlertKind.HOLD_STARTED: "bold red",
    AlertKind.HOLD_CHANGED: "red",
    AlertKind.HOLD_ENDED: "green",
    AlertKind.REVIEW_STARTED: "yellow",
    AlertKind.LICENSE_CHANGED: "bold magenta",
    AlertKind.TABLE_ALARM: "bold cyan",
    AlertKind.MEASURE_UPCOMING: "cyan",
}


class Screen:
    """Draws the scene in place; the terminal is as it was when it closes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._scene: Scene | None = None
        self._live: Live | None = None

    def open(self, scene: Scene) -> None:
        """Begin to draw."""
        self._scene = scene
        self._live = Live(console=self._console, auto_refresh=False, screen=True)
        self._live.start()
        self.refresh()

    def step(self, text: str) -> None:
        """Steps are in the scene."""
        self.refresh()

    def beat(self, beat: Beat) -> None:
        """Beats are in the scene."""
        self.refresh()

    def alert(self, alert: Alert) -> None:
        """Alerts are in the scene."""

    def refresh(self) -> None:
        """Draw the scene as it is now."""
        if self._live is not None and self._scene is not None:
            size = self._console.size
            self._live.update(draw(self._scene, size.width, size.height), refresh=True)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    """Return the whole picture for a terminal of this size."""
    if not scene.running:
        return Group(_title(scene, width), Text(), *_steps(scene, height - 3))
    lines = max(8, height - FIXED_LINES)
    beats = min(4, max(2, lines // 5))
    held = min(len(scene.tally.held_rows()) or 1, max(3, (lines - beats) * 2 // 5))
    alerts = max(1, (lines - beats - held) // 2)
    return Group(
        _title(scene, width),
        *_figures(scene, width),
        *([_line((scene.invitation, "bold cyan"))] if scene.invitation else []),
        Rule("What happens", align="left", style="cyan"),
        *_beats(scene, beats),
        Rule("Held now, by measure", align="left", style="cyan"),
        _held(scene.tally.held_rows(), held, width),
        Rule("Latest alerts", align="left", style="cyan"),
        *_alerts(list(scene.tally.latest_alerts)[-alerts:]),
        Text("Ctrl-C ends it. Example traffic; listed parties are real. Not legal advice.", "dim"),
    )


def _line(*parts: tuple[str, str]) -> Text:
    """Join (text, style) to one line that is cut where the terminal ends."""
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


def _title(scene: Scene, width: int) -> RenderableType:
    minutes, seconds = divmod(int(scene.seconds), 60)
    clock = f"{minutes:02d}:{seconds:02d}"
    if scene.total_seconds is not None:
        clock += f" of {scene.total_seconds:.0f} s"
    left = [(" TIDEGATE ", "bold white on blue"), (" trade control, live  ", "bold"), (clock, "")]
    if width >= WIDE and scene.broker:
        left.append((f"   {scene.workers} workers, Kafka at {scene.broker}", "dim"))
    return _line(*left)


def _steps(scene: Scene, room: int) -> list[RenderableType]:
    shown = scene.steps[-max(1, room) :]
    marks = [*["done"] * len(shown), "..."][1:]  # the last one is still being done
    return [
        _line((f"  {mark:<5}", "green" if mark == "done" else "yellow"), (step, ""))
        for mark, step in zip(marks, shown, strict=False)
    ]


def _figures(scene: Scene, width: int) -> list[RenderableType]:
    tally = scene.tally
    p50, p99 = tally.latency_ms(50, LATEST), tally.latency_ms(99, LATEST)
    event_to_decision = "event to decision " if width >= WIDE else ""
    latency = "..." if p50 is None or p99 is None else f"p50 {p50:.0f} ms  p99 {p99:.0f} ms"
    return [
        _line(
            (f"{scene.events:,}", "bold"),
            (f" events ({scene.rate:.0f}/s)  ", ""),
            (f"{tally.decisions:,}", "bold"),
            (" decisions  ", ""),
            (f"{event_to_decision}{latency}", "bold green"),
            (f"  tables {tally.tables_version[:8] or '...'}", "cyan"),
        ),
        _line(
            (f"{tally.open_shipments:,}", "bold"),
            (" open  ", ""),
            (f"{tally.with_action(Action.HOLD)} held", "bold red"),
            (f"  {tally.with_action(Action.REVIEW)} to review", "yellow"),
            (f"  {tally.alerts:,} alerts  ", ""),
            (f"{scene.duplicates} duplicates  {tally.dead_letters} dead letters", "dim"),
        ),
    ]


def _beats(scene: Scene, room: int) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for beat in reversed(scene.beats):
        mark, style = ("...", "bold yellow")
        if beat.seconds is not None:
            mark, style = (f"{beat.seconds:.2f} s", "bold green")
        elif beat.failed:
            mark, style = ("late", "bold red")
        words = [(f"{beat.at_seconds:4.0f} s ", "dim"), (f"{mark:>7} ", style)]
        words.append((beat.cause, "bold"))
        words.append((f" → {beat.effect}" if beat.effect else "", ""))
        lines.append(_line(*words))
        if len(lines) == room:
            break
    if not lines:
        lines.append(Text("  the first shipments are being decided", style="dim"))
    return lines


def _held(rows: list[HeldRow], room: int, width: int) -> RenderableType:
    if not rows:
        return Text("  nothing is held yet", style="dim")
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(justify="right", width=4, no_wrap=True, style="bold red")
    table.add_column(justify="right", width=10, no_wrap=True)
    table.add_column(width=17, no_wrap=True, overflow="ellipsis", style="bold")
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    if width >= WIDE:
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis", style="dim")
    shown = rows if len(rows) <= room else rows[: room - 1]
    for row in shown:
        cells = [str(row.holds), sums(row.values), row.measure, row.title]
        table.add_row(*cells, *([row.citation] if width >= WIDE else []))
    if len(shown) < len(rows):
        rest = rows[len(shown) :]
        table.add_row(str(sum(row.holds for row in rest)), "", f"{len(rest)} more", "")
    return table


def _alerts(told: list[ToldAlert]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for item in reversed(told):
        alert = item.alert
        subject = alert.shipment_id or alert.license_id or alert.title
        value = ""
        if alert.value is not None and alert.currency is not None:
            value = f"  {sums([(alert.currency, alert.value)])}"
        lines.append(
            _line(
                (f"{SIGNS[alert.kind]:>10} ", STYLES[alert.kind]),
                (f"{subject}", "bold"),
                (f"  {alert.outcome or ''}{value}  ", ""),
                (about(alert), ""),
            )
        )
        lines.append(_line((" " * 11 + citation(alert), "dim")))
    return lines
