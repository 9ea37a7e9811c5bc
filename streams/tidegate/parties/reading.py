"""Read a Japanese firm's name in English: Han words by a table, beside what kana already became.

三菱電機ソフトウエア is on lists as Mitsubishi Electric Software. A name that is partly in katakana
has its katakana words in English when it is folded; this gives the Han words between them. A name
of Han alone is not read: lists have those as they are.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tidegate.parties.fold import HAN, fold
from tidegate.parties.tables import rows

# Folded as part of a name: the word for a company alone is no word for folding.
_ENGLISH = {fold(row["word"]): row["english"] for row in rows("han_words.csv")}
_WORD = re.compile("|".join(sorted(map(re.escape, _ENGLISH), key=len, reverse=True)))
_RUN = re.compile(f"[{HAN}]+")
_LATIN = re.compile("[a-z]{2}")


@lru_cache(maxsize=1 << 14)
def in_english(folded: str) -> str | None:
    """Return the reading of a folded name; None where it has no Han words or no others, or where
    a Han word has no English in the table."""
    runs = _RUN.findall(folded)
    if not runs or not _LATIN.search(folded):
        return None
    if any(_WORD.sub("", run) for run in runs):
        return None
    read = _RUN.sub(lambda run: f" {_words(run[0])} ", folded)
    return fold(read)


def _words(run: str) -> str:
    return " ".join(_ENGLISH[word] for word in _WORD.findall(run))
