"""The templates: escaped, strict about what they name, with the words of the house."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from tidegate.console.pages import words
from tidegate.console.pages.assets import assets
from tidegate.console.pages.charts.bars import bar
from tidegate.console.pages.facts import path_words


@cache
def environment() -> Environment:
    """Return the environment of all pages."""
    made = Environment(
        loader=PackageLoader("tidegate.console.pages"),
        autoescape=True,
        # A name that a template has wrong is an error in a test, not a hole in a page.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "age": words.age,
        "count": words.count,
        "short": words.short,
        "money": words.money,
        "full_money": words.full_money,
        "sums": words.sums,
        "milliseconds": words.milliseconds,
        "outcome": words.outcome,
        "plain": words.plain,
        "utc": words.utc,
        "in_zone": in_zone,
        "fact": path_words,
        "value": words.value,
        "pretty": pretty,
    }
    made.globals |= {
        "asset": lambda name: assets().url(name),
        "bar": bar,
        "name_of": words.name_of,
        "plural": words.plural,
        "zone_of": words.zone_of,
    }
    return made


def draw(template: str, **context: Any) -> str:
    """Return a page."""
    now = context.pop("now", None) or datetime.now(UTC)
    return environment().get_template(template).render(now=now, **context)


def in_zone(instant: datetime, zone: str) -> str:
    """Write an instant as the clock of a zone shows it, to the minute."""
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def pretty(body: str) -> str:
    """Write a record's JSON with a line for each field, its values as they were sent."""
    return json.dumps(json.loads(body, parse_float=str), indent=1, ensure_ascii=False)
