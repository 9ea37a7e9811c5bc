"""One HTTP request, ready to be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tidegate.events.delivery import Delivery
from tidegate.notify.answer import TakenAlert


@dataclass(frozen=True, slots=True)
class Request:
    """A POST. Its address and headers may hold secrets: never written anywhere."""

    url: str = field(repr=False)
    body: bytes
    headers: dict[str, str] = field(repr=False)


RequestMaker = Callable[[Delivery, Sequence[TakenAlert], datetime], Request]
"""Make the request for a delivery; the time is that of the try."""
