"""Why a worker ended, as its supervisor sees it."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of a worker; all but DONE and WRONG_USE mean: start it again."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    """Somebody must correct something first: a setting, or a state that another version wrote."""
    STUCK = 70
    """The watchdog saw work and no progress, or an event loop that no longer turns."""
    PROCESSOR_FAILED = 71
    """One unit failed several times in a row, in a timer, a walk or a restore."""
    CONSUMER_FAILED = 72
    """The consumer ended: the broker refused it, or its thread crashed."""
