"""Lay the words of two names side by side: which is which, and how like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from tidegate.parties.rarity import weight
from tidegate.parties.words import COMMON

LIKE = 0.6
"""Below this likeness two words are two words."""
INITIALS = 0.605
"""The likeness of "j" to "jose" and of "jc" to "jean claude"; no misspelling has it."""
_LEFT_LIKE = 0.7  # what is left of both, as one word
_LEFT_LETTERS = 5  # fewer are alike by chance
_MOST_INITIALS = 4
_SHORTENED = 0.8  # "tech" for "technology"
_SHORT_TRADE, _SHORT_WORD = 3, 4  # letters: "ind" is industry, but "bay" is not Baykal

Words = Sequence[str]


@dataclass(frozen=True, slots=True)
class AlignedWord:
    """Words of the one name beside those of the other that stand for them."""

    queried: str
    """Empty: the listed name has words that the other lacks."""
    listed: str
    """Empty: the listed name lacks it."""
    likeness: float
    """1 for equal, 0 for nothing to set beside."""
    weight: float
    """How much it says who is meant, 0 to 1: the rarer among listed names, the more."""

    @property
    def is_initials(self) -> bool:
        """Say whether the one is written as initials of the other: `j` or `jc`, no misspelling."""
        return self.likeness == INITIALS


def align(queried: Words, listed: Words) -> tuple[AlignedWord, ...]:
    """Return the words of both, each once; equal ones first, then joined, then like ones,
    then what is left of both where it is alike as one word."""
    ours, theirs = list(queried), list(listed)
    pairs: list[AlignedWord] = []
    for word in queried:
        if word in theirs:
            ours.remove(word)
            theirs.remove(word)
            pairs.append(AlignedWord(word, word, 1.0, weight(word)))
    if ours and theirs:
        pairs += _joined(ours, theirs)
    if ours and theirs:
        pairs += _like(ours, theirs)
    if ours and theirs:
        pairs += _leftover(ours, theirs)
    pairs += [AlignedWord(word, "", 0.0, weight(word)) for word in ours]
    pairs += [AlignedWord("", word, 0.0, weight(word)) for word in theirs]
    return tuple(pairs)


def _joined(ours: list[str], theirs: list[str]) -> list[AlignedWord]:
    """Take out words that are one word on the other side."""
    pairs = []
    for turned, split, whole in ((False, ours, theirs), (True, theirs, ours)):
        for word in [*whole]:
            found = _parts(split, word) or _initials(split, word)
            if found is None:
                continue
            begin, end, likeness = found
            parts = split[begin:end]
            del split[begin:end]
            whole.remove(word)
            together = max(weight(word), *(weight(part) for part in parts))
            text = " ".join(parts)
            left, right = (word, text) if turned else (text, word)
            pairs.append(AlignedWord(left, right, likeness, together))
    return pairs


def _parts(split: list[str], word: str) -> tuple[int, int, float] | None:
    """Return the run of words (from, to, likeness) that joined is `word`, give or take a typo."""
    for begin in range(len(split) - 1):
        text = split[begin]
        for end in range(begin + 1, len(split)):
            text += split[end]
            if len(text) > len(word) + 1:
                break
            if text == word:
                return begin, end + 1, 0.99
            if len(word) > 6 and OSA.distance(text, word, score_cutoff=1) <= 1:
                return begin, end + 1, 0.99 * (1 - 1 / len(word))
    return None


def _initials(split: list[str], word: str) -> tuple[int, int, float] | None:
    """Return the run of words whose initials are `word`: `jc` is `jean claude`."""
    many = len(word)
    if not 2 <= many <= _MOST_INITIALS or not word.isascii():
        return None
    for begin in range(len(split) - many + 1):
        run = split[begin : begin + many]
        if all(part[0] == letter and len(part) > 1 for part, letter in zip(run, word, strict=True)):
            return begin, begin + many, INITIALS
    return None


def _like(ours: list[str], theirs: list[str]) -> list[AlignedWord]:
    """Take out pairs of words that are alike, the likest first."""
    found = [
        (likeness, -abs(i - k), i, k)
        for i, word in enumerate(ours)
        for k, other in enumerate(theirs)
        if (likeness := like(word, other)) >= LIKE
    ]
    found.sort(reverse=True)
    pairs, ours_gone, theirs_gone = [], set[int](), set[int]()
    for likeness, _, i, k in found:
        if i in ours_gone or k in theirs_gone:
            continue
        ours_gone.add(i)
        theirs_gone.add(k)
        rarer = max(weight(ours[i]), weight(theirs[k]))
        pairs.append(AlignedWord(ours[i], theirs[k], likeness, rarer))
    ours[:] = [word for i, word in enumerate(ours) if i not in ours_gone]
    theirs[:] = [word for k, word in enumerate(theirs) if k not in theirs_gone]
    return pairs


def _leftover(ours: list[str], theirs: list[str]) -> list[AlignedWord]:
    """Take out what is left of both, if it is alike as one word: a typo may fall on a space."""
    left, right = "".join(ours), "".join(theirs)
    if len(ours) + len(theirs) == 2 or min(len(left), len(right)) < _LEFT_LETTERS:
        return []
    likeness = OSA.normalized_similarity(left, right)
    if likeness < _LEFT_LIKE:
        return []
    rarer = max(weight(word) for word in (*ours, *theirs))
    pair = AlignedWord(" ".join(ours), " ".join(theirs), likeness, rarer)
    ours.clear()
    theirs.clear()
    return [pair]


def like(word: str, other: str) -> float:
    """Return how like two different words are, 0 to 1."""
    if word.isdigit() or other.isdigit():
        return 0.0  # 3 and 8 are two institutes
    short, long = sorted((word, other), key=len)
    if len(short) == 1:
        return INITIALS if long.startswith(short) and short.isascii() else 0.0
    shortest = _SHORT_TRADE if long in COMMON else _SHORT_WORD
    if len(short) >= shortest and len(long) > len(short) + 2 and long.startswith(short):
        return _SHORTENED if short.isascii() else LIKE
    return OSA.normalized_similarity(word, other)
