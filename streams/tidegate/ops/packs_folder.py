"""Read a folder of packs into bytes by name, as the loader takes them."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = frozenset({".yaml", ".csv"})


def read_packs(folder: Path) -> dict[str, bytes]:
    """Return the packs and lists in `folder` by their path below it, with forward slashes.

    Raises OSError where the folder is missing or a file can't be read.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in SUFFIXES and path.is_file()
    }
