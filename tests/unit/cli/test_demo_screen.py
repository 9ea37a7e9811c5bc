"""The screen fits its terminal, and says in words what it also says in colors."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from tests.unit.cli.test_tally import alert, decision
from tidegate.cli.demo.lines import status
from tidegate.cli.demo.scene import Scene
from tidegate.cli.demo.screen import draw
from tidegate.cli.demo.story import Beat
from tidegate.cli.demo.tally import Tally
from tidegate.events.decision import Outcome

AT = datetime(2026, 11, 23, tzinfo=UTC)


def busy_scene() -> Scene:
    tally = Tally()
    for number in range(60):
        tally.on_decision(
            decision(f"SHP-1-{number:06d}", Outcome.PROHIBITED, f"CN-JP-{number % 15:02d}"), 1.0
        )
        tally.on_alert(alert(f"SHP-1-{number:06d}", "48000"), AT)
    scene = Scene(tally, workers=2, broker="127.0.0.1:1", running=True, events=1234)
    long = "New tables: " + "Kobe Example Marine " * 8
    scene.beats = [
        Beat("license_suspended", 2.0, "License LIC-1 suspended", "14 held again", seconds=0.1),
        Beat("tables_published", 5.0, long),
    ]
    return scene


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (200, 60), (60, 12)])
@pytest.mark.parametrize("running", [True, False])
def test_the_picture_fits(width: int, height: int, running: bool) -> None:
    scene = busy_scene()
    scene.running = running
    scene.steps = [f"step {number}" for number in range(50)]
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=False)
    lines = console.render_lines(draw(scene, width, height), pad=False)
    assert len(lines) <= max(height, 15)
    text = "\n".join("".join(segment.text for segment in line) for line in lines)
    assert all(len(line) <= width for line in text.splitlines())
    if running:
        for word in ("held", "HELD", "PROHIBITED", "CN-JP-", "Instrument", "suspended"):
            assert word in text or height < 24


def test_an_empty_scene_can_be_drawn() -> None:
    for running in (True, False):
        scene = Scene(Tally(), workers=2, running=running)
        Console(file=io.StringIO(), width=80, height=24).print(draw(scene, 80, 24))
        assert "0 events" in status(scene)
