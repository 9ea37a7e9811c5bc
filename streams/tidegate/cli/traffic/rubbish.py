"""Records that nobody can use, one kind for each way in which senders go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

OVERSIZE_BYTES = 5_000_000
MANY_PARTIES = 10_000
BOMB_DEPTH = 2_000

Event = dict[str, Any]
"""A valid shipment event, to be spoiled."""


def _dump(event: Event) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()


def _changed(event: Event, **changes: Any) -> bytes:
    return _dump({**event, "data": {**event["data"], **changes}})


def _first_item(event: Event, **changes: Any) -> bytes:
    first, *rest = event["data"]["items"]
    return _changed(event, items=[{**first, **changes}, *rest])


def _missing(event: Event) -> bytes:
    data = {name: value for name, value in event["data"].items() if name != "status"}
    return _dump({**event, "data": data})


def _many_parties(event: Event) -> bytes:
    party = event["data"]["parties"][0]
    return _changed(event, parties=[party] * MANY_PARTIES)


def _bomb(event: Event) -> bytes:
    return b'{"specversion":"1.0","data":' + b"[" * BOMB_DEPTH + b"]" * BOMB_DEPTH + b"}"


def _oversize(event: Event) -> bytes:
    return _changed(event, note="x" * OVERSIZE_BYTES)


def _same(event: Event) -> bytes:
    return _dump(event)


MAKERS: dict[str, Callable[[Event], bytes | None]] = {
    "not_json": lambda event: _dump(event)[:-20],
    "not_utf8": lambda event: _dump(event).replace(b"Example", b"Ex\xffmple"),
    "wrong_type": lambda event: _changed(event, revision="three"),
    "missing_field": _missing,
    "unknown_enum": lambda event: _changed(event, status="teleported"),
    "negative_quantity": lambda event: _first_item(event, quantity="-5"),
    "absurd_date": lambda event: _changed(
        event, documents=[{"type": "undertaking", "valid_to": "9999-12-31"}]
    ),
    "null_value": lambda event: None,
    "wrong_key": _same,
    "nested_bomb": _bomb,
    "ten_thousand_parties": _many_parties,
    "oversize": _oversize,
}
"""By kind. `wrong_key` is a good event under the key of another shipment."""

_LARGE = ("ten_thousand_parties", "oversize")
_LARGE_SHARE = 0.02


def choose(random: Random) -> str:
    """Return a kind; the large ones are rare, or they would be most of the bytes."""
    if random.random() < _LARGE_SHARE:
        return random.choice(_LARGE)
    return random.choice([kind for kind in MAKERS if kind not in _LARGE])
