"""Fold a name to the form in which two spellings of it are equal.

1. Unicode NFKC and case; each letter of another script to Latin; Han characters to one form; kana
   to romaji. Signs part words, apostrophes join them, `&` is `and`.
2. Words: single letters in a row are one (`l l c`), one spelling of each (tables/spellings.csv),
   number words are digits.
3. Legal forms go from both ends (tables/legal_forms.csv).

What comes out holds only a-z, 0-9, Han characters and single spaces, so folding it again changes
nothing. Near names are not equal here: see `index`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

from tidegate.parties.kana import romanised
from tidegate.parties.legal_forms import LegalForms
from tidegate.parties.numerals import digits
from tidegate.parties.tables import lines, rows

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3007"
_ONE_HAN = re.compile(f"[{HAN}]")
_HAN_RUN = re.compile(f"([{HAN}]+)")
_HAN_GAP = re.compile(f"(?<=[{HAN}]) +(?=[{HAN}])")
_REPEATED = re.compile("(.)々")
_FORMS = rows("legal_forms.csv")
# Written without a space anywhere in a name, so they go before words are parted.
_SPELLINGS = {row["written"]: row["word"] for row in rows("spellings.csv")}
_SIGNS = re.compile("|".join(re.escape(row["form"]) for row in _FORMS if row["where"] == "sign"))
_APOSTROPHES = frozenset("'’‘`´ʻʼʿʾ′＇·")
_MIDDLE_DOT = "·"


class _Letters(dict[int, str]):
    """What each character becomes; worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = made = self._made(chr(code))
        return made

    def _made(self, character: str) -> str:
        if _ONE_HAN.match(character):
            return character
        if character == _MIDDLE_DOT:
            return " "
        if character in _APOSTROPHES:
            return ""
        if character == "&":
            return " and "
        kind = unicodedata.category(character)[0]
        if kind in "LMN":
            letters = anyascii(character).lower()
            return "".join(letter for letter in letters if letter.isalnum())
        return " "


def _han_forms() -> dict[int, str]:
    forms = {}
    for line in lines("han.txt"):
        for character in line[1:]:
            forms[ord(character)] = line[0]
    return forms


_LETTERS = _Letters(_han_forms())


def _cleaned(name: str) -> str:
    if name.isascii():
        return name.lower().translate(_LETTERS)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    text = _SIGNS.sub(" ", _REPEATED.sub(r"\1\1", text))
    text = _HAN_RUN.sub(r" \1 ", romanised(text).translate(_LETTERS))
    return _HAN_GAP.sub("", text)


def _words(name: str) -> list[str]:
    words = _cleaned(name).split()
    if words and len(min(words, key=len)) == 1:
        words = _joined_initials(words)
    return digits([_SPELLINGS.get(word, word) for word in words])


def _joined_initials(words: list[str]) -> list[str]:
    """Join single letters: `co l l c` and `co llc` are one."""
    joined: list[str] = []
    run = ""
    for word in words:
        if len(word) == 1 and word.isalpha() and word.isascii():
            run += word
            continue
        if run:
            joined.append(run)
            run = ""
        joined.append(word)
    if run:
        joined.append(run)
    return joined


LEGAL_FORMS = LegalForms([row for row in _FORMS if row["where"] != "sign"], _words)


def fold_new(name: str) -> str:
    """Return the folded form, without remembering it: for names met once, as when lists load."""
    words = _words(name)
    while True:
        shorter, _ = LEGAL_FORMS.split(words)
        again = digits(_joined_initials(shorter))
        if again == words:
            break
        words = again
    # A name of signs alone folds to itself: two of them are not one because both have no letter.
    return " ".join(words or unicodedata.normalize("NFKC", name).casefold().split())


@lru_cache(maxsize=1 << 17)
def fold(name: str) -> str:
    """Return the folded form. Idempotent; never empty for a name with a letter or digit."""
    return fold_new(name)


def legal_classes(name: str) -> tuple[str, ...]:
    """Return the classes of the legal forms that folding takes off a name."""
    return LEGAL_FORMS.split(_words(name))[1]
