"""What can be told without a broker: settings, the packs at hand, the disk of the state."""

from __future__ import annotations

import os
import shutil

from tidegate.measures.errors import TablesError
from tidegate.measures.loader import load
from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.packs import read_packs
from tidegate.ops.settings import Settings, config_file, unknown_variables

GIGABYTE = 10**9
FULL_BYTES = GIGABYTE // 10
"""With less than this a worker cannot be trusted to go on: its store writes files of 16 MB."""


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
    room = (
        "a million shipments take 2 GB. What is in the folder may be deleted while no worker runs"
    )
    if free < FULL_BYTES:
        full = f"{folder}: the disk is full, {free / 1e6:.0f} MB free"
        return Check("state", Status.BAD, full, f"Make room, or move TIDEGATE_STATE_DIR: {room}.")
    if free < GIGABYTE:
        return Check("state", Status.WARNING, found, f"Make room: {room}.")
    return Check("state", Status.GOOD, found)
