"""Japanese names that are partly in katakana, read in English."""

from __future__ import annotations

import pytest

from tidegate.parties.fold import fold
from tidegate.parties.index import NameIndex
from tidegate.parties.reading import in_english


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("三菱電機ソフトウエア株式会社", "mitsubishi electric software"),
        ("株式会社日立アドバンストシステムズ", "hitachi advanced systems"),
        ("伊藤忠アビエーション株式会社", "itochu aviation"),
        ("富士通ネットワークソリューションズ", "fujitsu network solutions"),
        ("三菱電機株式会社", None),  # Han alone: lists have it as it is
        ("Mitsubishi Electric", None),
        ("薔薇ソフトウエア", None),  # no word of the table
    ],
)
def test_han_words_beside_katakana_are_read(name: str, english: str | None) -> None:
    assert in_english(fold(name)) == english


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("ティーディーケイ", "tdk"),
        ("ジェイエムユーディフェンスシステムズ", "jmu defense systems"),
        ("エヌイーシー", "nec"),
        ("ケイ", "kei"),
    ],
)
def test_letters_called_by_name_are_letters(name: str, letters: str) -> None:
    assert fold(name) == letters


def test_a_reading_is_strong_at_most_and_says_so() -> None:
    index = NameIndex([fold("Mitsubishi Electric Software Corporation"), fold("三菱鉛筆")])
    (hit,) = index.hits(fold("三菱電機ソフトウエア株式会社"))
    assert hit.grade == "strong"
    assert hit.score < 1
    assert hit.reason == "read as mitsubishi electric software; the same name"
    assert not index.hits(fold("三菱電機トレーディング株式会社"))
