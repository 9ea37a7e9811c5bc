"""The rules, dashboards and documents of `deploy/` and `docs/`, as tests look at them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCS = ROOT / "docs"
PROMETHEUS = DEPLOY / "prometheus"

# The three series of a histogram, which its one line in the reference stands for.
_HISTOGRAM = ("_bucket", "_count", "_sum")
_ROW = re.compile(r"^\| `(tidegate_\w+)` \| (\w+) \|", re.M)
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_STRINGS = re.compile(r"\"[^\"]*\"|'[^']*'")


@dataclass(frozen=True)
class Rule:
    """One recording or alerting rule."""

    file: str
    name: str
    alerts: bool
    expression: str
    labels: dict[str, str]
    annotations: dict[str, str]


def rules() -> Iterator[Rule]:
    """Yield all rules."""
    for path in sorted((PROMETHEUS / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                yield Rule(
                    file=path.name,
                    name=rule.get("alert") or rule["record"],
                    alerts="alert" in rule,
                    expression=rule["expr"],
                    labels=rule.get("labels", {}),
                    annotations=rule.get("annotations", {}),
                )


def exported() -> set[str]:
    """Return the names of all series that Tidegate's processes export, by the reference.

    `make check` holds the reference against the code.
    """
    names: set[str] = set()
    for name, kind in _ROW.findall((DOCS / "reference" / "metrics.md").read_text()):
        names |= {name + end for end in _HISTOGRAM} if kind == "histogram" else {name}
    return names


def series_in(expression: str) -> set[str]:
    """Return the names in a query that can only be Tidegate's series, or recorded ones."""
    names = set(_NAME.findall(_STRINGS.sub("", expression)))
    return {name for name in names if name.startswith(("tidegate_", "tidegate:"))}


def tool(name: str) -> str:
    """Return where a program of Prometheus is; skips the test (fails in CI) where it is not."""
    from tests.conftest import missing

    found = shutil.which(name)
    if found is None:
        missing(f"{name}: apt-get install prometheus prometheus-alertmanager")
    return str(found)


def run(*command: str, cwd: Path = ROOT) -> str:
    """Run a program to its good end and return what it said."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def yaml_of(path: Path) -> Any:
    """Read a YAML file."""
    return yaml.safe_load(path.read_text())
