"""Quantities are compared in units that measure the same thing, exactly, and in no others."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.licenses.units import base, in_unit, same_measure

amounts = st.decimals(min_value=0, max_value=10**12, places=6)


@pytest.mark.parametrize(
    ("quantity", "unit", "than", "than_unit", "more"),
    [
        ("1", "TNE", "1000", "KGM", False),
        ("1.000001", "TNE", "1000", "KGM", True),
        ("999999.9", "GRM", "1000", "KGM", False),
        ("1000", "KGM", "2204.62", "LBR", True),  # 2204.6226...
        ("1000", "KGM", "2204.63", "LBR", False),
        ("16", "ONZ", "1", "LBR", False),
        ("1", "MTQ", "1000", "LTR", False),
        ("42", "GLL", "1", "BLL", False),  # a petroleum barrel is 42 US gallons
        ("3", "FOT", "1", "YRD", False),
        ("13", "H87", "1", "DZN", True),
        ("37", "GBQ", "1", "CUR", False),
        ("1", "KGM", "1", "LTR", None),
        ("1", "XBX", "1", "KGM", None),
        ("2", "XBX", "1", "XBX", True),
        ("1", "KGM", "1", "", None),
    ],
)
def test_quantities_are_compared(
    quantity: str, unit: str, than: str, than_unit: str, more: bool | None
) -> None:
    assert same_measure(unit, than_unit) is (more is not None)
    assert is_more(Decimal(quantity), unit, Decimal(than), than_unit) is more


def is_more(quantity: Decimal, unit: str, than: Decimal, than_unit: str) -> bool | None:
    (measure, amount), (other, limit) = base(quantity, unit), base(than, than_unit)
    return amount > limit if measure == other else None


def test_what_is_shown_as_free_is_free() -> None:
    """A third of a dozen has no last digit: it is shown a little less, never more."""
    _, amount = base(Decimal(4), "H87")
    assert in_unit(amount, "DZN") == Decimal("0.333333")
    assert in_unit(amount, "H87") == Decimal(4)


@given(amounts, amounts)
def test_a_change_of_both_units_changes_no_answer(one: Decimal, other: Decimal) -> None:
    assert is_more(one, "KGM", other, "KGM") == is_more(one * 1000, "GRM", other, "KGM")
    assert is_more(one, "LBR", other, "ONZ") == (one * 16 > other)
