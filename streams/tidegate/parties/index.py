"""Screen a name against all listed names: equal ones at once, like ones by score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import log

from rapidfuzz import process
from rapidfuzz.distance import OSA

from tidegate.parties.align import align
from tidegate.parties.grading import grade
from tidegate.parties.grams import Grams
from tidegate.parties.hit import Hit
from tidegate.parties.scoring import features, score
from tidegate.parties.words import COMMON, words_of

NEAR = 40
"""Names that share most trigrams, looked at letter by letter."""
ALIGNED = 8
"""Of these, the likest, looked at word by word."""
_COMMON_WEIGHT = 0.12


class NameIndex:
    """All listed names, folded. Same names, same answers, in the same order."""

    def __init__(self, folded: Iterable[str]) -> None:
        self.names = sorted(set(folded))
        self._known = frozenset(self.names)
        self._grams = Grams(self.names)
        self._counts = Counter(word for name in self.names for word in set(words_of(name)))
        self._rarest = log(len(self.names) + 1)

    def hits(self, folded: str) -> tuple[Hit, ...]:
        """Return the listed names that a folded name meets, the surest first."""
        near = [self.names[at] for at in self._grams.nearest(folded, NEAR)]
        likeness = process.cdist([folded], near, scorer=OSA.normalized_similarity)[0]
        likest = sorted(range(len(near)), key=lambda at: (-likeness[at], at))[:ALIGNED]
        chosen = {near[at] for at in likest} | set(near[:3])
        if folded in self._known:
            chosen.add(folded)
        found = [hit for name in chosen if (hit := self.compare(folded, name)) is not None]
        return tuple(sorted(found, key=lambda hit: (-hit.score, hit.listed)))

    def compare(self, queried: str, listed: str) -> Hit | None:
        """Set one folded name beside another; None: they are two."""
        words = align(words_of(queried), words_of(listed), self.weight)
        return grade(queried, listed, words, score(features(queried, listed, words)))

    def weight(self, word: str) -> float:
        """Return how much a word says about who is meant, 0 to 1."""
        if word in COMMON:
            return _COMMON_WEIGHT
        rarity = 1 - log(self._counts[word] + 1) / self._rarest
        return max(_COMMON_WEIGHT, rarity) if len(word) > 1 else _COMMON_WEIGHT
