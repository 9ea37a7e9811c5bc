"""Names folded: what is equal afterwards, and what is not."""

from __future__ import annotations

import pytest

from tidegate.parties.fold import fold
from tidegate.parties.tables import lines, rows

EQUAL = [
    ("三菱電機株式会社", "三菱电机股份有限公司"),
    ("防衛大学校", "防卫大学校"),
    ("日本電気研究所", "日本电气研究所"),
    ("髙島﨑衞星", "高岛崎卫星"),
    ("佐々木製作所", "佐佐木製作所"),
    ("ｶﾜｻｷ", "カワサキ"),
    ("かわさき", "カワサキ"),
    ("Société Générale S.A.", "SOCIETE GENERALE"),
    ("ООО «Роснефть»", "Rosneft LLC"),
    ("Müller & Söhne GmbH & Co. KG", "muller and sohne"),
    ("44th Research Institute", "Forty-Fourth Research Institute"),
    ("World War II Museum", "World War 2 Museum"),
    ("O'Brien Pte. Ltd.", "OBrien"),
    ("주식회사 한화", "한화"),
    ("川崎・ヘビー・インダストリーズ", "川崎 Heavy Industries"),
    ("First Int'l Defence Organisation", "1st International Defense Organization"),
    ("株式会社IHIエアロスペース・エンジニアリング", "IHI Aerospace Engineering"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_two_spellings_of_a_name_are_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("三菱電機", "三菱電器"),
        ("Institute 3", "Institute 8"),
        ("Bando", "Pando"),
        ("Limited", "Company"),
        ("!!!", "???"),
    ],
)
def test_two_names_stay_two(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_the_han_table_is_closed() -> None:
    """No character folds to one that folds on: folding once is enough."""
    forms = lines("han.txt")
    folded = {character for line in forms for character in line[1:]}
    assert len(forms) > 3000
    assert folded.isdisjoint(line[0] for line in forms)
    assert sum(len(line) - 1 for line in forms) == len(folded)


def test_legal_forms_are_known_in_many_languages() -> None:
    found = rows("legal_forms.csv")
    assert len({row["language"] for row in found}) >= 12
    for row in found:
        if row["where"] != "sign":
            assert fold(f"Kvaxor {row['form']}") == "kvaxor", row


def test_each_katakana_word_folds_to_its_english() -> None:
    for line in lines("kana_words.txt"):
        kana, english = line.split(" ", 1)
        assert fold(f"Kvaxor {kana} Zump") == fold(f"Kvaxor {english} Zump")
