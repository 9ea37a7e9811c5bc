"""Write Grafana's dashboards from `boards.yml`, or check for drift.

`python deploy/grafana/generate.py` writes; with `--check` it changes nothing and exits 1 on drift.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
COLUMNS = 24
HEIGHTS = {"now": 4, "time": 8, "table": 8}
TYPES = {"now": "stat", "time": "timeseries", "table": "table"}
SOURCE = {"type": "prometheus", "uid": "prometheus"}


def boards() -> list[dict[str, Any]]:
    """Read the dashboards in short."""
    read: list[dict[str, Any]] = yaml.safe_load((FOLDER / "boards.yml").read_text(encoding="utf-8"))
    return read


def dashboard(board: dict[str, Any]) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it (schema 39, Grafana 11)."""
    panels: list[dict[str, Any]] = []
    x = y = row_height = 0
    for number, short in enumerate(board["panels"], start=1):
        kind, width = short.get("kind", "time"), short.get("width", 8)
        if x + width > COLUMNS:
            x, y, row_height = 0, y + row_height, 0
        row_height = max(row_height, HEIGHTS[kind])
        place = {"x": x, "y": y, "w": width, "h": HEIGHTS[kind]}
        x += width
        panels.append({"id": number, "gridPos": place, **_panel(short, kind)})
    return {
        "uid": board["uid"],
        "title": board["title"],
        "tags": ["tidegate"],
        "editable": False,
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "timezone": "utc",
        "links": [
            {"type": "dashboards", "tags": ["tidegate"], "title": "Tidegate", "asDropdown": True}
        ],
        "panels": panels,
    }


def _panel(short: dict[str, Any], kind: str) -> dict[str, Any]:
    instant = kind != "time"
    return {
        "type": TYPES[kind],
        "title": short["title"],
        "description": short.get("help", ""),
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": short.get("unit", "short")}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": SOURCE,
                "expr": query,
                "legendFormat": legend,
                "instant": instant,
                "range": not instant,
                "format": "table" if kind == "table" else "time_series",
            }
            for number, (legend, query) in enumerate(short["queries"].items())
        ],
    }


def main() -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 on drift")
    check = parser.parse_args().check
    drift = False
    for board in boards():
        path = FOLDER / "dashboards" / f"{board['uid'].removeprefix('tidegate-')}.json"
        text = json.dumps(dashboard(board), indent=1, ensure_ascii=False) + "\n"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        drift = True
        if check:
            print(f"{path.name} differs from boards.yml: run `make docs`")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{path.name} written")
    return int(check and drift)


if __name__ == "__main__":
    sys.exit(main())
