"""Fixtures of the fault tests: a small deployment, so that each unit is busy."""

from pathlib import Path

import pytest

from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker


@pytest.fixture
def small(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, tables_cache: Path) -> Deployment:
    """Two partitions, the shortest session timeout; a stopped worker's transaction lives on."""
    made = Deployment(
        kafka.bootstrap,
        topic_prefix,
        tmp_path,
        tables_cache,
        partitions=2,
        session_timeout_seconds=6.0,
        transaction_timeout_seconds=40.0,
    )
    made.command("topics", "create")
    return made
