"""The settings of the notifier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings


class NotifierSettings(BaseSettings):
    """What only `tidegate notifier` reads."""

    notifier_config: Path | None = Field(
        None, description="TOML file of the notifier's endpoints and routes; see docs/alerts.md."
    )
    notifier_lookback_hours: Annotated[float, Field(ge=0, le=24 * 365)] = Field(
        24.0,
        description="How old alerts may be that a notifier takes up when none ever ran before."
        " Later it goes on where the last one stopped, however long ago.",
    )
