"""What is wrong with a pack, told with file, line and reason.

TablesError
├── PackError          the packs' bytes do not make tables; carries every problem found
├── ImageError         a compiled image is not one, or of another format; compile again
└── SnapshotError      records do not make one whole version
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

MAX_TOLD = 20
"""Problems that an error's message tells; all are in `PackError.problems`."""


class Problem(NamedTuple):
    """One thing that is wrong, and where."""

    file: str
    line: int | None
    """Line of the file, from 1; None where the file as a whole is meant."""
    reason: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.reason}"


class TablesError(Exception):
    """Restriction tables cannot be used."""


class PackError(TablesError):
    """The packs are refused.

    Attributes:
        problems: Everything found, by file and line.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(
            sorted(set(problems), key=lambda problem: (problem.file, problem.line or 0))
        )
        told = [str(problem) for problem in self.problems[:MAX_TOLD]]
        more = len(self.problems) - len(told)
        if more > 0:
            told.append(f"and {more} more")
        super().__init__("\n".join(told))


class ImageError(TablesError):
    """A compiled image cannot be read: compile the packs again."""


class SnapshotError(TablesError):
    """Records do not make one whole version of the packs."""
