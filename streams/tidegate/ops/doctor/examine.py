"""Look at a deployment and say what is wrong with it, and what to do about each thing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from tidegate.ops.acl_admin import principal
from tidegate.ops.doctor.check import Check, Diagnosis, Status
from tidegate.ops.doctor.clock import check_clock
from tidegate.ops.doctor.events import check_events
from tidegate.ops.doctor.group import check_group
from tidegate.ops.doctor.partitioner import check_partitioner
from tidegate.ops.doctor.process import check_settings, check_state, check_tables
from tidegate.ops.doctor.published import check_published
from tidegate.ops.doctor.rights import check_rights
from tidegate.ops.doctor.topics import check_topics
from tidegate.ops.role import Role
from tidegate.ops.settings import Settings, WrongSettings
from tidegate.ops.topic_admin import admin_client

CHECK_TIMEOUT_SECONDS = 30.0
_NO_RIGHT = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

KafkaCheck = Callable[[Settings], Awaitable[Check]]
NO_MORE: Mapping[str, KafkaCheck] = {}


async def examine(
    settings: Settings, role: Role = Role.WORKER, more: Mapping[str, KafkaCheck] = NO_MORE
) -> Diagnosis:
    """Run all checks. It never raises for what it finds, and takes 30 s a check at most.

    Args:
        settings: What is in force.
        role: Whose rights this process's principal should have.
        more: Checks by name that need more than this room knows; done last.
    """
    checks = [check_settings(), check_tables(settings), check_state(settings)]
    reached = await _guarded("kafka", check_kafka, settings)
    checks.append(reached)
    later: tuple[tuple[str, KafkaCheck], ...] = (
        ("rights", partial(check_rights, role=role)),
        ("topics", check_topics),
        ("published", check_published),
        ("events", check_events),
        ("partitioner", check_partitioner),
        ("clock", check_clock),
        ("group", check_group),
        *more.items(),
    )
    for name, check in later:
        if reached.status is Status.BAD:
            checks.append(Check(name, Status.SKIPPED, "Kafka can't be reached"))
        else:
            checks.append(await _guarded(name, check, settings))
    return Diagnosis(tuple(checks), settings.shown())


async def check_kafka(settings: Settings) -> Check:
    """Connect, and count the brokers."""
    async with admin_client(settings) as client:
        brokers = (await client.describe_cluster())["brokers"]
    return Check("kafka", Status.GOOD, f"brokers reached: {len(brokers)}")


async def _guarded(name: str, check: KafkaCheck, settings: Settings) -> Check:
    servers = settings.kafka_bootstrap_servers
    advice = (
        f"Is TIDEGATE_KAFKA_BOOTSTRAP_SERVERS ({servers}) right, a broker running there, and the"
        f" network open? Do TIDEGATE_KAFKA_SECURITY_PROTOCOL ({settings.kafka_security_protocol}),"
        " user, password and certificates fit that listener?"
    )
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            return await check(settings)
    except TimeoutError:
        return Check(name, Status.BAD, f"no answer within {CHECK_TIMEOUT_SECONDS:.0f} s", advice)
    except _NO_RIGHT as error:
        # What the role should be able to do is the check of rights: the rest is for others to ask.
        found = f"{principal(settings)} has no right to look: {_words(error)}"
        return Check(name, Status.SKIPPED, found, "Ask with an administrator's credentials.")
    except (KafkaError, WrongSettings, OSError) as error:
        return Check(name, Status.BAD, _words(error), advice)


def _words(error: Exception) -> str:
    # The client's errors begin with their name already.
    kind, text = type(error).__name__, str(error)
    return text if kind in text else f"{kind}: {text}"
