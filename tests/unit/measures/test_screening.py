"""Names set beside the shipped lists: typos, Japanese forms, look-alikes, countries."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.unit.measures.test_shipped_packs import shipped
from tidegate.measures.screening import Screened, screen

JAPANESE = Path(__file__).resolve().parents[3] / "scripts" / "japanese_names.csv"


def first(name: str, country: str | None = None) -> Screened:
    return screen(shipped().parties, name, country)[0]


def japanese_names() -> list[tuple[str, str]]:
    text = JAPANESE.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in text if not line.startswith("#"))
    return [(row["name"], row["alias"]) for row in rows]


@pytest.mark.parametrize(("listed", "alias"), japanese_names())
def test_a_firms_japanese_name_is_found_first(listed: str, alias: str) -> None:
    found = first(alias, "JP")
    assert found.entry.name == listed
    assert (found.grade, found.country) == ("exact", "agrees")


@pytest.mark.parametrize(
    "name",
    [
        "三菱鉛筆株式会社",
        "三菱電機株式会社",
        "東京大学",
        "日本航空株式会社",
        "Nissin Foods",
        "Kawasaki Kisen",
        "川崎汽船株式会社",
        "三菱商事株式会社",
    ],
)
def test_an_unlisted_look_alike_is_never_strong(name: str) -> None:
    assert all(one.grade == "possible" for one in screen(shipped().parties, name, "JP")), [
        (one.entry.name, one.grade) for one in screen(shipped().parties, name, "JP")
    ]


def test_a_likeness_in_another_country_is_at_most_possible() -> None:
    there, elsewhere = first("Nacalai Tesqe Inc", "JP"), first("Nacalai Tesqe Inc", "BR")
    assert there.entry == elsewhere.entry
    assert (there.country, elsewhere.country) == ("agrees", "differs")
    assert elsewhere.grade == "possible"
    assert "listed in JP, not BR" in elsewhere.reason


def test_an_exact_name_stays_exact_wherever_it_is() -> None:
    found = first("TDK Corporation", "BR")
    assert (found.grade, found.country) == ("exact", "differs")


def test_without_a_country_nothing_is_said_of_it() -> None:
    assert first("TDK Corporation").country == "unknown"
