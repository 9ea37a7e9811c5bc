"""Where a page of rows ended, as a text that a client hands back for the next one."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

PAGE_ROWS = 50
MOST_ROWS = 500


class WrongCursor(ValueError):
    """The text is no cursor of this list in this order."""


def encoded(*key: Any) -> str:
    """Return the sort key of a page's last row as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decoded(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """Return the sort key that a cursor holds.

    Args:
        cursor: What `encoded` returned.
        kinds: The type that each part must have.

    Raises:
        WrongCursor: it is none, or one of another order.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise WrongCursor("not a cursor that this list gave") from None
    good = isinstance(key, list) and [type(part) for part in key] == list(kinds)
    if not good or any(type(part) is int and abs(part) >= 2**63 for part in key):
        raise WrongCursor("the cursor belongs to another list or order")
    return tuple(key)
