"""Score two names: which words they share, by weight, and how many letters differ.

A logistic on a few features, each of which may only raise or only lower the score (but `length`).
Its weights were fitted once on damage done to listed names, on names put together from two listed
ones, and on labelled pairs; docs/screening.md says how and what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import NamedTuple

from rapidfuzz.distance import OSA

from tidegate.parties.align import AlignedWord
from tidegate.parties.words import words_of


class Features(NamedTuple):
    """What the score sees. All are 0 to 1 but `length`, which a very long name takes above."""

    unlike: float
    """How unlike the worst pair of words is, squared: a typo or two leave most of a word."""
    second: float
    """Weight of the second heaviest word in common: two rare words are seldom met by chance."""
    total: float
    """Weight of all words in common, as a share of three."""
    length: float
    """Letters of the shorter name, as a logarithm: short names are alike by chance."""
    lacking: float
    """Letters, by weight of their words, that the listed name lacks: twelve are all."""
    whole: float
    """1 where each word of the queried name has its word in the listed one."""
    covered: float
    """1 where each word of the listed name has its word in the queried one."""
    edits: float
    """Letters to change, add, drop or swap, up to three, as a share of three: typos are few."""


_MOST_EDITS = 3
_MOST_LACKING = 12
_MOST_TOTAL = 3
_TELLING_LETTERS = 8
"""A word in common that has fewer counts for less: a short word is soon another one."""


def features(queried: str, listed: str, words: Sequence[AlignedWord]) -> Features:
    """Return the features of two folded names whose words are aligned."""
    unlike = first = second = total = lacking = 0.0
    whole = covered = 1.0
    for word in words:
        if not word.listed:
            lacking += len(word.queried) * word.weight
            whole = 0.0
        elif not word.queried:
            covered = 0.0
        else:
            letters = min(len(word.queried), len(word.listed), _TELLING_LETTERS)
            shared = word.weight * word.likeness * word.likeness * letters / _TELLING_LETTERS
            total += shared
            first, second = max(first, shared), max(second, min(first, shared))
            if not word.is_initials:
                unlike = max(unlike, (1 - word.likeness) ** 2)
    left, right = "".join(words_of(queried)), "".join(words_of(listed))
    return Features(
        unlike=unlike,
        second=second,
        total=min(total, _MOST_TOTAL) / _MOST_TOTAL,
        length=log(max(1, min(len(left), len(right)))) / log(40),
        lacking=min(lacking, _MOST_LACKING) / _MOST_LACKING,
        whole=whole,
        covered=covered,
        edits=min(_edits(left, right, words), _MOST_EDITS) / _MOST_EDITS,
    )


def _edits(left: str, right: str, words: Sequence[AlignedWord]) -> int:
    """Count the letters that differ; the order of the words is no difference."""
    edits = OSA.distance(left, right)
    if edits * 10 <= max(len(left), len(right)):
        return edits
    ours = "".join(word.queried for word in words)
    theirs = "".join(word.listed for word in words)
    return min(edits, OSA.distance(ours, theirs))


BIAS = 2.55
WEIGHTS = Features(
    unlike=-1.68,
    second=0.73,
    total=2.32,
    length=-0.29,
    lacking=-2.19,
    whole=2.48,
    covered=1.26,
    edits=-6.82,
)


def score(found: Features) -> float:
    """Return how surely the two names are one, 0 to 1."""
    total = BIAS + sum(weight * value for weight, value in zip(WEIGHTS, found, strict=True))
    return 1 / (1 + exp(-total))
