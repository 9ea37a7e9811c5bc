"""Compiled tables come back from their image as they were, or not at all."""

from __future__ import annotations

import pytest

from tests.unit.measures.packs import LISTS, files, measure, shipped
from tidegate.measures import image
from tidegate.measures.compiler import tables_from
from tidegate.measures.errors import ImageError
from tidegate.measures.image import from_image, to_image


def test_an_image_gives_the_same_tables() -> None:
    tables = shipped()
    again = from_image(to_image(tables), tables.version)
    assert again.measures == tables.measures
    assert list(again.parties) == list(tables.parties)
    assert again.boundaries_ms == tables.boundaries_ms
    assert again.alarms == tables.alarms
    assert again.known_codes == tables.known_codes
    assert again.tariff_candidates == tables.tariff_candidates
    assert again.lists == tables.lists
    for item in tables.measures:
        assert again.digest_of(item.measure.id) == tables.digest_of(item.measure.id)
    assert again.parties.meet("tdk") == tables.parties.meet("tdk") != ()


def test_every_changed_or_missing_byte_is_noticed() -> None:
    tables = tables_from(files(measure(), lists=LISTS))
    whole = to_image(tables)
    for cut in (0, 10, 40, len(whole) // 2, len(whole) - 1):
        with pytest.raises(ImageError):
            from_image(whole[:cut], tables.version)
    for position in range(0, len(whole), 7):
        broken = bytearray(whole)
        broken[position] ^= 1
        with pytest.raises(ImageError):
            from_image(bytes(broken), tables.version)


def test_an_image_of_another_version_or_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = tables_from(files(measure()))
    whole = to_image(tables)
    with pytest.raises(ImageError, match="not of"):
        from_image(whole, "0" * 32)
    monkeypatch.setattr(image, "FORMAT_VERSION", image.FORMAT_VERSION + 1)
    with pytest.raises(ImageError, match="not of"):
        from_image(whole, tables.version)


def test_an_image_from_before_a_change_in_folding_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables = tables_from(files(measure(), lists=LISTS))
    whole = to_image(tables)
    monkeypatch.setattr(image, "fold", lambda name: name.casefold() + "!")
    with pytest.raises(ImageError, match="folded"):
        from_image(whole, tables.version)
