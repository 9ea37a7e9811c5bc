"""Send events, one a line, to trade.shipments: a plain producer, as an ERP would have one.

python send_events.py events.ndjson localhost:9092
"""

import asyncio
import json
import sys
from pathlib import Path

from aiokafka import AIOKafkaProducer


async def send(file: Path, bootstrap: str) -> int:
    """Send every line under its shipment's id, and return how many; nothing is left unsent."""
    lines = file.read_bytes().splitlines()
    # Idempotent, acknowledged by all replicas in sync. Its partitioner is Kafka's murmur2; on
    # librdkafka set partitioner=murmur2_random.
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        for line in lines:
            key = json.loads(line)["data"]["shipment_id"].encode()
            await producer.send_and_wait("trade.shipments", line, key)
    return len(lines)


print(asyncio.run(send(Path(sys.argv[1]), sys.argv[2])), "events sent")
