"""Read a directory of packs, and keep its compiled form in a cache beside.

The cache holds one image a version: a changed file is another version and is compiled anew. A
damaged or foreign image is compiled over.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from tidegate.measures.compiler import tables_from
from tidegate.measures.errors import ImageError, PackError, Problem
from tidegate.measures.image import from_image, image_key, to_image
from tidegate.measures.loader import content_version
from tidegate.measures.tables import Tables

MAX_FILE_BYTES = 64 * 1024 * 1024


def read_packs(directory: Path) -> dict[str, bytes]:
    """Read the packs (`*.yaml`) and lists (`lists/*.csv`) of a directory, by relative name.

    `*.yml` is read as well, so that the loader refuses it: left aside in silence, its measures
    would be missed by nobody.

    Raises:
        PackError: the directory or a file cannot be read, or a file is too large.
    """
    files: dict[str, bytes] = {}
    try:
        patterns = ("*.yaml", "*.yml", "lists/*.csv")
        for path in sorted(path for pattern in patterns for path in directory.glob(pattern)):
            name = path.relative_to(directory).as_posix()
            if path.stat().st_size > MAX_FILE_BYTES:
                raise PackError([Problem(name, None, f"more than {MAX_FILE_BYTES} bytes")])
            files[name] = path.read_bytes()
    except OSError as error:
        raise PackError([Problem(str(directory), None, str(error))]) from None
    if not files:
        raise PackError([Problem(str(directory), None, "no packs (*.yaml) are there")])
    return files


def load_tables(directory: Path, cache_directory: Path | None = None) -> Tables:
    """Return the tables of a directory of packs, compiled at most once a version.

    Args:
        directory: Where the packs are.
        cache_directory: Where images are kept; made if missing; None: compile each time. A cache
            that cannot be written is done without.

    Raises:
        PackError: with every problem found, by file and line.
    """
    return tables_of(read_packs(directory), cache_directory)


def tables_of(files: dict[str, bytes], cache_directory: Path | None = None) -> Tables:
    """Return the tables of packs already read; see `load_tables`."""
    if cache_directory is None:
        return tables_from(files)
    cached = cached_tables(files, cache_directory)
    if cached is not None:
        return cached
    tables = tables_from(files)
    with contextlib.suppress(OSError):
        _write(_image_path(content_version(files), cache_directory), to_image(tables))
    return tables


def cached_tables(files: dict[str, bytes], cache_directory: Path) -> Tables | None:
    """Return the tables of packs that were compiled before; None: they were not."""
    version = content_version(files)
    try:
        return from_image(_image_path(version, cache_directory).read_bytes(), version)
    except (OSError, ImageError):
        return None


def _image_path(version: str, cache_directory: Path) -> Path:
    return cache_directory / f"{image_key(version)}.tables"


def _write(path: Path, content: bytes) -> None:
    """Write beside and rename: a reader sees no image or a whole one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
