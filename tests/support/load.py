"""Send traffic made from the real lists to a deployment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from tidegate.cli.producing import TrafficProducer
from tidegate.cli.traffic.listed import Listed
from tidegate.cli.traffic.message import Message
from tidegate.cli.traffic.traffic import Mix, Traffic
from tidegate.ops.packs import read_packs
from tidegate.ops.settings import Settings


def traffic(settings: Settings, seed: int = 1, rubbish: float = 0.01) -> Traffic:
    """Return mixed traffic: shipments, licenses, notes, duplicates, and some rubbish."""
    return Traffic(Listed(read_packs(settings.packs_dir)), seed, Mix(rubbish=rubbish))


async def send(settings: Settings, messages: Iterable[Message]) -> None:
    """Send messages as fast as it goes; return when all are acknowledged."""
    async with TrafficProducer(settings) as producer:
        for message in messages:
            await producer.send(message)
        await producer.flush()


async def send_traffic(
    settings: Settings, source: Traffic, events: int, rate: float | None = None
) -> None:
    """Send the next `events` messages, by a schedule where a rate is given."""
    loop = asyncio.get_running_loop()
    async with TrafficProducer(settings) as producer:
        began = loop.time()
        for number in range(events):
            if rate is not None:
                await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
            await producer.send(source.next(datetime.now(UTC)))
        await producer.flush()
