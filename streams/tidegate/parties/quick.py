"""Tell quickly that two folded names cannot be one: most are not, and comparing takes long.

A name that differs by three letters and more has lost so much of its score that only several rare
words in common make up for it (see `scoring`). Two edits change at most four of the letters put in
alphabetical order, whatever the order of the words.
"""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from tidegate.parties.rarity import weight
from tidegate.parties.words import words_of

LETTERS = 4
"""More letters than these differ, put in order: two names,"""
HEAVY = 2.0
"""unless words of this weight together may have their like in the other name."""
_END = 2  # letters


def could_be(queried: str, listed: str) -> bool:
    """Say whether comparing two folded names can find a likeness."""
    if OSA.distance(letters(queried), letters(listed), score_cutoff=LETTERS) <= LETTERS:
        return True
    ends = _ends(listed)
    shared = 0.0
    for word in words_of(queried):
        if word[:_END] in ends or word[-_END:] in ends:
            shared += weight(word)
    return shared >= HEAVY


@lru_cache(maxsize=1 << 16)
def _ends(folded: str) -> frozenset[str]:
    """Return how the words of a name begin and end: a typo leaves one of both."""
    return frozenset(end for word in words_of(folded) for end in (word[:_END], word[-_END:]))


@lru_cache(maxsize=1 << 16)
def letters(folded: str) -> str:
    """Return the letters of a name's words in alphabetical order."""
    return "".join(sorted("".join(words_of(folded))))
