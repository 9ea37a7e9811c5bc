"""A broker that creates topics by itself must not be led to create ours wrongly."""

from __future__ import annotations

from pathlib import Path

from tests.support.kafka import KafkaBroker
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client, create_topics, inspect_topics
from tidegate.ops.topics import topology


async def test_topics_are_ours_also_where_the_broker_creates_them_by_itself(
    kafka: KafkaBroker, tmp_path: Path
) -> None:
    del kafka  # where it cannot run, this test is missing the same part
    broker = KafkaBroker(tmp_path, {"auto.create.topics.enable": "true"})
    broker.start()
    try:
        settings = Settings(kafka_bootstrap_servers=broker.bootstrap, partitions=3)
        specs = topology(settings)
        async with admin_client(settings) as client:
            before = await inspect_topics(client, specs)
            assert len(before.missing) == len(specs)
            report = await create_topics(client, specs)
            assert len(report.created) == len(specs)
            assert not report.refused
            assert (await inspect_topics(client, specs)).good
    finally:
        broker.stop()
