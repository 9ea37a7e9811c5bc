"""`tidegate demo` and `tidegate simulate` as a user starts them, on the embedded broker."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tidegate.cli.embedded import EmbeddedBroker

COMMAND = [sys.executable, "-m", "tidegate.cli.main"]
ENDS_WITHIN_SECONDS = 120
PARTS = ("noida-db", "tidegate.cli.main")


def environment(folder: Path) -> dict[str, str]:
    """A user's environment whose settings are for another deployment altogether."""
    return {
        **os.environ,
        "TMPDIR": str(folder),
        "TIDEGATE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "TIDEGATE_TOPIC_PREFIX": "not-for-the-demo.",
    }


def parts_left(folder: Path) -> list[str]:
    """Return the processes that work in a folder below `folder`."""
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            where = os.readlink(process / "cwd")
        except OSError:
            continue
        if where.startswith(str(folder)) and any(part in command for part in PARTS):
            left.append(command)
    return left


def test_it_tells_the_whole_story_and_ends_by_itself(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "demo", "--seconds", "15", "--json"],
        env=environment(tmp_path),
        capture_output=True,
        timeout=ENDS_WITHIN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    summary = json.loads(done.stdout)
    assert summary["events"] > 1000
    assert summary["decisions"] > 1000
    assert summary["holds"] > 0
    assert summary["alerts"] > 10
    assert summary["dead_letters"] > 0
    assert summary["latency"]["p50_ms"] > 0
    assert summary["latency"]["p99_ms"] >= summary["latency"]["p50_ms"]
    accounted = summary["applied"] + summary["duplicates"] + summary["dead_letters"]
    assert accounted == summary["events"]
    beats = {beat["kind"]: beat for beat in summary["story"]}
    assert beats["license_suspended"]["shipments"] == 14
    assert beats["license_suspended"]["seconds"] < 10
    assert beats["tables_published"]["shipments"] == 12
    assert "all decided again" in beats["tables_published"]["effect"]
    assert parts_left(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "after"),
    [(signal.SIGINT, "the show begins"), (signal.SIGTERM, "starting 2 workers")],
)
def test_a_signal_ends_all_of_it(tmp_path: Path, number: signal.Signals, after: str) -> None:
    with subprocess.Popen(
        [*COMMAND, "demo", "--plain"],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if after in line.decode():
                break
        time.sleep(1)
        process.send_signal(number)
        rest = process.stdout.read().decode()
        assert process.wait(ENDS_WITHIN_SECONDS) == 0, rest
    assert "events" in rest
    assert parts_left(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_dies_is_told(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "demo", "--plain"],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        worker = 0
        for line in process.stdout:
            text = line.decode()
            if "demo-worker-1 is ready" in text:
                worker = int(text.split("process ")[1].rstrip(")\n"))
            if "the show begins" in text:
                break
        os.kill(worker, signal.SIGKILL)
        process.stdout.read()
        errors = process.stderr.read().decode()
        assert process.wait(ENDS_WITHIN_SECONDS) == 1
    assert "demo-worker-1 has ended with exit code -9" in errors
    assert "The end of its log" in errors
    assert parts_left(tmp_path) == []


async def test_simulate_produces_what_it_says(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    await broker.start()
    try:
        done = subprocess.run(  # noqa: ASYNC221 - nothing else runs meanwhile
            [
                *(*COMMAND, "simulate", "--events", "500", "--rubbish", "0.05", "--json"),
                *("--bootstrap", broker.bootstrap_servers),
            ],
            capture_output=True,
            timeout=ENDS_WITHIN_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        summary = json.loads(done.stdout)
        assert summary["events"] == 500
        assert summary["rubbish"] > 5
    finally:
        await broker.stop()
    assert not broker.alive()


def test_simulate_writes_the_same_file_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        subprocess.run(
            [*COMMAND, "simulate", "--events", "400", "--output", str(tmp_path / name)],
            capture_output=True,
            timeout=ENDS_WITHIN_SECONDS,
            check=True,
        )
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes()
    assert content.count(b"\n") == 400
