"""Alertmanager itself, with the shipped routes: who is told, and what is kept quiet."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.kafka.ports import free_ports
from tests.support.rules import DEPLOY, run, tool, yaml_of

CONFIG = DEPLOY / "alertmanager" / "alertmanager.yml"
SECONDS = 20.0


def test_amtool_takes_the_configuration() -> None:
    run(tool("amtool"), "check-config", str(CONFIG))


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ("alertname=TidegateDeadMansSwitch severity=none team=operations", "heartbeat"),
        ("alertname=TidegateLag severity=critical team=operations", "pager,chat-operations"),
        ("alertname=TidegateLag severity=warning team=operations", "chat-operations"),
        ("alertname=TidegateHoldsOld severity=warning team=compliance", "chat-compliance"),
        ("alertname=Other severity=critical team=compliance", "pager,chat-compliance"),
        # An alert of somebody else, without our labels, is not lost.
        ("alertname=Other", "chat-operations"),
    ],
)
def test_an_alert_reaches_whom_it_concerns(labels: str, receivers: str) -> None:
    routes = (tool("amtool"), "config", "routes", "test", f"--config.file={CONFIG}")
    run(*routes, f"--verify.receivers={receivers}", *labels.split())


class Receiver:
    """Takes webhooks, and remembers which receiver was told of which alert."""

    def __init__(self) -> None:
        self.told: set[tuple[str, str]] = set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in body["alerts"]:
                    receiver.told.add((body["receiver"], alert["labels"]["alertname"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Receiver:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def await_told(self, *expected: tuple[str, str]) -> None:
        deadline = time.monotonic() + SECONDS
        while not set(expected) <= self.told:
            assert time.monotonic() < deadline, f"{self.told} lacks {set(expected) - self.told}"
            time.sleep(0.05)


@contextmanager
def alertmanager(folder: Path, receiver: Receiver) -> Iterator[str]:
    """Run it with the shipped routes and inhibitions; all receivers are one on loopback."""
    config = yaml_of(CONFIG)
    url = f"http://127.0.0.1:{receiver.server.server_port}"
    config["receivers"] = [
        {"name": one["name"], "webhook_configs": [{"url": url}]} for one in config["receivers"]
    ]
    # Soon, but not at once: what inhibits must be known before what it inhibits is told.
    config["route"]["group_wait"] = "1s"
    file = folder / "alertmanager.yml"
    file.write_text(yaml.safe_dump(config))
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    command = [
        tool("prometheus-alertmanager"),
        f"--config.file={file}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    with (folder / "alertmanager.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + SECONDS
        while not answers(f"http://{address}/-/ready"):
            assert process.poll() is None, (folder / "alertmanager.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(SECONDS)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def post(address: str, *alerts: dict[str, str]) -> None:
    body: list[dict[str, Any]] = [{"labels": labels} for labels in alerts]
    request = urllib.request.Request(
        f"{address}/api/v2/alerts",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5):
        pass


def alert(name: str, severity: str = "critical", **labels: str) -> dict[str, str]:
    return {"alertname": name, "severity": severity, "team": "operations", **labels}


def test_the_cause_is_told_and_what_follows_from_it_is_kept_quiet(tmp_path: Path) -> None:
    tool("prometheus-alertmanager")
    licensing = {"agent": "licensing", "partition": "1"}
    with Receiver() as receiver, alertmanager(tmp_path, receiver) as address:
        post(
            address,
            alert("TidegateDeadMansSwitch", "none"),
            alert("TidegateNoWorker"),
            alert("TidegateProcessDown", "warning", job="tidegate-worker"),
            alert("TidegateNoProgress", agent="screening"),
            alert("TidegateLag", agent="screening", partition="1"),
            alert("TidegateInputTruncated"),
            alert("TidegateHoldsOld", "warning", team="compliance"),
        )
        receiver.await_told(
            ("heartbeat", "TidegateDeadMansSwitch"),
            ("pager", "TidegateNoWorker"),
            ("chat-operations", "TidegateNoWorker"),
            ("pager", "TidegateInputTruncated"),
            ("chat-compliance", "TidegateHoldsOld"),
        )
        told = {name for _, name in receiver.told}
        assert told.isdisjoint({"TidegateProcessDown", "TidegateNoProgress", "TidegateLag"})

    with Receiver() as receiver, alertmanager(tmp_path, receiver) as address:
        post(
            address,
            alert("TidegateLag", **licensing),
            alert("TidegateDecisionLatencyBurn", "warning"),
            alert("TidegateProcessDown", "warning", job="tidegate-console"),
        )
        receiver.await_told(
            ("pager", "TidegateLag"),
            ("chat-operations", "TidegateLag"),
            ("chat-operations", "TidegateProcessDown"),
        )
        assert not any(name == "TidegateDecisionLatencyBurn" for _, name in receiver.told)
