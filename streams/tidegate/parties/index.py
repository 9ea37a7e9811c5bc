"""Screen a name against all listed names: equal ones at once, like ones by score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from tidegate.parties.align import AlignedWord, align
from tidegate.parties.grading import as_read, grade
from tidegate.parties.grams import Grams
from tidegate.parties.hit import Hit
from tidegate.parties.quick import could_be
from tidegate.parties.reading import in_english
from tidegate.parties.scoring import Features, features, score
from tidegate.parties.words import words_of

NEAR = 40
"""Names that share most trigrams, looked at letter by letter."""
ALIGNED = 8
"""Of these, the likest, looked at word by word."""
SHARING = 3
"""And those that share most trigrams, however unlike: their words may be in another order."""


class NameIndex:
    """All listed names, folded. Same names, same answers, in the same order."""

    def __init__(self, folded: Iterable[str]) -> None:
        self.names = sorted(set(folded))
        self._known = frozenset(self.names)
        self._grams = Grams(self.names)

    def hits(self, folded: str) -> tuple[Hit, ...]:
        """Return the listed names that a folded name meets, the surest first.

        A Japanese name is asked for in its English reading as well (see `reading`).
        """
        found = self._met(folded)
        reading = in_english(folded)
        if reading is not None:
            for name, hit in self._met(reading).items():
                found.setdefault(name, as_read(hit))
        return tuple(sorted(found.values(), key=lambda hit: (-hit.score, hit.listed)))

    def _met(self, folded: str) -> dict[str, Hit]:
        return {
            name: hit
            for name in self.near(folded)
            if could_be(folded, name) and (hit := compare(folded, name))
        }

    def near(self, folded: str) -> set[str]:
        """Return the few listed names that could be meant."""
        near = self.nearest(folded, NEAR)
        likeness = np.maximum(
            _likeness(folded, near), _likeness(_in_order(folded), [_in_order(one) for one in near])
        )
        likest = sorted(range(len(near)), key=lambda at: (-likeness[at], at))[:ALIGNED]
        chosen = {near[at] for at in likest} | set(near[:SHARING])
        if folded in self._known:
            chosen.add(folded)
        return chosen

    def nearest(self, folded: str, most: int) -> list[str]:
        """Return the listed names that share most trigrams, best first."""
        return [self.names[at] for at in self._grams.nearest(folded, most)]

    def scored(self, folded: str) -> list[tuple[str, float]]:
        """Return the near names with their scores, before any is graded."""
        return [(name, score(seen(folded, name))) for name in self.near(folded)]


def _likeness(name: str, others: Sequence[str]) -> NDArray[np.float64]:
    likeness = process.cdist([name], others, scorer=OSA.normalized_similarity, dtype=np.float64)
    return np.asarray(likeness[0], dtype=np.float64)


@lru_cache(maxsize=1 << 16)
def _in_order(name: str) -> str:
    """Return the words of a name in alphabetical order: a family name may stand first or last."""
    return " ".join(sorted(name.split()))


def compare(queried: str, listed: str) -> Hit | None:
    """Set one folded name beside another; None: they are two."""
    words = _aligned(queried, listed)
    return grade(queried, listed, words, score(features(queried, listed, words)))


def seen(queried: str, listed: str) -> Features:
    """Return what the score of two folded names is made of."""
    return features(queried, listed, _aligned(queried, listed))


def _aligned(queried: str, listed: str) -> tuple[AlignedWord, ...]:
    return align(words_of(queried), words_of(listed))
