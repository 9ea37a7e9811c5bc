"""Run a real Prometheus that scrapes real processes, with the rules of `deploy/`."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from tests.support.kafka.ports import free_ports
from tests.support.rules import PROMETHEUS, tool, yaml_of

SECONDS = 120.0  # beside others, a scrape may take longer than it is given
POLL_SECONDS = 0.1


class PrometheusServer:
    """Prometheus on loopback, with the shipped configuration but for addresses and haste.

    Args:
        folder: Where its data, configuration and log go.
        targets: Addresses (`host:port`) to scrape, by the job's name in the shipped configuration.
        alertmanager: Address to send alerts to.
    """

    def __init__(
        self, folder: Path, targets: Mapping[str, Sequence[str]], alertmanager: str | None = None
    ) -> None:
        config = yaml_of(PROMETHEUS / "prometheus.yml")
        config["global"].update(scrape_interval="2s", scrape_timeout="2s", evaluation_interval="1s")
        config["rule_files"] = [str(PROMETHEUS / name) for name in config["rule_files"]]
        for job in config["scrape_configs"]:
            job["static_configs"] = [{"targets": list(targets.get(job["job_name"], ()))}]
        managers = [] if alertmanager is None else [alertmanager]
        config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": managers}]}]}
        self._folder = folder
        self._config = folder / "prometheus.yml"
        self._config.write_text(yaml.safe_dump(config))
        (port,) = free_ports(1)
        self._address = f"127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PrometheusServer:
        command = [
            tool("prometheus"),
            f"--config.file={self._config}",
            f"--storage.tsdb.path={self._folder / 'prometheus'}",
            f"--web.listen-address={self._address}",
            # What fired before Alertmanager was discovered is otherwise sent again after a minute.
            "--rules.alert.resend-delay=1s",
        ]
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self.wait_for(self._is_ready, "Prometheus is ready")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(SECONDS)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Evaluate a query now and return what it finds; an error of the query fails the test."""
        found = self.get("query", query=expression)["result"]
        assert isinstance(found, list)
        return found

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of the API, version 1."""
        text = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(
                f"http://{self._address}/api/v1/{path}?{text}", timeout=10
            ) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            told = error.read().decode()
            error.close()
            raise AssertionError(f"{parameters}: {told}") from None

    def wait_for(self, condition: Any, what: str) -> None:
        """Wait until a condition holds; fail with the end of the log where it never does."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert self._process is not None
            log = (self._folder / "prometheus.log").read_text()[-3000:]
            assert self._process.poll() is None, log
            assert time.monotonic() < deadline, f"not so after {SECONDS} s: {what}\n{log}"
            time.sleep(POLL_SECONDS)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._address}/-/ready", timeout=2):
                return True
        except OSError:
            return False
