"""Companies for the events that are measured with: many, unlike each other, and none of them real.

A name is a town, the word 'Example', two stems, a trade and a legal form: some 40,000 for each
country, so that whatever keeps folded or looked-up names keeps no small set of them.
"""

from __future__ import annotations

from tidegate.cli.traffic.places import FORMS, MAKERS, TOWNS, TRADES

_STEMS = ("Alma", "Boreal", "Cedar", "Delta", "Ember", "Fjord", "Granit", "Helio", "Indigo", "Juno")
_ENDS = ("works", "line", "tec", "form", "dyne", "ware", "mark", "port", "craft", "gate")
_KINDS = TRADES + MAKERS


def company(number: int, country: str) -> str:
    """Return the company of this number in a country; numbers far apart may share one."""
    number, town = divmod(number, len(TOWNS[country]))
    number, kind = divmod(number, len(_KINDS))
    number, stem = divmod(number, len(_STEMS))
    number, end = divmod(number, len(_ENDS))
    branch = number % 5
    name = f"{TOWNS[country][town]} Example {_STEMS[stem]}{_ENDS[end]} {_KINDS[kind]}"
    return f"{name} {FORMS[country]}" if branch == 0 else f"{name} No. {branch} {FORMS[country]}"


def address(number: int, country: str) -> str:
    """Return an address of a company."""
    towns = TOWNS[country]
    return f"{number % 380 + 1} Harbour Road, {towns[number % len(towns)]} {number % 9000 + 1000}"
