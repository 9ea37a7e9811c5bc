"""The measurements, each on a deployment of its own broker and topics."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from aiokafka import AIOKafkaProducer

from bench.decisions import Decisions
from bench.events import license_
from tests.support.deployment import TIDEGATE, Deployment

Row = tuple[str, str, str]
"""What was measured, the figure, and what it is set beside."""

EXAMPLE = Path(__file__).parents[1] / "schemas" / "examples" / "trade.shipment.v1.json"


async def send(deployment: Deployment, topic: str, records: Iterable[tuple[bytes, bytes]]) -> None:
    """Send (key, value) records as fast as it goes."""
    producer = AIOKafkaProducer(
        bootstrap_servers=deployment.settings.kafka_bootstrap_servers, linger_ms=10
    )
    await producer.start()
    try:
        name = deployment.settings.topic_prefix + topic
        futures = [await producer.send(name, key=key, value=value) for key, value in records]
        await asyncio.gather(*futures)
    finally:
        await producer.stop()


async def suspension(deployment: Deployment, licensed: list[str], revision: int) -> Row:
    """Measure from a license's suspension to the last of its shipments held."""
    async with Decisions(deployment) as decisions:
        await decisions.until(
            lambda d: all(d.latest.get(name, {}).get("action") == "pass" for name in licensed)
        )
        began = time.monotonic()
        await send(deployment, "trade.licenses", [license_(revision, "suspended")])
        ended = await decisions.until(
            lambda d: all(d.latest[name]["action"] == "hold" for name in licensed)
        )
    return (
        f"license suspended to its {len(licensed):,} shipments held",
        f"{ended - began:,.2f} s",
        "",
    )


async def publication(deployment: Deployment, packs: Path, affected: list[str], open_: int) -> Row:
    """Measure from a table's publication to the last affected shipment decided again."""
    changed = with_listed_buyer(packs, deployment.folder)
    async with Decisions(deployment) as decisions:
        await decisions.until(lambda d: all(name in d.latest for name in affected))
        began = time.monotonic()
        version = await asyncio.to_thread(deployment.publish, changed)
        published = time.monotonic()
        ended = await decisions.until(
            lambda d: all(d.latest[name]["tables_version"] == version for name in affected)
        )
    return (
        f"table published to the last of {len(affected):,} decided again, {open_:,} open",
        f"{ended - published:,.2f} s",
        f"{published - began:,.2f} s before that to check and publish it",
    )


def with_listed_buyer(packs: Path, folder: Path) -> Path:
    """Return packs with a measure that concerns every shipment of the measurement."""
    changed = folder / "packs"
    shutil.copytree(packs, changed)
    (changed / "bench.yaml").write_text(
        """
pack: bench
title: {en: Measurement}
regime: CN
authority: Example authority
timezone: Asia/Shanghai
verified_on: 2026-11-23
measures:
  - id: XX-BENCH-01
    instrument: Measurement
    article: all
    title: {en: Every shipment}
    evidence: text
    effective: {from: 2026-01-01}
    when: {destination: [AU, BR, DE, JP, NL, SG, US, VN]}
    outcome: REVIEW
""",
        encoding="utf-8",
    )
    return changed


def check_start(deployment: Deployment, cold: bool) -> Row:
    """Measure `tidegate check` as a command, with its compiled tables cached or not."""
    took = []
    for _ in range(3):
        if cold:
            shutil.rmtree(deployment.settings.cache_dir, ignore_errors=True)
        began = time.perf_counter()
        subprocess.run(
            [TIDEGATE, "check", str(EXAMPLE), "--json"],
            env=deployment.environment(),
            stdout=subprocess.DEVNULL,
            check=True,
        )
        took.append(time.perf_counter() - began)
    what = "tables compiled anew" if cold else "tables cached"
    return (f"tidegate check, {what}", f"{min(took):,.2f} s", f"of 3; slowest {max(took):,.2f} s")


def names_of(records: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """Return the shipments' ids."""
    return [key.decode() for key, _ in records]
