"""The settings of the notifier."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class NotifierSettings(BaseSettings):
    """What only `tidegate notifier` reads."""

    notifier_config: Path | None = Field(
        None, description="TOML file of endpoints and routes; see docs."
    )
