"""What open shipments cost on disk and in memory, and when a worker has them back, as a section."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from bench.progress import tell
from bench.state import measure
from bench.table import Section
from tests.support.kafka import KafkaBroker

_MIB = 1024 * 1024


def state_rows(broker: KafkaBroker, folder: Path, counts: list[int]) -> Section:
    """Measure each number of open shipments; `python -m bench.state` tells more."""
    section = Section(
        "State of open shipments, 1 worker",
        ("open", "B each", "B on disk each", "restart s", "rebuild s", "RSS MiB", "rebuilt MiB"),
        notes=(
            "Restart: after an orderly stop, from the worker's disk. Rebuild: after a kill, from"
            " the changelog. Both from the start of the process until it is ready.",
        ),
    )
    for count in counts:
        tell(f"state of {count:,} open shipments")
        place = folder / f"state-{count}"
        place.mkdir()
        found = measure(broker, place, count, Console(stderr=True))
        section.rows.append(
            (
                f"{count:,}",
                f"{found.value_bytes:,.0f}",
                f"{found.disk_bytes:,.0f}",
                f"{found.restart_seconds:.1f}",
                f"{found.rebuilt_seconds:.1f}",
                f"{found.restart_rss / _MIB:,.0f}",
                f"{found.rebuilt_rss / _MIB:,.0f}",
            )
        )
    return section
