"""The data of this room, read once at import: legal forms, Han characters, words, aliases.

The files are ours, or made by a script of ours from data named at their head. They lie in the
package and do not change while it runs; this is the only place that opens them.
"""

from __future__ import annotations

import csv
from importlib.resources import files

_HERE = files(__name__)


def lines(name: str) -> list[str]:
    """Return the lines of a table, without those that begin with `#`."""
    text = _HERE.joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV table by column."""
    return list(csv.DictReader(lines(name), strict=True))
