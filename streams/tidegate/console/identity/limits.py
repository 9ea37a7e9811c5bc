"""Rate limits: buckets that fill with time, by address, by person, and for sign-in.

They are this process's own. What protects a password for good is the account's lock, which the
database keeps.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from tidegate.console.problems import TooMany

BUCKETS_MAX = 50_000  # the longest unused is forgotten first


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests at once, and so many a second from there on."""

    burst: float
    a_second: float


ADDRESS = Rate(burst=600, a_second=100)
"""Many people may sit behind one address."""
PERSON = Rate(burst=300, a_second=30)
SIGN_IN = Rate(burst=20, a_second=0.2)
"""For one address; well above what a few people do who share it, far below what guessing needs."""


class Buckets:
    """One bucket for each key. Used from several threads: the worst race lets one more through."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Count a request. Raises TooMany with the time to wait."""
        now = self._clock()
        level, then = self._levels.get(key, (self._rate.burst, now))
        level = min(self._rate.burst, level + (now - then) * self._rate.a_second)
        if level < 1:
            raise TooMany(math.ceil((1 - level) / self._rate.a_second))
        self._levels[key] = (level - 1, now)
        self._levels.move_to_end(key)
        while len(self._levels) > BUCKETS_MAX:
            self._levels.popitem(last=False)


@dataclass(frozen=True)
class Limits:
    """All limits of the process."""

    addresses: Buckets = field(default_factory=lambda: Buckets(ADDRESS))
    people: Buckets = field(default_factory=lambda: Buckets(PERSON))
    sign_ins: Buckets = field(default_factory=lambda: Buckets(SIGN_IN))

    def address(self, address: str) -> None:
        """Count a request from an address. Raises TooMany."""
        self.addresses.take(address)

    def person(self, number: str) -> None:
        """Count a request of a person or of their tokens. Raises TooMany."""
        self.people.take(number)

    def sign_in(self, address: str) -> None:
        """Count a try to sign in. Raises TooMany."""
        self.sign_ins.take(address)
