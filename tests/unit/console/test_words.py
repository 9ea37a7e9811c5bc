"""Values as people read them."""

from decimal import Decimal

import pytest

from tidegate.console.pages.words import age, count, money, name_of, short, sums, zone_of


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),  # a clock that is a little behind
        (59.9, "59 s"),
        (60, "1 min"),
        (3600, "1 h 0 min"),
        (86399, "23 h 59 min"),
        (90000, "1 d 1 h"),
        (100 * 86400, "100 d"),
    ],
)
def test_an_age_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert age(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (12345, "12,345"), (2.54, "2.5"), (0.034, "0.034")]
)
def test_a_number_has_no_more_decimals_than_tell_something(number: float, text: str) -> None:
    assert count(number) == text


@pytest.mark.parametrize(
    ("number", "text"), [(999, "999"), (48000, "48k"), (1_250_000, "1.2M"), (3e9, "3bn")]
)
def test_a_large_number_is_short(number: float, text: str) -> None:
    assert short(number) == text


def test_sums_of_two_currencies_stay_two() -> None:
    assert sums([("JPY", Decimal(900)), ("USD", Decimal("1500000"))]) == "USD 1.5M + JPY 900"
    assert sums([]) == "none stated"
    assert money(Decimal("48000.00"), "USD") == "USD 48,000"


@pytest.mark.parametrize(
    ("text", "country", "lang"),
    [
        ("三菱造船株式会社", "JP", "ja"),
        ("中国电子科技集团", "CN", "zh-Hans"),
        ("台灣積體電路", "TW", "zh-Hant"),
        ("ミツビシ", None, "ja"),  # kana tells without a country
        ("한국전자", "KR", "ko"),
        ("Завод", "RU", "ru"),
        ("Example Materials", "JP", None),
    ],
)
def test_a_name_is_drawn_in_the_language_of_its_script(
    text: str, country: str, lang: str | None
) -> None:
    assert name_of(text, country).lang == lang


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Завод", "zavod"),
        ("三菱造船株式会社", "三菱造船"),
        ("中国电子科技集团", None),  # folding changes nothing
        ("Example Materials Ltd", None),  # a reader of Latin letters sees it as it is
    ],
)
def test_a_name_in_another_script_has_its_folded_form_beside(text: str, folded: str | None) -> None:
    assert name_of(text).folded == folded


def test_a_measure_s_authority_has_a_zone() -> None:
    assert zone_of("CN-JP-01") == ("Asia/Shanghai", "Beijing")
    assert zone_of("TG-NO-GOODS") == ("UTC", "UTC")
