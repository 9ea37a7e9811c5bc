"""The settings of the console."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class ConsoleSettings(BaseSettings):
    """What only `tidegate console` reads."""

    console_host: str = Field("127.0.0.1", description="Address that the console serves.")
    console_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8080, description="Port that the console serves; 0 takes a free one."
    )
    console_database_url: SecretStr | None = Field(
        None,
        description="The console's database, as SQLAlchemy writes it:"
        " `postgresql+psycopg://user:password@host/name`. SQLite in state_dir where not set.",
    )
