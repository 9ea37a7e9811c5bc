"""Read packs from bytes: YAML measures, CSV lists, everything checked, every problem named.

Files are given by name: each `NAME.yaml` is a pack, and packs name the `.csv` files of their lists
and codes. A file that no pack names is a problem: it would be published and never applied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from tidegate.events.values import ControlCode
from tidegate.measures import consistency
from tidegate.measures.errors import PackError, Problem
from tidegate.measures.list_rows import ListRow, read_codes, read_rows
from tidegate.measures.measure import Pack
from tidegate.measures.yaml_source import YamlSource, parse, with_parameters

FORMAT = b"tidegate packs 1"
VERSION_DIGITS = 32  # hexadecimal, of SHA-256
_CODE: TypeAdapter[str] = TypeAdapter(ControlCode)


@dataclass(frozen=True)
class LoadedPack:
    """A pack with the rows of its lists and the codes of its regime."""

    source: YamlSource
    pack: Pack
    rows: Mapping[str, tuple[ListRow, ...]]
    """By list id."""
    codes: tuple[str, ...]
    zone: ZoneInfo


@dataclass(frozen=True)
class LoadedPacks:
    """All packs of one version."""

    version: str
    packs: tuple[LoadedPack, ...]


def content_version(files: Mapping[str, bytes]) -> str:
    """Return the version of these files: equal bytes under equal names, equal version."""
    digest = hashlib.sha256(FORMAT)
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()[:VERSION_DIGITS]


def load(files: Mapping[str, bytes]) -> LoadedPacks:
    """Read and check all packs.

    Args:
        files: Content by name, as `cn-items.yaml` and `lists/cn-cl.csv`.

    Raises:
        PackError: with every problem found, by file and line.
    """
    problems: list[Problem] = []
    loaded: list[LoadedPack] = []
    named: set[str] = set()
    for name in sorted(files):
        if not name.endswith((".yaml", ".csv")):
            problems.append(Problem(name, None, "neither a pack (.yaml) nor a list (.csv)"))
        if not name.endswith(".yaml"):
            continue
        try:
            loaded.append(_load_pack(name, files, named))
        except PackError as error:
            problems += error.problems
    if not loaded and not problems:
        problems.append(Problem("packs", None, "no pack (.yaml) is there"))
    if not problems:
        problems += [
            Problem(name, None, "no pack names this file")
            for name in sorted(files)
            if name.endswith(".csv") and name not in named
        ]
        problems += consistency.problems([(item.source, item.pack) for item in loaded])
    if problems:
        raise PackError(problems)
    return LoadedPacks(content_version(files), tuple(loaded))


def _load_pack(name: str, files: Mapping[str, bytes], named: set[str]) -> LoadedPack:
    source = with_parameters(parse(name, files[name]))
    if not isinstance(source.data, dict):
        raise PackError([Problem(name, 1, "a pack is a mapping")])
    pack = _validated(source, source.data)
    problems: list[Problem] = []
    zone = _zone(source, pack, problems)
    rows: dict[str, tuple[ListRow, ...]] = {}
    for index, listed in enumerate(pack.lists):
        named.add(listed.file)
        if listed.file not in files:
            problems.append(source.problem(("lists", index, "file"), f"no file {listed.file!r}"))
            continue
        try:
            rows[listed.id] = read_rows(listed.file, files[listed.file])
        except PackError as error:
            problems += error.problems
            continue
        problems += consistency.count_problems(source, index, listed, rows[listed.id])
    codes = _codes(source, pack, files, named, problems)
    if problems:
        raise PackError(problems)
    return LoadedPack(source, pack, rows, codes, zone)


def _validated(source: YamlSource, data: dict[str, Any]) -> Pack:
    try:
        return Pack.model_validate(data)
    except ValidationError as error:
        raise PackError(
            source.problem(problem["loc"], problem["msg"].removeprefix("Value error, "))
            for problem in error.errors(include_url=False, include_context=False)
        ) from None


def _zone(source: YamlSource, pack: Pack, problems: list[Problem]) -> ZoneInfo:
    try:
        return ZoneInfo(pack.timezone)
    except (KeyError, ValueError, OSError):
        problems.append(source.problem(("timezone",), f"no time zone {pack.timezone!r}"))
        return ZoneInfo("UTC")


def _codes(
    source: YamlSource,
    pack: Pack,
    files: Mapping[str, bytes],
    named: set[str],
    problems: list[Problem],
) -> tuple[str, ...]:
    if pack.dual_use is None or pack.dual_use.codes_file is None:
        return ()
    name = pack.dual_use.codes_file
    named.add(name)
    if name not in files:
        problems.append(source.problem(("dual_use", "codes_file"), f"no file {name!r}"))
        return ()
    codes: dict[str, int] = {}
    try:
        for code, line in read_codes(name, files[name]):
            if code in codes:
                reason = f"{code!r} stands twice, first on line {codes[code]}"
                problems.append(Problem(name, line, reason))
            if not code.startswith(f"{pack.dual_use.regime}:"):
                problems.append(Problem(name, line, f"{code!r} is of another regime"))
            codes[code] = line
            try:
                _CODE.validate_python(code)
            except ValidationError as error:
                problems.append(Problem(name, line, error.errors()[0]["msg"]))
    except PackError as error:
        problems += error.problems
    return tuple(codes)
