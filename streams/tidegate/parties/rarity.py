"""How much a word says about who is meant: the rarer it is among listed names, the more.

The counts are a table of ours (tables/word_counts.txt), not those of the list at hand: the score of
two names hangs on the two names alone, so that it stays what it was when a list changes, and an
unchanged entry needs no second look.
"""

from __future__ import annotations

from functools import lru_cache
from math import log

from tidegate.parties.tables import lines
from tidegate.parties.words import COMMON, is_nearly_common

LEAST = 0.12
"""The weight of a common word and of a single letter."""

_NAMES, *_ROWS = lines("word_counts.txt")
_COUNTS = {word: int(count) for word, count in (row.split() for row in _ROWS)}
_ALL = log(int(_NAMES))


@lru_cache(maxsize=1 << 16)
def weight(word: str) -> float:
    """Return a word's weight, 0 to 1. A misspelt common word weighs what the common one does."""
    if len(word) == 1 or word in COMMON:
        return LEAST
    if word not in _COUNTS:
        return LEAST if is_nearly_common(word) else 1.0
    return max(LEAST, 1 - log(_COUNTS[word]) / _ALL)
