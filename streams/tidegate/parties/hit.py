"""What screening finds: a listed name that a party's name meets, how surely, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tidegate.parties.align import AlignedWord

Grade = Literal["exact", "strong", "possible"]
GRADES: tuple[Grade, ...] = ("exact", "strong", "possible")
Agreement = Literal["agrees", "differs", "unknown"]


@dataclass(frozen=True, slots=True)
class Hit:
    """One name beside one listed name."""

    queried: str
    """The name that was asked for, folded."""
    listed: str
    """The listed name, folded."""
    grade: Grade
    score: float
    """0 to 1. Equal folded names have 1; a likeness never has."""
    words: tuple[AlignedWord, ...]
    """Word by word; of an exact hit too."""
    reason: str
    """Why this grade, in words."""

    def plain(self) -> dict[str, Any]:
        """Return it as JSON would have it."""
        return {
            "queried": self.queried,
            "listed": self.listed,
            "grade": self.grade,
            "score": round(self.score, 4),
            "reason": self.reason,
            "words": [
                {
                    "queried": word.queried,
                    "listed": word.listed,
                    "likeness": round(word.likeness, 3),
                    "weight": round(word.weight, 3),
                }
                for word in self.words
            ],
        }
