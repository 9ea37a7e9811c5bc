"""Fixtures of the tests on a real broker: a deployment of each test's own."""

from pathlib import Path

import pytest

from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker


@pytest.fixture(scope="session")
def tables_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled tables, for all deployments of the session."""
    return tmp_path_factory.mktemp("tables")


@pytest.fixture
def deployment(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, tables_cache: Path
) -> Deployment:
    """A deployment with topics and the shipped tables, and no worker yet."""
    made = Deployment(kafka.bootstrap, topic_prefix, tmp_path, tables_cache)
    made.prepare()
    return made
