"""How this machine's clock stands to the broker's."""

from __future__ import annotations

from tidegate.ops.broker_clock import clock_ahead_seconds
from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client
from tidegate.ops.topics import JOURNAL_TOPIC

CLOCK_DIFFERENCE_SECONDS = 1.0  # above this it is worth a word; above the bound it is bad


async def check_clock(settings: Settings) -> Check:
    """Compare this machine's clock with the broker's."""
    async with admin_client(settings) as client:
        if f"{settings.topic_prefix}{JOURNAL_TOPIC}" not in await client.list_topics():
            found = "the journal, which tells the time, is missing or not ours to see"
            return Check("clock", Status.SKIPPED, found)
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
