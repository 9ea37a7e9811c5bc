"""One unit's folder on disk: who may use it, and whether what is in it can be believed.

In the folder: `lock`, held by the process that uses it; `db`, the database; `clean`, a mark that is
there only between an orderly close and the next opening.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from tidegate.runtime.disk_store import DiskStore, StoreFailed
from tidegate.runtime.spec import Head

log = logging.getLogger(__name__)

FORMAT = 1
"""Of a folder; to be raised when keys, heads or the mark change. Another one is not believed."""
CLEAN, DATABASE, LOCK = "clean", "db", "lock"


class FolderLocked(OSError):
    """Another process, or a session that is still ending in this one, uses the folder."""


class FolderLock:
    """The right to use a folder; the kernel takes it back when the process dies.

    Raises:
        FolderLocked: somebody else has it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / LOCK).open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise FolderLocked(f"{folder} is in use by a process that has not ended yet") from None

    def release(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class Mark:
    """What a folder holds: the changelog of this unit, applied up to a transaction."""

    cluster: str
    """Id of the Kafka cluster; empty where it tells none."""
    lineage: str
    """Name of the unit's history, which all its meta records carry: see `recovery.Meta`."""
    number: int
    """Of the last transaction applied."""
    offset: int
    """Of that transaction's meta record in the changelog."""
    closed_at: float
    """When it was closed (seconds since the epoch)."""


class StateFolder:
    """One unit's folder. Every call may wait for the disk: call it in a thread.

    Args:
        path: The folder; made where it is missing.
        head: See `DiskStore`.
    """

    def __init__(self, path: Path, head: Head) -> None:
        self.path = path
        self.store: DiskStore
        self._head = head
        self._lock: FolderLock | None = None

    def open(self) -> Mark | None:
        """Open the database; return its mark, or None where it begins empty.

        The mark is gone from the disk, for good, before this returns: whatever happens to the
        process from here on, half of a state is never believed.

        Raises:
            FolderLocked: the folder is in use.
            StoreFailed: no database can be opened here.
        """
        self._lock = FolderLock(self.path)
        try:
            mark = self._taken_mark()
            if mark is not None:
                try:
                    self.store = DiskStore(self.path / DATABASE, self._head)
                    return mark
                except StoreFailed as error:
                    log.warning("%s is wiped: %s", self.path, error)
            self._fresh()
        except BaseException:
            self._release()
            raise
        return None

    def wipe(self) -> None:
        """Begin anew, with an empty database."""
        self.store.close()
        self._fresh()

    def close(self, mark: Mark | None) -> None:
        """Close the database; with a mark its state is on the disk before the mark is."""
        try:
            try:
                if mark is not None:
                    self.store.flush()
            finally:
                self.store.close()
            if mark is not None:
                self._put(mark)
        except (StoreFailed, OSError) as error:
            log.warning("%s did not close in order and will be rebuilt: %s", self.path, error)
        finally:
            self._release()

    def _fresh(self) -> None:
        shutil.rmtree(self.path / DATABASE, ignore_errors=True)
        self.store = DiskStore(self.path / DATABASE, self._head)

    def _taken_mark(self) -> Mark | None:
        try:
            fields = json.loads((self.path / CLEAN).read_bytes())
            mark = Mark(**fields["mark"]) if fields["format"] == FORMAT else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.warning("%s is wiped: its mark cannot be read: %r", self.path, error)
            mark = None
        (self.path / CLEAN).unlink(missing_ok=True)
        _synced(self.path)
        return mark

    def _put(self, mark: Mark) -> None:
        new = self.path / (CLEAN + ".new")
        with new.open("w") as file:
            json.dump({"format": FORMAT, "mark": asdict(mark)}, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path / CLEAN)
        _synced(self.path)

    def _release(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()


def _synced(folder: Path) -> None:
    """Return when the disk knows which files are in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
