"""One `tidegate worker` as a child process, with its log in a file and its metrics on a port."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

STOP_SECONDS = 12.0
LAST_LINES = 15
REQUEST_SECONDS = 2.0


class WorkerProcess:
    """A worker, named for static membership."""

    def __init__(
        self, name: str, metrics_port: int, environment: Mapping[str, str], directory: Path
    ) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        self._directory = directory
        self._url = f"http://127.0.0.1:{metrics_port}"
        self._environment = {**environment, "TIDEGATE_METRICS_PORT": str(metrics_port)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id; None while it is not started."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, apart from the terminal's Ctrl-C: the demonstration ends it in order."""
        command = [sys.executable, "-m", "tidegate.cli.main", "worker", "--instance", self.name]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - this very program
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self._environment),
                cwd=self._directory,
                start_new_session=True,
            )

    def exit_code(self) -> int | None:
        """Return how it ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def last_words(self) -> str:
        """Return the last lines of its log."""
        try:
            lines = self.log.read_text(errors="replace").rstrip().splitlines()
        except OSError:
            lines = []
        return "\n".join(lines[-LAST_LINES:]) or "(its log is empty)"

    async def ready(self, session: aiohttp.ClientSession) -> bool:
        """Say whether it holds its partitions."""
        return await self._get(session, "/ready") is not None

    async def counts(self, session: aiohttp.ClientSession) -> Counter[tuple[str, str]] | None:
        """Return its counters by (metric, topic), as (`events_duplicate`, `trade.shipments`).

        Of histograms, the number of measurements, as (`decision_latency_seconds_count`, ``).
        """
        text = await self._get(session, "/metrics")
        if text is None:
            return None
        counts: Counter[tuple[str, str]] = Counter()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name.endswith(("_total", "_count")):
                    name = sample.name.removeprefix("tidegate_").removesuffix("_total")
                    counts[name, sample.labels.get("topic", "")] += int(sample.value)
        return counts

    async def _get(self, session: aiohttp.ClientSession, path: str) -> str | None:
        try:
            limit = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
            async with session.get(self._url + path, timeout=limit) as answer:
                return await answer.text() if answer.status == 200 else None
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None

    def ask_to_end(self) -> None:
        """Send SIGTERM; it finishes its transactions and leaves."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    async def wait_ended(self) -> None:
        """Wait until it has ended; kill it where it does not end by itself."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)
