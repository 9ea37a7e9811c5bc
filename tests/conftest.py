"""Fixtures for all tests: the session's broker, and names that no other test uses."""

import os
import uuid
from collections.abc import Iterator

import pytest

from tests.support.kafka import KafkaBroker, KafkaUnavailable


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """One real broker for the session. A test that stops it must leave it running."""
    broker = None
    try:
        broker = KafkaBroker(tmp_path_factory.mktemp("kafka"))
        broker.start()
    except KafkaUnavailable as problem:
        missing(f"Kafka: {problem}")
    assert broker is not None
    yield broker
    broker.stop()


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics, groups and transactional ids that is this test's own."""
    return f"t{uuid.uuid4().hex[:10]}."


def missing(part: str) -> None:
    """Skip the test because a real part is missing; in CI (`CI=true`) that is a failure."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(part, pytrace=False)
    pytest.skip(part)
