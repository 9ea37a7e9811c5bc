"""One `tidegate worker` as a child process, and what it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tidegate.cli.demo.child import ChildProcess


class WorkerProcess(ChildProcess):
    """A worker, named for static membership."""

    def __init__(
        self, name: str, metrics_port: int, environment: Mapping[str, str], directory: Path
    ) -> None:
        own = {**environment, "TIDEGATE_METRICS_PORT": str(metrics_port)}
        super().__init__(name, ["worker", "--instance", name], metrics_port, own, directory)

    async def counts(self, session: aiohttp.ClientSession) -> Counter[tuple[str, str]] | None:
        """Return its counters by (metric, topic), as (`events_duplicate`, `trade.shipments`).

        Of histograms, the number of measurements, as (`decision_latency_seconds_count`, ``).
        """
        text = await self.get(session, "/metrics")
        if text is None:
            return None
        counts: Counter[tuple[str, str]] = Counter()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name.endswith(("_total", "_count")):
                    name = sample.name.removeprefix("tidegate_").removesuffix("_total")
                    counts[name, sample.labels.get("topic", "")] += int(sample.value)
        return counts
