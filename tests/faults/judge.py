"""The verifier in a process of its own: it follows the topics from the start, to judge at the end.

It starts before the load, since inputs may be cut away behind the workers. A line of JSON asks, a
line answers: `{"ask": "done"}` for how far each input may be cut, `{"ask": "verdict", "versions":
{version: folder}}` for the end.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import traceback
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError

from tests.support.rerun import compare
from tests.support.topics import Topics
from tests.support.verifier import verify

CUT = ("trade.shipments", "trade.licenses", "trade.dispositions")
SETTLE_SECONDS = 180.0


async def follow(topics: Topics) -> None:
    """Read on until cancelled, whatever the broker does."""
    while True:
        try:
            await topics.read_on()
        except KafkaError as error:
            print(f"the verifier reads on after {error!r}", file=sys.stderr)


async def judge(bootstrap: str, prefix: str, partitions: int, cache: Path) -> None:
    """Follow and answer until the verdict."""
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(asked.put_nowait, json.loads(line))

    listening = asyncio.to_thread(listen)
    hearing = asyncio.ensure_future(listening)
    async with Topics(bootstrap, prefix, partitions) as topics:
        following = asyncio.create_task(follow(topics))
        say({"ready": True})
        while (question := await asked.get())["ask"] != "verdict":
            say({topic: await topics.done_with(topic) for topic in CUT})
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        try:
            await topics.settled(SETTLE_SECONDS)
            damage = None
        except AssertionError as error:
            damage = str(error)
    # Only now: it takes minutes in which the loop stands still, and the consumer would time out.
    versions = {version: Path(folder) for version, folder in question["versions"].items()}
    say(verdict(topics, versions, cache) if damage is None else {"damage": damage})
    await hearing


def verdict(topics: Topics, versions: dict[str, Path], cache: Path) -> dict[str, Any]:
    """Return counts, and `damage` where there is any."""
    counts = {
        "events": sum(topics.count(topic) for topic in CUT),
        "decisions": topics.count("trade.decisions"),
        "dead_letters": topics.count("trade.dead-letters"),
        "transactions": len(topics.transactions),
    }
    try:
        verified = verify(topics)
        compared = compare(verified, versions, cache, range(topics.partitions))
        assert compared.current == len(verified.decisions) > 0
    except Exception:  # whatever it trips over is damage
        return {**counts, "damage": traceback.format_exc()}
    return {**counts, "shipments": compared.current, "left_out": compared.left_out, "damage": None}


def say(answer: dict[str, Any]) -> None:
    """Answer by one line."""
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    asyncio.run(judge(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))
