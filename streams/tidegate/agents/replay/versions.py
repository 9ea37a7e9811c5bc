"""The table versions that were published, as folders of packs that any process can read."""

from __future__ import annotations

from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any

from tidegate.measures.errors import SnapshotError
from tidegate.measures.snapshot import SnapshotAssembler


async def write_versions(records: AsyncIterable[Any], folder: Path) -> list[str]:
    """Write each version that the records of `trade.measures` hold; return them, oldest first.

    A publication that is partial or broken was refused by every worker, and is passed over.
    """
    assembler, found = SnapshotAssembler(), dict[str, None]()
    async for record in records:
        try:
            snapshot = assembler.add(record.value, tuple(record.headers))
        except SnapshotError:
            continue
        if snapshot is None:
            continue
        for name, content in snapshot.files.items():
            path = folder / snapshot.version / name
            # Names come from a topic: one that leads out of the folder is no pack's.
            if path.resolve().is_relative_to((folder / snapshot.version).resolve()):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        found[snapshot.version] = None
    return list(found)


def version_named(name: str, versions: list[str]) -> str | None:
    """Return the version that a name or its beginning means; None: none, or several."""
    meant = [version for version in versions if version.startswith(name)]
    return meant[0] if len(meant) == 1 else None
