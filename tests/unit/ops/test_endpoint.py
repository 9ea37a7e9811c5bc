"""The endpoint: metrics and health over real HTTP."""

import aiohttp
import pytest

from tidegate.ops.endpoint import Endpoint
from tidegate.ops.metrics import WorkerMetrics


async def get(address: str, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(address + path) as response:
        return response.status, await response.text()


async def test_metrics_and_health_are_served() -> None:
    problem: list[str] = []
    metrics = WorkerMetrics()
    async with Endpoint(
        metrics.registry,
        host="127.0.0.1",
        port=0,
        ready=lambda: problem[0] if problem else None,
    ) as endpoint:
        status, text = await get(endpoint.address, "/metrics")
        assert status == 200
        assert "tidegate_hold_age_max_seconds 0.0" in text
        assert await get(endpoint.address, "/live") == (200, "ok\n")
        assert await get(endpoint.address, "/ready") == (200, "ok\n")
        problem.append("3 of 8 partitions are being rebuilt")
        assert await get(endpoint.address, "/ready") == (503, f"{problem[0]}\n")
        assert await get(endpoint.address, "/live") == (200, "ok\n")
        assert (await get(endpoint.address, "/other"))[0] == 404


async def test_a_taken_port_is_an_error() -> None:
    metrics = WorkerMetrics()
    async with Endpoint(metrics.registry, host="127.0.0.1", port=0) as first:
        port = int(first.address.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="address already in use"):
            await Endpoint(metrics.registry, host="127.0.0.1", port=port).start()


async def test_stopping_twice_does_no_harm() -> None:
    endpoint = Endpoint(WorkerMetrics().registry, host="127.0.0.1", port=0)
    await endpoint.start()
    await endpoint.stop()
    await endpoint.stop()
    with pytest.raises(RuntimeError, match="not started"):
        _ = endpoint.address
