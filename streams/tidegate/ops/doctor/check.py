"""How a check came out, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check came out."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    SKIPPED = "skipped"
    """It could not be done: something before it is bad, or it is not ours to see."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    found: str
    """What is so, in one or a few lines."""
    advice: str = ""
    """What to do about it; empty when nothing needs doing."""

    def as_dict(self) -> dict[str, str]:
        """Return the check for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks, and the settings in force with secrets masked."""

    checks: tuple[Check, ...]
    settings: dict[str, str]

    @property
    def good(self) -> bool:
        """False when any check is bad; a warning is not."""
        return all(check.status is not Status.BAD for check in self.checks)
