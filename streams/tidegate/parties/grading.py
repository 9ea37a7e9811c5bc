"""Grade two names: exact, strong, possible, or no hit at all; and say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tidegate.parties.align import AlignedWord
from tidegate.parties.hit import Grade, Hit
from tidegate.parties.words import COMMON

POSSIBLE = 0.855
"""Above it come fewer than one in two hundred names that are on no list (docs/screening.md)."""
STRONG = 0.95
TOO_SHORT = 4
"""So few letters (TDK, ODK) are another name where one differs."""
_MOST = 0.999  # of a likeness; 1 is equality


def grade(queried: str, listed: str, words: Sequence[AlignedWord], score: float) -> Hit | None:
    """Return the hit, or None where the names are two.

    1. Equal folded names are exact, whatever they are made of.
    2. Common words never decide alone: without any other word in common there is no hit, but a
       possible one where all words are the same in another order.
    3. Names of so few letters that one makes another name must be equal.
    4. Strong has all words of both names, but for common ones that the queried name leaves out:
       a listed subsidiary and its unlisted parent share the rest.
    """
    if queried == listed:
        return Hit(queried, listed, "exact", 1.0, tuple(words), "the same name")
    common = not any(word.queried and word.listed and _telling(word) for word in words)
    if common and any(word.likeness < 1 for word in words):
        return None
    if min(len(queried), len(listed)) <= TOO_SHORT or score < POSSIBLE:
        return None
    lacking = [word.queried for word in words if not word.listed]
    added = [word.listed for word in words if not word.queried]
    changed = [word for word in words if word.listed and word.queried and word.likeness < 1]
    sure = score >= STRONG and not lacking and not added and not common
    found: Grade = "strong" if sure else "possible"
    reason = "; ".join(
        [
            *(f"{word.queried} for {word.listed}" for word in changed),
            *(f"the list has no {word}" for word in lacking),
            *(f"the list adds {word}" for word in added),
        ]
    )
    reason = reason or "the same words in another order"
    return Hit(queried, listed, found, min(score, _MOST), tuple(words), reason)


def as_read(hit: Hit) -> Hit:
    """Return a hit of a name's reading in another language: equal words are strong, not exact."""
    found: Grade = "strong" if hit.grade == "exact" else hit.grade
    reason = f"read as {hit.queried}; {hit.reason}"
    return replace(hit, grade=found, score=min(hit.score, _MOST), reason=reason)


def _telling(word: AlignedWord) -> bool:
    return word.listed not in COMMON or word.queried not in COMMON
