"""How values are written for people: sums, ages, names in their script. Pure; no HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tidegate.parties.fold import fold

MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds
EXACT_DIGITS = 6  # a sum is written out up to this many digits before the point

OUTCOMES = {
    "PROHIBITED": "Prohibited",
    "DENIAL_PRESUMED": "Denial presumed",
    "STOP_ON_KNOWLEDGE": "Stop on knowledge",
    "LICENSE_INVALID": "License invalid",
    "LICENSE_REQUIRED": "License required",
    "ENHANCED_DUE_DILIGENCE": "Enhanced due diligence",
    "REVIEW": "Review",
    "LICENSE_REQUIRED_IF_REACTIVATED": "License required if reactivated",
    "AUTHORISED": "Authorised",
    "NO_RULE_MATCHED": "No rule matched",
}
ZONES = {
    "CN": ("Asia/Shanghai", "Beijing"),
    "JP": ("Asia/Tokyo", "Tokyo"),
    "US": ("America/New_York", "Washington"),
    "EU": ("Europe/Brussels", "Brussels"),
    "TG": ("UTC", "UTC"),
}
"""Zone of the authority by the first part of a measure's id, and what people call it."""

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_HAN_LANGUAGE = {"JP": "ja", "TW": "zh-Hant", "HK": "zh-Hant", "MO": "zh-Hant"}


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written, its language where its script tells, and its folded form."""

    text: str
    lang: str | None
    folded: str | None
    """None where folding shows nothing that a reader of Latin letters does not see."""


def name_of(text: str, country: str | None = None) -> Name:
    """Return a name with what a browser needs to draw it and a reader to say it."""
    lang = _language(text, country)
    if lang is None:
        return Name(text, None, None)
    folded = fold(text)
    return Name(text, lang, folded if folded and folded != text else None)


def _language(text: str, country: str | None) -> str | None:
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    if _HAN.search(text):
        return _HAN_LANGUAGE.get(country or "", "zh-Hans")
    if _CYRILLIC.search(text):
        return "ru"
    return "ar" if _ARABIC.search(text) else None


def age(seconds: float) -> str:
    """Write a span of time with its two largest units: `3 d 4 h`. Below a minute, seconds."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
    if whole < 100 * DAY:
        return f"{whole // DAY} d {whole % DAY // HOUR} h"
    return f"{whole // DAY} d"


def count(number: float) -> str:
    """Write a number with thousands parted, and no more decimals than tell something."""
    if number == int(number):
        return f"{int(number):,}"
    return f"{number:,.1f}" if abs(number) >= 1 else f"{number:.2g}"


def short(number: float | Decimal) -> str:
    """Write a large number shortly: 48.0k, 1.2M."""
    value = float(number)
    for size, letter in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}".removesuffix(".0") + letter
    return count(value)


def money(amount: Decimal, currency: str) -> str:
    """Write a sum: in full where it is small, else shortly."""
    if abs(amount) < 10**EXACT_DIGITS:
        return f"{currency} {amount:,.0f}"
    return f"{currency} {float(amount) / 1e6:,.1f}M"


def full_money(amount: Decimal, currency: str) -> str:
    """Write a sum with all its digits."""
    return f"{currency} {amount:,.2f}"


def sums(values: Iterable[tuple[str, Decimal]]) -> str:
    """Write sums by currency, the largest first; currencies are never added to one another."""
    by_size = sorted(values, key=lambda pair: (-pair[1], pair[0]))
    return " + ".join(money(amount, currency) for currency, amount in by_size) or "none stated"


def milliseconds(seconds: float | None) -> str:
    """Write a short time."""
    if seconds is None:
        return "–"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def utc(instant: datetime) -> str:
    """Write an instant in UTC, to the minute: what stands there until the script knows better."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun: `1 hold`, `2 holds`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def outcome(word: str) -> str:
    """Write an outcome as a person would say it; an unknown one as it is."""
    return OUTCOMES.get(word, word.replace("_", " ").capitalize())


def plain(word: str) -> str:
    """Write a name from the record as words: `end_user` is `end user`."""
    return word.replace("_", " ")


def value(fact: Any) -> str:
    """Write the value of a fact."""
    if fact is None:
        return "not stated"
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    if isinstance(fact, list | tuple):
        return ", ".join(map(value, fact)) or "none"
    if isinstance(fact, dict):
        return "; ".join(f"{plain(name)} {value(inner)}" for name, inner in fact.items())
    return str(fact)


def zone_of(measure: str) -> tuple[str, str]:
    """Return the zone of a measure's authority, and its short name."""
    return ZONES.get(measure.partition("-")[0], ZONES["TG"])
