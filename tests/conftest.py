"""Fixtures for all tests: the session's broker, and names that no other test uses."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker, KafkaUnavailable
from tests.support.postgres import PostgresServer, PostgresUnavailable
from tidegate.console.store.database import Database


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One real PostgreSQL for the session. A test that halts it must leave it running."""
    server = None
    try:
        server = PostgresServer()
        server.start()
    except PostgresUnavailable as problem:
        if server is not None:
            server.stop()
        missing(f"PostgreSQL: {problem}")
    assert server is not None
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The console's database, migrated and empty: each test runs on both kinds."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'console.db'}"
    else:
        url = request.getfixturevalue("postgres").database()
    made = Database(url)
    made.migrate()
    yield made
    made.close()


def missing(part: str) -> None:
    """Skip the test because a real part is missing; in CI (`CI=true`) that is a failure."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(part, pytrace=False)
    pytest.skip(part)
