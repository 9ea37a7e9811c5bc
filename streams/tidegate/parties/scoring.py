"""Score two names: which words they share, by weight, and how many letters differ.

A logistic on a few features, each of which may only raise or only lower the score (but `length`).
Its weights were fitted once on typos made in listed names, on names put together from two listed
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

    lacking: float
    """Weight of the heaviest word of the queried name that the listed one lacks."""
    added: float
    """Weight of the heaviest word of the listed name that the queried one lacks."""
    changed: float
    """The heaviest change within a word: its weight by how unlike the two are."""
    unlike: float
    """How unlike the worst pair of words is."""
    second: float
    """Weight of the second heaviest word in common: two rare words are seldom met by chance."""
    edits: float
    """Letters to change, add, drop or swap, up to six, as a share of six: typos are few."""
    length: float
    """Letters of the shorter name, as a logarithm: short names are alike by chance."""


_MOST_EDITS = 6


def features(queried: str, listed: str, words: Sequence[AlignedWord]) -> Features:
    """Return the features of two folded names whose words are aligned."""
    lacking = added = changed = unlike = first = second = 0.0
    for word in words:
        if not word.listed:
            lacking = max(lacking, word.weight)
        elif not word.queried:
            added = max(added, word.weight)
        else:
            shared = word.weight * word.likeness * word.likeness
            first, second = max(first, shared), max(second, min(first, shared))
            changed = max(changed, word.weight * (1 - word.likeness))
            unlike = max(unlike, 1 - word.likeness)
    left, right = "".join(words_of(queried)), "".join(words_of(listed))
    edits = OSA.distance(left, right)
    if edits * 10 > max(len(left), len(right)):
        # The order of the words is no difference.
        ours = "".join(word.queried for word in words)
        theirs = "".join(word.listed for word in words)
        edits = min(edits, OSA.distance(ours, theirs))
    return Features(
        lacking=lacking,
        added=added,
        changed=changed,
        unlike=unlike,
        second=second,
        edits=min(edits, _MOST_EDITS) / _MOST_EDITS,
        length=log(max(1, min(len(left), len(right)))) / log(40),
    )


BIAS = 3.77
WEIGHTS = Features(
    lacking=-2.77, added=-0.76, changed=-0.31, unlike=-1.07, second=2.47, edits=-4.66, length=-1.13
)


def score(found: Features) -> float:
    """Return how surely the two names are one, 0 to 1."""
    total = BIAS + sum(weight * value for weight, value in zip(WEIGHTS, found, strict=True))
    return 1 / (1 + exp(-total))
