"""Facts in words: what a path in the event is about, and what changed between two revisions. Pure.

The record's own path stays beside the words, so that nobody need trust the wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(r"([A-Za-z_]+)(?:\[(\d+)\])?")
_WORDS = {
    "hs_code": "tariff code",
    "cn_origin_value_pct": "share of Chinese origin by value, in percent",
    "end_use": "end use",
    "control_codes": "control code",
    "transit_countries": "transit country",
    "licenses": "license",
    "aliases": "other name",
    "documents": "paper",
}
NOT_TOLD = frozenset({"shipment_id", "license_id", "revision"})


@dataclass(frozen=True, slots=True)
class Changed:
    """One fact that two revisions state differently. None: one of them does not state it."""

    path: str
    words: str
    old: Any
    new: Any


def path_words(path: str, facts: Mapping[str, Any] | None = None) -> str:
    """Return what a path in an event is about, as a person would say it.

    Args:
        path: As evidence names it: `parties[2].class`.
        facts: The event's data, from which lines and roles are named where it has them.
    """
    words: list[str] = []
    here: Any = facts
    for step in path.split("."):
        match = _STEP.fullmatch(step)
        if match is None:
            return path
        name, number = match[1], match[2]
        here = here.get(name) if isinstance(here, Mapping) else None
        if number is not None:
            place = int(number)
            here = here[place] if isinstance(here, list) and place < len(here) else None
            words.append(_of_many(name, place, here))
        else:
            words.append(_WORDS.get(name, name.replace("_", " ")))
    return ": ".join(words)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Changed, ...]:
    """Return the facts that differ, in the order of their paths.

    Lines of goods are matched by their number and parties by role, so that one that moved in the
    list has not changed.
    """
    before, after = dict(_flat(old)), dict(_flat(new))
    return tuple(
        Changed(path, _flat_words(path), before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    )


def _of_many(name: str, place: int, value: Any) -> str:
    if name == "items":
        line = value.get("line") if isinstance(value, Mapping) else None
        return f"line {line if line is not None else place + 1}"
    if name == "parties":
        role = value.get("role") if isinstance(value, Mapping) else None
        return str(role).replace("_", " ") if role else f"party {place + 1}"
    return _WORDS.get(name, name.replace("_", " ").removesuffix("s"))


def _flat(facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in facts.items():
        if name not in NOT_TOLD:
            yield from _walk(name, value)


def _walk(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _walk(f"{path}.{name}", inner)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        seen: dict[str, int] = {}
        for place, inner in enumerate(value):
            key = str(inner.get("line") or inner.get("role") or inner.get("type") or place + 1)
            seen[key] = seen.get(key, 0) + 1
            many = f" {seen[key]}" if seen[key] > 1 else ""
            rest = {k: v for k, v in inner.items() if k not in ("line", "role")}
            yield from _walk(f"{path}[{key}{many}]", rest)
    elif value not in (None, [], ""):
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else value


def _flat_words(path: str) -> str:
    words = []
    for step in path.split("."):
        name, _, key = step.partition("[")
        key = key.removesuffix("]").replace("_", " ")
        if name == "items":
            words.append(f"line {key}")
        elif name == "parties":
            words.append(key)
        else:
            words.append(f"{_WORDS.get(name, name.replace('_', ' '))} {key}".strip())
    return ": ".join(words)
