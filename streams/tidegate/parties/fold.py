"""Fold a name to the form in which two spellings of it are equal.

Unicode NFKC, case, diacritics of Latin letters, punctuation and spaces, and legal forms at either
end. Folded equality is the only comparison: near names are not matched here.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_LATIN_LEGAL_FORMS = """
ltd limited co company corp corporation inc incorporated llc llp plc kk gk gmbh ag kg sa sas
sarl srl spa bv nv oy ab as aps pte pty sdn bhd jsc ooo oao zao
"""
LEGAL_FORMS = frozenset(_LATIN_LEGAL_FORMS.split())
CJK_LEGAL_FORMS = (
    "株式会社",
    "有限会社",
    "合同会社",
    "合資会社",
    "合名会社",
    "一般財団法人",
    "一般社団法人",
    "公益財団法人",
    "公益社団法人",
    "国立大学法人",
    "国立研究開発法人",
    "独立行政法人",
    "股份有限公司",
    "有限责任公司",
    "有限責任公司",
    "有限公司",
    "株式會社",
    "주식회사",
)


@lru_cache(maxsize=1 << 17)
def fold(name: str) -> str:
    """Return the folded form. Idempotent; never empty for a name with a letter or digit."""
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(
        character
        for character in unicodedata.normalize("NFKD", text)
        if not _is_latin_mark(character)
    )
    text = unicodedata.normalize("NFKC", text)
    text = text.replace("&", " and ").replace("'", "").replace("’", "")
    text = "".join(character if character.isalnum() else " " for character in text)
    before = ""
    while text != before:
        before = text
        text = _without_cjk_form(" ".join(_without_legal_forms(_joined_initials(text.split()))))
    # A name of signs alone folds to itself: two of them are not one because both have no letter.
    return text or unicodedata.normalize("NFKC", name).casefold().strip()


def _without_cjk_form(text: str) -> str:
    for form in CJK_LEGAL_FORMS:
        shorter = text.removeprefix(form).removesuffix(form).strip()
        if shorter and shorter != text:
            return shorter
    return text


def _is_latin_mark(character: str) -> bool:
    """Combining marks of the Latin blocks; kana's voicing marks (U+3099, U+309A) are letters."""
    return "\u0300" <= character <= "\u036f"


def _joined_initials(words: list[str]) -> list[str]:
    """Join single letters: `co l l c` and `co llc` are one."""
    joined: list[str] = []
    run = ""
    for word in words:
        if len(word) == 1 and word.isascii() and word.isalpha():
            run += word
            continue
        if run:
            joined.append(run)
            run = ""
        joined.append(word)
    if run:
        joined.append(run)
    return joined


def _without_legal_forms(words: list[str]) -> list[str]:
    end = len(words)
    while end > 1 and words[end - 1] in LEGAL_FORMS:
        end -= 1
    return words[:end]
