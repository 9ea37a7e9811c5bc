"""Units of quantity: which measure the same thing, and how much of it.

Codes of UNECE Recommendation 20. Factors are exact by definition: the international pound and yard
(1959), the US and imperial gallon, the curie. What a package holds is not known, so packages, sets
and rolls are not converted into anything.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal, localcontext

_FACTORS = {
    "mass, kg": """
        KGM 1 GRM 0.001 MGM 0.000001 MC 0.000000001 CGM 0.00001 DG 0.0001 DJ 0.01 HGM 0.1 DTN 100
        TNE 1000 KTN 1000000 CTM 0.0002 LBR 0.45359237 ONZ 0.028349523125 APZ 0.0311034768
        GRN 0.00006479891 CWA 45.359237 CWI 50.80234544 STN 907.18474 LTN 1016.0469088
    """,
    "volume, l": """
        LTR 1 MLT 0.001 CLT 0.01 DLT 0.1 HLT 100 MTQ 1000 DMQ 1 CMQ 0.001 MMQ 0.000001
        GLL 3.785411784 GLI 4.54609 BLL 158.987294928 FTQ 28.316846592 INQ 0.016387064
    """,
    "length, m": """
        MTR 1 DMT 0.1 CMT 0.01 MMT 0.001 KMT 1000 INH 0.0254 FOT 0.3048 YRD 0.9144 SMI 1609.344
    """,
    "area, m2": """
        MTK 1 DMK 0.01 CMK 0.0001 MMK 0.000001 HAR 10000 INK 0.00064516 FTK 0.09290304
        YDK 0.83612736
    """,
    "articles": """
        C62 1 EA 1 H87 1 NAR 1 NMB 1 PR 2 NPR 2 HD 6 DZN 12 DPR 24 CEN 100 GRO 144 MIL 1000
    """,
    "activity, Bq": "BQL 1 2Q 1000 4N 1000000 GBQ 1000000000 MCU 37000000 CUR 37000000000",
}


_ONE = Decimal(1)
_MILLIONTH = Decimal("0.000001")
EXACT = Context(prec=120)
"""Room for any quantity that an event may state, times any factor, summed over any number."""


def _table() -> dict[str, tuple[str, Decimal]]:
    table = {}
    for measure, text in _FACTORS.items():
        words = text.split()
        for unit, factor in zip(words[::2], words[1::2], strict=True):
            table[unit] = (measure, Decimal(factor))
    return table


_UNITS = _table()


def base(quantity: Decimal, unit: str) -> tuple[str, Decimal]:
    """Return what a quantity measures, and how much of it in that measure's own unit.

    A unit that is not in the table measures itself. Exact: nothing is rounded.
    """
    measure, factor = _UNITS.get(unit, (unit, _ONE))
    with localcontext(EXACT):
        return measure, quantity * factor


def in_unit(amount: Decimal, unit: str) -> Decimal:
    """Return an amount in its measure's own unit as so many of `unit`, for people to read.

    Rounded down to the millionth: what is shown as free is free.
    """
    _, factor = _UNITS.get(unit, (unit, _ONE))
    with localcontext(EXACT):
        return (amount / factor).quantize(_MILLIONTH, rounding=ROUND_FLOOR)


def same_measure(unit: str, other: str) -> bool:
    """Say whether two units measure the same thing; equal ones do, whatever they are."""
    return _UNITS.get(unit, (unit,))[0] == _UNITS.get(other, (other,))[0]
