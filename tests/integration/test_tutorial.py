"""The pages that tell a newcomer what to type, typed: every block, in order, in one shell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker
from tests.support.pages import blocks
from tests.support.rules import DOCS, ROOT

SECONDS = 180.0
BESIDE = "# in a second terminal"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of what a reader has in front of them, where a page may write."""
    for name in ("schemas", "packs", "docs/tutorial"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def typed(script: str, home: Path, environment: dict[str, str]) -> str:
    """Run a script as a careful shell would: the first command that fails ends it."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=home,
        env=with_commands(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def with_commands(environment: dict[str, str]) -> dict[str, str]:
    """Put this environment's commands on the path, as the quickstart says."""
    return {**environment, "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}"}


@contextmanager
def beside(script: str, home: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run a script in a second terminal, until this is done."""
    with (home / "beside.log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {script.splitlines()[-1]}"],
            cwd=home,
            env=with_commands(environment),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(SECONDS)


def test_from_a_csv_to_the_first_hold(home: Path, kafka: KafkaBroker, tables_cache: Path) -> None:
    # No prefix: the page names topics as they are, and no other test uses those names.
    deployment = Deployment(kafka.bootstrap, "", home, tables_cache, metrics_port=0)
    environment = deployment.environment()
    told = blocks(DOCS / "tutorial" / "first-hold.md")
    second = next(number for number, block in enumerate(told) if block.startswith(BESIDE))
    before, after = "\n".join(told[:second]), "\n".join(told[second + 1 :])
    answers = typed(before, home, environment)
    assert "SHP-1001 revision 1: HOLD LICENSE_REQUIRED" in answers
    assert "SHP-1002 revision 1: HOLD PROHIBITED" in answers
    assert "SHP-1003 revision 1: HOLD LICENSE_REQUIRED" in answers
    assert "SHP-1004 revision 1: PASS NO_RULE_MATCHED" in answers
    with beside(told[second], home, environment):
        typed(f"cd docs/tutorial\n{after}", home, environment)
        assert outcomes(deployment, "SHP-1002", revision=1) == ["PROHIBITED"]
        assert outcomes(deployment, "SHP-1003", revision=2)[-1] == "LICENSE_REQUIRED"


def outcomes(deployment: Deployment, shipment: str, revision: int) -> list[str]:
    """Return the outcomes of a shipment, once it was decided at a revision."""
    deadline = time.monotonic() + SECONDS
    while True:
        story = json.loads(deployment.command("explain", shipment, "--json", expected=None) or "[]")
        decisions = [one["data"] for one in story if one["type"] == "trade.decision.v1"]
        if any(decision["revision"] == revision for decision in decisions):
            return [decision["outcome"] for decision in decisions]
        assert time.monotonic() < deadline, story
        time.sleep(0.2)


def test_a_measure_of_ones_own(home: Path, tables_cache: Path) -> None:
    environment = {**os.environ, "TIDEGATE_CACHE_DIR": str(tables_cache)}
    answers = typed("\n".join(blocks(DOCS / "how-to" / "own-measure.md")), home, environment)
    assert "HOUSE-01" in answers


def test_the_quickstart_after_the_demonstration(home: Path, tables_cache: Path) -> None:
    # `make demo` is tried by tests/integration/test_demo.py.
    told = [block for block in blocks(DOCS / "quickstart.md") if "make demo" not in block]
    environment = {**os.environ, "TIDEGATE_CACHE_DIR": str(tables_cache)}
    answers = typed("\n".join(told), home, environment)
    assert "SHP-1 revision 1: HOLD PROHIBITED" in answers
