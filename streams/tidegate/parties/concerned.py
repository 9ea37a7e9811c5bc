"""Find the names that a change of some listed names concerns.

Asked the other way round than a screening: few changed names against an index of the many names
that were screened before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from tidegate.parties.grams import Grams
from tidegate.parties.index import compare
from tidegate.parties.words import words_of

SHARE, SHARE_OF_SHORT = 0.25, 0.1
"""Names that have a smaller part of a changed name's trigrams, by weight, are not looked at."""
SHORT = 12
"""Letters: two typos leave little of so short a name."""
EDITS = 3
"""Nor those with more letters that differ, as they are written or put in alphabetical order,"""
LONG = 4
"""unless both have so many words that the others may outweigh it."""


def concerned(names: Collection[str], changed: Collection[str]) -> set[str]:
    """Return those of `names` that meet one of the changed listed names, or met it.

    Args:
        names: Folded names that were screened.
        changed: Folded listed names that are new, gone, or of an entry that changed.
    """
    found = set(changed).intersection(names)
    known = _Known(sorted(names))
    for listed in sorted(changed):
        for name in known.near(listed):
            if name not in found and compare(name, listed) is not None:
                found.add(name)
    return found


class _Known:
    """Names, and what tells quickly that most of them are not the one asked for."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._grams = Grams(names)
        self._joined = [_joined(name) for name in names]
        self._letters = [_letters(name) for name in names]
        self._lengths = np.fromiter(map(len, self._joined), dtype=np.int64, count=len(names))
        self._long = np.fromiter(map(_is_long, names), dtype=np.bool_, count=len(names))

    def near(self, listed: str) -> Iterator[str]:
        """Yield the names that could be `listed`."""
        share = SHARE_OF_SHORT if len(listed) <= SHORT else SHARE
        at = self._grams.sharing(listed, share)
        by_words = self._long[at] & _is_long(listed)
        by_length = np.abs(self._lengths[at] - len(_joined(listed))) <= EDITS
        for position in at[by_words]:
            yield self._names[position]
        like = at[by_length & ~by_words]
        as_is = _edits(_joined(listed), [self._joined[i] for i in like])
        by_letter = _edits(_letters(listed), [self._letters[i] for i in like])
        for position in like[(as_is <= EDITS) | (by_letter <= EDITS)]:
            yield self._names[position]


def _edits(one: str, others: Sequence[str]) -> NDArray[np.int32]:
    if not others:
        return np.zeros(0, dtype=np.int32)
    edits = process.cdist([one], others, scorer=OSA.distance, score_cutoff=EDITS, dtype=np.int32)
    return np.asarray(edits[0], dtype=np.int32)


def _joined(name: str) -> str:
    return "".join(words_of(name))


def _letters(name: str) -> str:
    """Words in another order have the same letters."""
    return "".join(sorted(_joined(name)))


def _is_long(name: str) -> bool:
    return len(name.split()) >= LONG
