"""Write number words as digits: `forty four`, `first` and `3rd` are 44, 1 and 3."""

from __future__ import annotations

import re

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth"),
    *("sixth", "seventh", "eighth", "ninth", "tenth"),
)
# Without those that are names or initials as well: i, v, x, vi, xi.
_ROMAN = {"ii": 2, "iii": 3, "iv": 4, "vii": 7, "viii": 8, "ix": 9, "xii": 12, "xiii": 13}
_VALUES = {
    **{word: value for value, word in enumerate(_UNITS)},
    **{word: value for value, word in enumerate(_ORDINALS, 1)},
    **_ROMAN,
}
_TENS_VALUES = {word: value * 10 for value, word in enumerate(_TENS, 2)}
_WORDS = frozenset(_VALUES) | frozenset(_TENS_VALUES)
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_FIRST_TEN = 10


def digits(words: list[str]) -> list[str]:
    """Return the words with number words as digits."""
    if _WORDS.isdisjoint(words):
        if not any(word[0].isdigit() for word in words):
            return words
        return [_ORDINAL.sub(r"\1", word) for word in words]
    numbered: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word in _TENS_VALUES:
            value = _TENS_VALUES[word]
            unit = _unit(words[at]) if at < len(words) else 0
            if unit:
                at += 1
            numbered.append(str(value + unit))
        elif word in _VALUES:
            numbered.append(str(_VALUES[word]))
        else:
            numbered.append(_ORDINAL.sub(r"\1", word))
    return numbered


def _unit(word: str) -> int:
    """Return 1 to 9 for a digit or its word, else 0."""
    value = int(word) if len(word) == 1 and word.isdigit() else _VALUES.get(word, 0)
    return value if 0 < value < _FIRST_TEN and word not in _ROMAN else 0
