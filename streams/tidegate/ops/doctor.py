"""Look at a deployment and say what is wrong with it, and what to do about each thing."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial

from aiokafka.errors import KafkaError

from tidegate.measures.errors import TablesError
from tidegate.measures.loader import load
from tidegate.ops.broker_clock import clock_ahead_seconds
from tidegate.ops.packs import read_packs
from tidegate.ops.placement import sample_placement
from tidegate.ops.published import newest_version
from tidegate.ops.settings import Settings, WrongSettings, config_file, unknown_variables
from tidegate.ops.topic_admin import TopicReport, admin_client, inspect_topics
from tidegate.ops.topics import INPUT_TOPICS, JOURNAL_TOPIC, TABLES_TOPIC, topology

CHECK_TIMEOUT_SECONDS = 30.0
GIGABYTE = 10**9
CLOCK_DIFFERENCE_SECONDS = 1.0  # above this it is worth a word; above the bound it is bad


class Status(StrEnum):
    """How a check came out."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    SKIPPED = "skipped"
    """It could not be done, since something before it is bad."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    found: str
    """What is so, in one or a few lines."""
    advice: str = ""
    """What to do about it; empty when nothing needs doing."""

    def as_dict(self) -> dict[str, str]:
        """Return the check for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks, and the settings in force with secrets masked."""

    checks: tuple[Check, ...]
    settings: dict[str, str]

    @property
    def good(self) -> bool:
        """False when any check is bad; a warning is not."""
        return all(check.status is not Status.BAD for check in self.checks)


async def examine(settings: Settings) -> Diagnosis:
    """Run all checks. It never raises for what it finds, and takes 30 s a check at most."""
    checks = [check_settings(), check_tables(settings), check_state(settings)]
    reached = await _guarded("kafka", partial(check_kafka, settings))
    checks.append(reached)
    later: tuple[tuple[str, Callable[[Settings], Awaitable[Check]]], ...] = (
        ("topics", check_topics),
        ("published", check_published),
        ("partitioner", check_partitioner),
        ("clock", check_clock),
    )
    for name, check in later:
        if reached.status is Status.BAD:
            checks.append(Check(name, Status.SKIPPED, "Kafka can't be reached"))
        else:
            checks.append(await _guarded(name, partial(check, settings)))
    return Diagnosis(tuple(checks), settings.shown())


def check_settings() -> Check:
    """Say where the settings come from, and which variables set nothing."""
    file = config_file()
    found = f"environment and {file}" if file else "environment; no settings file"
    unknown = unknown_variables()
    if unknown:
        return Check(
            "settings",
            Status.WARNING,
            f"no such setting: {', '.join(unknown)}",
            "Correct or remove these variables; they have no effect.",
        )
    return Check("settings", Status.GOOD, found)


def check_tables(settings: Settings) -> Check:
    """Read the packs as a worker would."""
    advice = "Correct the packs, or set TIDEGATE_PACKS_DIR to the folder that holds them."
    try:
        loaded = load(read_packs(settings.packs_dir))
    except (OSError, TablesError) as error:
        return Check("tables", Status.BAD, str(error), advice)
    count = len(loaded.packs)
    return Check("tables", Status.GOOD, f"version {loaded.version}, {count} packs are valid")


def check_state(settings: Settings) -> Check:
    """Say whether a worker could keep its state where it is to be kept, and has room for it."""
    folder = settings.state_dir
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    advice = "Set TIDEGATE_STATE_DIR to a folder on a disk that workers may write to."
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Check("state", Status.BAD, f"{folder}: cannot be written", advice)
    free = shutil.disk_usage(there).free
    found = f"{folder}, {free / GIGABYTE:.1f} GB free"
    if free < GIGABYTE:
        return Check("state", Status.WARNING, found, "Make room: a million shipments take 2 GB.")
    return Check("state", Status.GOOD, found)


async def check_published(settings: Settings) -> Check:
    """Compare the tables that workers were told to use with the packs here."""
    async with admin_client(settings) as client:
        if f"{settings.topic_prefix}{TABLES_TOPIC}" not in await client.list_topics():
            return Check("published", Status.SKIPPED, "the topic of the tables is missing")
    return judge_published(await newest_version(settings), settings)


def judge_published(newest: str | None, settings: Settings) -> Check:
    """Say what the newest published version means."""
    advice = "Run `tidegate measures publish`."
    if newest is None:
        found = "no restriction tables were ever published: workers decide nothing"
        return Check("published", Status.BAD, found, advice)
    try:
        here = load(read_packs(settings.packs_dir)).version
    except (OSError, TablesError):
        here = None
    if newest == here:
        return Check("published", Status.GOOD, f"version {newest}, as the packs here")
    return Check(
        "published",
        Status.WARNING,
        f"version {newest} is published; the packs here are another",
        f"If {settings.packs_dir} is what should be in force: {advice}",
    )


async def check_kafka(settings: Settings) -> Check:
    """Connect, and count the brokers."""
    async with admin_client(settings) as client:
        brokers = (await client.describe_cluster())["brokers"]
    return Check("kafka", Status.GOOD, f"brokers reached: {len(brokers)}")


async def check_topics(settings: Settings) -> Check:
    """Compare the topics with what they should be."""
    async with admin_client(settings) as client:
        report = await inspect_topics(client, topology(settings))
    return judge_topics(report)


def judge_topics(report: TopicReport) -> Check:
    """Say what a report on topics means."""
    if report.missing:
        return Check(
            "topics",
            Status.BAD,
            f"missing: {', '.join(report.missing)}",
            "Run `tidegate topics create`.",
        )
    if not report.differences:
        return Check("topics", Status.GOOD, "all topics are there and as they should be")
    found = "\n".join(str(difference) for difference in report.differences)
    if any(difference.what == "partitions" for difference in report.differences):
        return Check(
            "topics",
            Status.BAD,
            found,
            "An agent whose topics differ in partitions gets none of them. Set"
            " TIDEGATE_PARTITIONS to the number that the input topics have; topics whose number"
            " is another must be made anew. Never add partitions to topics in use: keys would"
            " change owners.",
        )
    return Check(
        "topics",
        Status.WARNING,
        found,
        "Set them with `kafka-configs --alter --entity-type topics --entity-name TOPIC"
        " --add-config NAME=VALUE`, or change Tidegate's setting to what you want.",
    )


async def check_partitioner(settings: Settings) -> Check:
    """Look at the newest inputs: does each lie in the partition that owns its key?"""
    names = [f"{settings.topic_prefix}{topic}" for topic in INPUT_TOPICS]
    placements = await sample_placement(settings, names)
    keyed = sum(one.keyed for one in placements)
    wrong = [one for one in placements if one.misplaced]
    if not wrong:
        found = f"{keyed} newest keyed records lie where they should" if keyed else "no records yet"
        return Check("partitioner", Status.GOOD, found)
    lines = [f"{one.topic}: {one.misplaced} of {one.keyed} misplaced" for one in wrong]
    advice = "Let the producer use Kafka's murmur2 partitioner (the Java client's default)."
    if any(one.by_crc32 * 2 > one.misplaced for one in wrong):
        lines.append("they lie where CRC32 puts them, the default of librdkafka")
        advice = (
            "Set `partitioner=murmur2_random` on producers that use librdkafka"
            " (confluent-kafka for Python, Go, .NET; node-rdkafka; kcat)."
        )
    return Check("partitioner", Status.WARNING, "\n".join(lines), advice)


async def check_clock(settings: Settings) -> Check:
    """Compare this machine's clock with the broker's."""
    async with admin_client(settings) as client:
        if f"{settings.topic_prefix}{JOURNAL_TOPIC}" not in await client.list_topics():
            return Check("clock", Status.SKIPPED, "the journal, which tells the time, is missing")
    ahead = await clock_ahead_seconds(settings)
    return judge_clock(ahead, settings.clock_ahead_seconds_max)


def judge_clock(ahead_seconds: float | None, bound_seconds: float) -> Check:
    """Say what a clock's difference means: positive is ahead of the broker."""
    if ahead_seconds is None:
        return Check(
            "clock",
            Status.WARNING,
            "the broker's time is not known",
            "Set message.timestamp.type=LogAppendTime on the journal; without it nothing bounds a"
            " worker's clock.",
        )
    direction = "ahead of" if ahead_seconds >= 0 else "behind"
    found = f"{abs(ahead_seconds):.3f} s {direction} the broker"
    advice = "Synchronise both machines' clocks (NTP); decisions follow them."
    if abs(ahead_seconds) > max(bound_seconds, CLOCK_DIFFERENCE_SECONDS):
        return Check("clock", Status.BAD, found, advice)
    if abs(ahead_seconds) > CLOCK_DIFFERENCE_SECONDS:
        return Check("clock", Status.WARNING, found, advice)
    return Check("clock", Status.GOOD, found)


async def _guarded(name: str, check: Callable[[], Awaitable[Check]]) -> Check:
    advice = "Check TIDEGATE_KAFKA_BOOTSTRAP_SERVERS, the network, and the security settings."
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            return await check()
    except TimeoutError:
        return Check(name, Status.BAD, f"no answer within {CHECK_TIMEOUT_SECONDS:.0f} s", advice)
    except (KafkaError, WrongSettings, OSError) as error:
        # The client's errors begin with their name already.
        kind = type(error).__name__
        text = str(error)
        return Check(name, Status.BAD, text if kind in text else f"{kind}: {text}", advice)
