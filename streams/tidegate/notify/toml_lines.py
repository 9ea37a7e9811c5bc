"""Find the line on which a value of a TOML file stands, for an error that a person can follow."""

from __future__ import annotations

import re
import tomllib

Path = tuple[str | int, ...]
_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=""")


class TomlLines:
    """Lines of tables and keys. What stands inside a value is told by the value's line."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        counts: dict[Path, int] = {}
        table: Path = ()
        for number, line in enumerate(text.splitlines(), start=1):
            if header := _TABLE.match(line):
                table = _path(header[2])
                if header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                elif table[:1] in counts:
                    table = (table[0], counts[table[:1]], *table[1:])
                self._lines.setdefault(table, number)
            elif key := _KEY.match(line):
                self._lines.setdefault((*table, *_path(key[1])), number)

    def line(self, path: Path) -> int:
        """Return the line of a value, or of the nearest thing that holds it; 1: the file's."""
        for end in range(len(path), 0, -1):
            found = self._lines.get(path[:end])
            if found is not None:
                return found
        return 1


def _path(written: str) -> Path:
    """Read a dotted key, quoted parts included."""
    try:
        node = tomllib.loads(f"{written} = 0")
    except tomllib.TOMLDecodeError:
        return (written,)
    path: list[str] = []
    while isinstance(node, dict):
        ((name, node),) = node.items()
        path.append(name)
    return tuple(path)
