"""Each way in which a worker ends has an exit code of its own; see docs/worker.md."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from tests.support.counting import ORDERS
from tests.support.counting_kafka import ROOT, create_topics, send
from tests.support.deployment import TIDEGATE
from tests.support.kafka import KafkaBroker
from tidegate.runtime.exits import Exit

SECONDS = 60.0


async def ended(
    kafka: KafkaBroker, prefix: str, fault: str, **config: Any
) -> tuple[int | None, str]:
    """Run a worker with a fault and one order; return its exit code and what it wrote."""
    await create_topics(kafka.bootstrap, prefix)
    await send(kafka.bootstrap, prefix + ORDERS, [("k1", b'{"n": 1, "amount": 1}')])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.faulty_worker",
        kafka.bootstrap,
        prefix,
        fault,
        json.dumps(config),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "streams")},
    )
    try:
        written, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, written.decode()


@pytest.mark.parametrize(
    ("fault", "config", "code", "said"),
    [
        ("spinning", {"stuck_after": 4.0}, Exit.STUCK, "the event loop stands still"),
        ("idle", {"stuck_after": 4.0}, Exit.STUCK, "work but no progress: purse-"),
        ("failing", {}, Exit.PROCESSOR_FAILED, "a faulty timer"),
        # More than a broker allows by default (30 minutes): it refuses the member.
        ("none", {"session_timeout": 2000.0}, Exit.CONSUMER_FAILED, "InvalidSessionTimeout"),
        ("none", {"nonsense": 1}, Exit.FAILED, "TypeError"),
    ],
    ids=["70-loop", "70-progress", "71", "72", "1"],
)
async def test_a_worker_that_fails_says_how(
    kafka: KafkaBroker, topic_prefix: str, fault: str, config: dict[str, Any], code: Exit, said: str
) -> None:
    found, written = await ended(kafka, topic_prefix, fault, **config)
    assert said in written, written[-3000:]
    assert found == code


def test_a_wrong_setting_and_a_taken_port_are_wrong_use() -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TIDEGATE_")}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for wrong in ({"TIDEGATE_PARTITIONS": "many"}, {"TIDEGATE_METRICS_PORT": port}):
            environment = {**clean, "TIDEGATE_METRICS_HOST": "127.0.0.1", **wrong}
            done = subprocess.run(
                [TIDEGATE, "worker"],
                env=environment,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
            assert done.returncode == Exit.WRONG_USE, done.stderr
