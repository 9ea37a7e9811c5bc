"""Companies for the events that are measured with: many, unlike each other, none of them real.

A name is a town, the word 'Example', two stems, a trade and a legal form. A forwarder meets the
same companies again, some daily and most seldom: of each country's `COMPANIES`, one in ten gets
about a third of the shipments. `bench.costs` has a row in which nobody is met twice.
"""

from __future__ import annotations

from tidegate.cli.traffic.places import FORMS, MAKERS, TOWNS, TRADES

_STEMS = ("Alma", "Boreal", "Cedar", "Delta", "Ember", "Fjord", "Granit", "Helio", "Indigo", "Juno")
_ENDS = ("works", "line", "tec", "form", "dyne", "ware", "mark", "port", "craft", "gate")
TRADES_AND_MAKERS = TRADES + MAKERS
_KINDS = TRADES_AND_MAKERS


COMPANIES = 3_000
"""In each country; together some tens of thousands, more than a worker's small memos hold."""
_SCATTER = 2_654_435_761
"""Knuth's multiplier: neighbouring numbers get unlike facts, without a random generator's cost."""


def company(dice: int, country: str) -> tuple[str, str]:
    """Return the name and address of the company that a throw of 32 bits meets."""
    share = dice % 2**32 / 2**32
    number = int(COMPANIES * share * share) * _SCATTER % 2**32
    return named(number, country), address(number, country)


def named(number: int, country: str) -> str:
    """Return the name of the company of this number; numbers far apart may share one."""
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
