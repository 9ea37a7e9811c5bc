"""Round numbers for an axis, and places on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from 0 to a round number."""

    most: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Return where a value is, from 0 to 1; what is outside is put at the nearer end."""
        return min(1.0, max(0.0, value / self.most))


def axis(largest: float, ticks: int = 4) -> Axis:
    """Return an axis that holds `largest`, with at most so many steps of a round size.

    Nothing above zero gives an axis from 0 to 1, so that an empty chart can be drawn too.
    """
    if not math.isfinite(largest) or largest <= 0:
        return Axis(1.0, (0.0, 1.0))
    size = 10 ** math.floor(math.log10(largest / ticks))
    step = next(size * s for s in STEPS if size * s * ticks >= largest * (1 - 1e-9))
    count = math.ceil(largest / step * (1 - 1e-9))
    return Axis(step * count, tuple(step * n for n in range(count + 1)))


def percent(share: float) -> str:
    """Write a share as an SVG length."""
    return f"{share * 100:.2f}%"
