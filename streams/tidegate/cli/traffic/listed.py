"""Listed parties for the traffic: organisations from the lists that ship with the packs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.measures.errors import PackError
from tidegate.measures.list_rows import read_rows


@dataclass(frozen=True, slots=True)
class ListedName:
    """One listed organisation."""

    name: str
    aliases: tuple[str, ...]
    country: str | None


_ORGANISATION = re.compile(
    r"\b(co|company|corp|corporation|inc|llc|ltd|limited|gmbh|institute|university|group|"
    r"industries|technologies|technology|trading|bank|center|centre|systems|academy|laboratory|"
    r"research|heavy|electronics|aviation|shipping|kk)\b",
    re.IGNORECASE,
)

_FILES = {
    "control": "lists/cn-cl.csv",
    "watch": "lists/cn-wl.csv",
    "entity": "lists/us-el.csv",
    "military": "lists/us-meu.csv",
    "blocked": "lists/us-sdn.csv",
    "denied": "lists/us-dpl.csv",
    "unverified": "lists/us-uvl.csv",
    "foreign_user": "lists/jp-ful.csv",
}


class Listed:
    """Listed organisations by the role that the traffic gives them.

    A list that is not among the files is empty; no shipment is made that would need it.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.by_kind = {kind: _names(files, file, kind) for kind, file in _FILES.items()}

    def __getitem__(self, kind: str) -> tuple[ListedName, ...]:
        return self.by_kind[kind]


def _names(files: Mapping[str, bytes], file: str, kind: str) -> tuple[ListedName, ...]:
    content = files.get(file)
    if content is None:
        return ()
    try:
        rows = read_rows(file, content)
    except PackError:
        return ()
    return tuple(
        ListedName(row.name, row.aliases, row.countries[0] if len(row.countries) == 1 else None)
        for row in rows
        if row.status == "active"
        and _ORGANISATION.search(row.name)
        and (kind not in ("control", "watch") or row.countries == ("JP",))
    )
