"""Run a real Alertmanager with the shipped routes; all its receivers are one on loopback."""

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

import yaml

from tests.support.kafka.ports import free_ports
from tests.support.rules import DEPLOY, tool, yaml_of

CONFIG = DEPLOY / "alertmanager" / "alertmanager.yml"
SECONDS = 60.0


class AlertReceiver:
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

    def __enter__(self) -> AlertReceiver:
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
def alertmanager(folder: Path, receiver: AlertReceiver) -> Iterator[str]:
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
        while not _answers(f"http://{address}/-/ready"):
            assert process.poll() is None, (folder / "alertmanager.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(SECONDS)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False
