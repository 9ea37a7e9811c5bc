"""Names met in a small list: grades, their reasons, and what generic words may not do."""

from __future__ import annotations

import random

import pytest

from tidegate.parties.align import LIKE, align, like
from tidegate.parties.fold import fold
from tidegate.parties.hit import Grade, Hit
from tidegate.parties.index import NameIndex
from tidegate.parties.rarity import weight

LISTED = (
    "Mitsubishi Heavy Industries Aero Engines, Ltd.",
    "三菱电机软件株式会社",
    "三菱材料株式会社",
    "东京科学大学",
    "日本宇宙航空研究开发机构",
    "Kawasaki Heavy Industries Aerospace Systems Company",
    "Nissin Electric Co., Ltd.",
    "Rostec Technologies",
    "Zarubezhneft International Trading",
    "Almaz Antey Concern",
    "Bank Melli Iran",
    "ODK AO",
    "Petrochemical Commercial Company International",
    "Institute 8 of Physics",
    *(f"{a}{b} {c}" for a in ("Kor", "Tal", "Ven", "Sig") for b in ("dan", "mek", "sov", "rit")
      for c in ("Shipping", "Trading", "Technology", "Logistics", "Export")),
)  # fmt: skip


@pytest.fixture(scope="module")
def index() -> NameIndex:
    return NameIndex(map(fold, LISTED))


def best(index: NameIndex, name: str) -> Hit | None:
    return next(iter(index.hits(fold(name))), None)


def graded(index: NameIndex, name: str) -> Grade | None:
    hit = best(index, name)
    return None if hit is None else hit.grade


@pytest.mark.parametrize("name", LISTED)
def test_each_listed_name_is_found_first_and_exactly(index: NameIndex, name: str) -> None:
    hit = best(index, name)
    assert hit is not None
    assert (hit.listed, hit.grade, hit.score) == (fold(name), "exact", 1.0)
    assert hit.reason == "the same name"


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("Zarubezneft International Trading", "Zarubezhneft International Trading"),
        ("Almaz-Antei Concern", "Almaz Antey Concern"),
        ("AlmazAntey Concern", "Almaz Antey Concern"),
        ("Concern Almaz Antey", "Almaz Antey Concern"),
        ("Kawasaki Heavy Industres Aerospace Systems", "Kawasaki Heavy Industries Aerospace"),
        ("AlmazxAntey Concern", "Almaz Antey Concern"),  # a typo on the space
        ("Zarubezhneft Internatoinal Trding", "Zarubezhneft International Trading"),
    ],
)
def test_a_misspelt_name_is_found(index: NameIndex, name: str, listed: str) -> None:
    hit = best(index, name)
    assert hit is not None
    assert hit.listed.startswith(fold(listed))
    assert hit.grade != "exact"
    assert hit.score < 1


@pytest.mark.parametrize(
    "name",
    [
        "三菱鉛筆株式会社",
        "三菱電機株式会社",
        "東京大学",
        "日本航空",
        "Nissin Foods",
        "Kawasaki Kisen",
        "International Trading Company",
        "Petrochemical Trading International",
    ],
)
def test_a_shared_generic_word_never_makes_a_strong_hit(index: NameIndex, name: str) -> None:
    assert graded(index, name) in (None, "possible")


@pytest.mark.parametrize(
    "name",
    ["TDK", "Global Technology Company", "Acme Bicycles", "株式会社日本", "Trading", "Institute 3"],
)
def test_names_that_share_only_generic_words_do_not_meet(index: NameIndex, name: str) -> None:
    assert best(index, name) is None


def test_a_hit_tells_what_differs(index: NameIndex) -> None:
    hit = best(index, "Rostek Technologies")
    assert hit is not None
    assert "rostek for rostec" in hit.reason
    words = {word["queried"]: word for word in hit.plain()["words"]}
    assert words["rostek"]["listed"] == "rostec"
    assert 0 < words["rostek"]["likeness"] < 1
    assert words["technologies"]["weight"] < words["rostek"]["weight"]


def test_an_index_without_names_meets_nothing() -> None:
    assert NameIndex(()).hits("anything") == ()


def test_the_order_of_the_lists_changes_no_answer(index: NameIndex) -> None:
    names = list(LISTED)
    random.Random(5).shuffle(names)
    other = NameIndex(map(fold, names))
    for name in ("Kordan Shiping", "Talmek Tradng", "三菱電機ソフトウェア", "Institute 8 Physics"):
        assert other.hits(fold(name)) == index.hits(fold(name))


def test_common_words_alone_meet_only_all_of_them_in_another_order() -> None:
    small = NameIndex(["russian national commercial bank"])
    assert [hit.grade for hit in small.hits("commercial national bank russian")] == ["possible"]
    assert not small.hits("national commercial bank")


def test_a_family_name_may_stand_first_or_last() -> None:
    crowd = [f"dm{middle}try ust{other}nov" for middle in "aeiouy" for other in "aeiouy"]
    index = NameIndex(["dmitry ustinov", *crowd, *(f"{name} jr" for name in crowd)])
    assert index.hits("ustinov dmitry")[0].listed == "dmitry ustinov"


def test_the_score_of_two_names_does_not_hang_on_the_list() -> None:
    queried, listed = fold("Zarubezneft Trading"), fold("Zarubezhneft International Trading")
    small, large = NameIndex([listed]), NameIndex(map(fold, LISTED))
    assert small.hits(queried) == large.hits(queried)[:1]


def test_a_misspelt_common_word_weighs_as_little_as_the_common_one() -> None:
    assert weight("internatoinal") == weight("international") < weight("lukoil")
    assert weight("mohamed") < weight("zarubezhneft") == 1


def test_initials_stand_for_their_words() -> None:
    words = align(("jc", "juncker"), ("jean", "claude", "juncker"))
    assert [(word.queried, word.listed) for word in words] == [
        ("juncker", "juncker"),
        ("jc", "jean claude"),
    ]


@pytest.mark.parametrize(
    ("short", "long", "stands_for"),
    [
        ("ind", "industry", True),  # a trade, in three letters
        ("tech", "technology", True),
        ("volgo", "volgograd", True),  # a name's own word, in four and more
        ("bay", "baykal", False),  # three letters begin many names
        ("teh", "technology", False),
    ],
)
def test_a_shortened_word_stands_for_the_long_one(short: str, long: str, stands_for: bool) -> None:
    assert (like(short, long) >= LIKE) is stands_for
    assert like(long, short) == like(short, long)
