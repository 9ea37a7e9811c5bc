"""Whether restriction tables were published, and whether they are the packs at hand."""

from __future__ import annotations

from tidegate.measures.errors import TablesError
from tidegate.measures.loader import load
from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.packs import read_packs
from tidegate.ops.published import newest_version
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client
from tidegate.ops.topics import TABLES_TOPIC


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
