"""Names to ask for: listed ones with typos and other damage, and ones that are on no list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tidegate.parties.words import COMMON, words_of

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST = 5
"""Shorter names have too few letters for a typo to leave anything."""


def typos(rng: Random, name: str, count: int) -> str:
    """Return the name with letters set, dropped, put in or swapped, `count` times."""
    letters = list(name)
    for _ in range(count):
        at, kind = rng.randrange(len(letters)), rng.choice("sdit")
        if kind == "s":
            letters[at] = rng.choice(LETTERS)
        elif kind == "d" and len(letters) > 1:
            del letters[at]
        elif kind == "i":
            letters.insert(at, rng.choice(LETTERS))
        elif at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def turned(rng: Random, name: str, _: int = 0) -> str:
    """Return the name with its words in another order."""
    words = name.split()
    rng.shuffle(words)
    return " ".join(words)


def joined(rng: Random, name: str, _: int = 0) -> str:
    """Return the name with two words written as one."""
    words = name.split()
    if len(words) < 2:
        return name
    at = rng.randrange(len(words) - 1)
    return " ".join([*words[:at], words[at] + words[at + 1], *words[at + 2 :]])


def split(rng: Random, name: str, _: int = 0) -> str:
    """Return the name with its longest word written as two."""
    words = name.split()
    longest = max(range(len(words)), key=lambda at: len(words[at]))
    word = words[longest]
    if len(word) < SHORTEST:
        return name
    at = rng.randrange(2, len(word) - 2)
    return " ".join([*words[:longest], word[:at], word[at:], *words[longest + 1 :]])


Damage = Callable[[Random, str, int], str]


def unlisted(rng: Random, listed: Sequence[str], known: frozenset[str], count: int) -> list[str]:
    """Return names that are on no list: the first half of one and the second half of another.

    One that differs from a listed name by common words and single letters alone is left out: it is
    that name, written short or long.
    """
    told = {_telling(name) for name in known}
    found: list[str] = []
    while len(found) < count:
        one, other = rng.choice(listed).split(), rng.choice(listed).split()
        name = " ".join(one[: max(1, len(one) // 2)] + other[len(other) // 2 :])
        if name not in known and _telling(name) not in told:
            found.append(name)
    return found


def _telling(name: str) -> frozenset[str]:
    words = frozenset(words_of(name))
    return frozenset(word for word in words if len(word) > 1 and word not in COMMON) or words
