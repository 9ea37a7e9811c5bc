"""Replace one step of the worker in this process."""

from __future__ import annotations

from typing import Any


def replace(owner: object, name: str, by: Any) -> None:
    """Put `by` in the place of the step `name`.

    Raises:
        AttributeError: there is no such step any more, so that a fault cannot silently be none.
    """
    getattr(owner, name)
    setattr(owner, name, by)
