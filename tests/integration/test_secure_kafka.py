"""Kafka as people run it: TLS, SCRAM, and an authorizer that allows nothing by itself."""

from __future__ import annotations

import asyncio
import time
import urllib.error
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.support.deployment import Deployment, WorkerProcess
from tests.support.kafka import KafkaUnavailable
from tests.support.kafka.secure import SUPERUSER, SecureBroker
from tests.support.load import send, traffic
from tidegate.agents.deployment import runtime_config
from tidegate.cli.topic_reader import read_to_end
from tidegate.ops.acl_admin import give
from tidegate.ops.acls import Acl, acls
from tidegate.ops.doctor.check import Status
from tidegate.ops.doctor.rights import check_rights
from tidegate.ops.role import Role
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client
from tidegate.runtime.exits import Exit

PREFIX = "secure."
EVENTS = 60
SECONDS = 40.0
POLL_SECONDS = 0.1
WORKERS_RIGHTS = acls(Settings(topic_prefix=PREFIX), Role.WORKER)
LACKING = [f"lacking-{number}" for number in range(len(WORKERS_RIGHTS))]
"""Users with a worker's rights but one: the one of the same number."""


class Fortress:
    """A secure broker, and a deployment as each user sees it."""

    def __init__(self, broker: SecureBroker, folder: Path, cache: Path) -> None:
        self._broker, self._folder, self._cache = broker, folder, cache

    def as_user(self, name: str) -> Deployment:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        return Deployment(
            self._broker.bootstrap,
            PREFIX,
            folder,
            self._cache,
            partitions=2,
            session_timeout_seconds=6.0,
            **self._broker.settings_of(name),
        )

    def prepare(self) -> None:
        """Give each role its rights; then the admin's part, with the admin's."""
        asyncio.run(self._give_roles())
        made = ("--role", "admin", "--principal", "User:admin", "--create")
        self.as_user(SUPERUSER).command("topics", "acls", *made)
        self.as_user(Role.ADMIN).prepare()

    async def _give_roles(self) -> None:
        for role in set(Role) - {Role.ADMIN}:
            await self.give(role, acls(self.as_user(role).settings, role))

    async def give(self, user: str, rights: tuple[Acl, ...]) -> None:
        async with admin_client(self.as_user(SUPERUSER).settings) as client:
            await give(client, rights, f"User:{user}")


@pytest.fixture(scope="module")
def fortress(tmp_path_factory: pytest.TempPathFactory, tables_cache: Path) -> Iterator[Fortress]:
    folder = tmp_path_factory.mktemp("secure")
    try:
        broker = SecureBroker(folder / "kafka", [*Role, *LACKING])
        broker.start()
    except KafkaUnavailable as problem:
        missing(f"Kafka: {problem}")
    made = Fortress(broker, folder, tables_cache)
    made.prepare()
    yield made
    broker.stop()


async def test_each_role_does_its_part_with_the_rights_that_are_documented(
    fortress: Fortress,
) -> None:
    sender = fortress.as_user(Role.PRODUCER).settings
    config = runtime_config(fortress.as_user(Role.READER).settings)
    with fortress.as_user(Role.WORKER).workers("w1") as (worker,):
        source = traffic(sender, rubbish=0.0)
        # Without dispositions, which are the console's to send.
        messages = [
            message
            for message in (source.next(datetime.now(UTC)) for _ in range(EVENTS))
            if message.topic != "trade.dispositions"
        ]
        await send(sender, messages)
        deadline = time.monotonic() + SECONDS
        decided: set[bytes] = set()
        shipments = {m.key for m in messages if m.topic == "trade.shipments"}
        while decided < shipments:
            assert time.monotonic() < deadline, worker.tail()
            decided = {r.key async for r in read_to_end(config, "trade.decisions") if r.key}
        diagnosis = fortress.as_user(Role.WORKER).json("doctor", "--role", "worker")
        assert diagnosis["good"]
        assert worker.stop() == 0
    operator = fortress.as_user(Role.ADMIN).json("doctor", "--role", "admin")
    assert {c["name"]: c["status"] for c in operator["checks"] if c["status"] != "good"} == {}
    shipment = next(iter(shipments)).decode()
    assert shipment in fortress.as_user(Role.READER).command("explain", shipment)


async def test_the_doctor_names_principal_operation_and_resource_of_each_right_that_is_missing(
    fortress: Fortress,
) -> None:
    for user, lacking in zip(LACKING, WORKERS_RIGHTS, strict=True):
        rest = tuple(right for right in WORKERS_RIGHTS if right is not lacking)
        await fortress.give(user, rest)
        check = await check_rights(fortress.as_user(user).settings, Role.WORKER)
        assert check.status is Status.BAD
        assert check.found == f"User:{user} may not: {lacking}"
        assert f"tidegate topics acls --role worker --principal User:{user}" in check.advice


@pytest.mark.parametrize(
    ("right", "said", "code"),
    [
        (f"Write topic {PREFIX}trade.decisions", "no right to it: trade.decisions", None),
        (
            f"Write transactional-id beginning with {PREFIX}tidegate-screening-",
            "TransactionalIdAuth",
            None,
        ),
        (f"Read group {PREFIX}tidegate", "GroupAuthorization", Exit.CONSUMER_FAILED),
    ],
)
def test_a_worker_that_lacks_a_right_is_not_ready_and_says_what_was_refused(
    fortress: Fortress, right: str, said: str, code: Exit | None
) -> None:
    (user,) = [u for u, lacks in zip(LACKING, WORKERS_RIGHTS, strict=True) if str(lacks) == right]
    (rest,) = [tuple(r for r in WORKERS_RIGHTS if str(r) != right)]
    asyncio.run(fortress.give(user, rest))
    worker = WorkerProcess(fortress.as_user(user), "w1")
    worker.start()
    try:
        deadline = time.monotonic() + SECONDS
        while not (said in told(worker) or (worker.exit_code == code and worker.logged(said))):
            assert time.monotonic() < deadline, f"{told(worker)}\n{worker.tail()}"
            time.sleep(POLL_SECONDS)
        assert code is None or worker.exit_code == code
    finally:
        worker.kill()


def told(worker: WorkerProcess) -> str:
    """Return why a worker is not ready, as it says itself; nothing where it says nothing."""
    try:
        worker.get("/ready")
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()
    except OSError:
        return ""
    return ""
