"""What came back from one try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from tidegate.events.alert import Alert
from tidegate.events.codec import decode
from tidegate.events.delivery import AttemptResult, Delivery


class TakenAlert:
    """An alert as it stands on its topic; parsed when somebody asks."""

    def __init__(self, value: bytes) -> None:
        self.value = value
        """The record's own bytes."""

    @cached_property
    def alert(self) -> Alert:
        """The alert. Raises InvalidEvent when the record holds none."""
        return decode(self.value).read(Alert)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a try came out, and what the receiver asked for."""

    result: AttemptResult
    code: int | None = None
    detail: str = ""
    retry_after_seconds: float | None = None
    gone: bool = False
    """410 (Gone): it wants nothing any more."""
    about_message: bool = False
    """It refused this message, not all: the endpoint is well."""


class Sender(Protocol):
    """Speaks to one endpoint."""

    async def send(self, delivery: Delivery, alerts: Sequence[TakenAlert]) -> Answer:
        """Try once, within the endpoint's timeout. It never raises for what the receiver does."""

    async def close(self) -> None:
        """Let go of connections."""
