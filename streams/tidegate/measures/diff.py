"""What changed between two versions of the packs, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tidegate.measures.list_rows import ListRow
from tidegate.measures.loader import LoadedPacks

Kind = Literal["added", "removed", "changed", "redated", "suspended"]
MAX_TOLD_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Field:
    """One field with what stood there and what stands there now."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different. `redated` and `suspended` are list entries' words."""

    what: Literal["pack", "parameter", "measure", "statement", "list", "entry", "codes", "tariff"]
    kind: Kind
    id: str
    name: str
    fields: tuple[Field, ...] = ()

    def __str__(self) -> str:
        text = f"{self.kind} {self.what} {self.id}"
        if self.name:
            text += f" ({self.name})"
        for field in self.fields:
            text += f"\n    {field.name}: {_short(field.old)} -> {_short(field.new)}"
        return text


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes, in a fixed order."""

    old: str
    new: str
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        if not self.changes:
            return f"no change: {self.old} and {self.new}"
        return "\n".join([f"{self.old} -> {self.new}", *map(str, self.changes)])

    def as_json(self) -> dict[str, Any]:
        """Return plain values, ready for a JSON writer."""
        return asdict(self)


def difference(old: LoadedPacks, new: LoadedPacks) -> Difference:
    """Compare two versions, part by part: see `Change.what`."""
    before, after = _parts(old), _parts(new)
    changes = []
    for key in sorted(before.keys() | after.keys()):
        what, id_ = key
        one, other = before.get(key), after.get(key)
        fields = tuple(_fields(one or {}, other or {}))
        if one is not None and other is not None and not fields:
            continue
        kind: Kind = "added" if one is None else "removed" if other is None else "changed"
        name = str((other or one or {}).get("name", ""))
        if kind != "changed":
            fields = ()
        elif what == "entry":
            kind = _entry_kind(fields)
        changes.append(Change(what, kind, id_, name, fields))  # type: ignore[arg-type]
    return Difference(old.version, new.version, tuple(changes))


def _entry_kind(fields: tuple[Field, ...]) -> Kind:
    names = {field.name for field in fields}
    if names & {"suspensions"}:
        return "suspended"
    return "redated" if names & {"effective_from", "effective_to"} else "changed"


def _parts(packs: LoadedPacks) -> dict[tuple[str, str], dict[str, Any]]:
    parts: dict[tuple[str, str], dict[str, Any]] = {}
    for item in packs.packs:
        pack = item.pack
        plain = pack.model_dump(mode="json", by_alias=True, exclude_unset=True)
        dual_use = plain.pop("dual_use", {})
        for name, parameter in plain.pop("parameters", {}).items():
            parts["parameter", f"{pack.pack}.{name}"] = {**parameter, "name": parameter["basis"]}
        for measure in plain.pop("measures", ()):
            measure["name"] = measure["title"]["en"]
            parts["measure", measure["id"]] = measure
        for said in plain.pop("statements", ()):
            said["name"] = said["text"]["en"]
            parts["statement", said["id"]] = said
        for listed in plain.pop("lists", ()):
            listed["name"] = listed["title"].get("en", "")
            parts["list", listed["id"]] = listed
        for list_id, rows in item.rows.items():
            for row in rows:
                parts["entry", f"{list_id} {row.entry}"] = _plain(row)
        for code in item.codes:
            parts["codes", code] = {}
        for prefix in dual_use.get("tariff_candidates", ()):
            parts["tariff", f"{pack.regime} {prefix}"] = {}
        parts["pack", pack.pack] = {**plain, "name": plain["title"].get("en", "")}
    return parts


def _plain(row: ListRow) -> dict[str, Any]:
    plain = row._asdict()
    del plain["line"], plain["entry"]
    for day in ("effective_from", "effective_to"):
        plain[day] = None if plain[day] is None else plain[day].isoformat()
    plain["suspensions"] = [item.model_dump(mode="json", by_alias=True) for item in row.suspensions]
    plain["outcome"] = None if row.outcome is None else row.outcome.value
    return plain


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Field]:
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name), new.get(name)
        if one != other:
            yield Field(name, one, other)


def _short(value: Any) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= MAX_TOLD_CHARACTERS else text[: MAX_TOLD_CHARACTERS - 3] + "..."
