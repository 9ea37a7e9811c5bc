"""Find a process its own folder for state, among the workers of one machine."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from time import monotonic

from tidegate.runtime.state_folder import CLEAN, FolderLock, FolderLocked

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5.0
"""How long a worker with a name waits for its own folder: its last process may be ending yet."""
_LOOK_SECONDS = 0.1


@asynccontextmanager
async def home(
    state_dir: Path, app_id: str, prefix: str, instance: str | None
) -> AsyncIterator[Path]:
    """Hold a folder that no other process uses: `APP[@PREFIX]/INSTANCE[~N]`.

    A process that hangs with the folder in its hands must not stand in the way of the one that
    replaces it: after some patience the next folder is taken, and its state rebuilt. Leftovers of
    unclean stops are removed.

    Raises:
        OSError: no folder can be made there.
    """
    above = state_dir / (f"{app_id}@{prefix}" if prefix else app_id)
    # "~" and "@" are in no name: see the settings.
    name = f"_{instance}" if instance else "worker"
    patience = PATIENCE_SECONDS if instance else 0.0
    for number in count(1):
        path = above / (name if number == 1 else f"{name}~{number}")
        lock = await _locked(path, patience if number == 1 else 0.0)
        if lock is None:
            continue
        try:
            await asyncio.to_thread(_sweep, path)
            log.info("state in %s", path)
            yield path
        finally:
            lock.release()
        return


async def _locked(path: Path, patience: float) -> FolderLock | None:
    until = monotonic() + patience
    told = False
    while True:
        try:
            return await asyncio.to_thread(FolderLock, path)
        except FolderLocked as error:
            if monotonic() >= until:
                log.warning("%s: another folder is taken", error)
                return None
            if not told:
                log.warning("%s: waiting for it", error)
                told = True
            await asyncio.sleep(_LOOK_SECONDS)


def _sweep(path: Path) -> None:
    """Remove the units' folders that hold nothing to be believed."""
    for folder in path.iterdir():
        if folder.is_dir() and not (folder / CLEAN).exists():
            shutil.rmtree(folder, ignore_errors=True)
