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
    console_public_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+$")] | None = Field(
        None,
        description="Address by which browsers reach the console, such as"
        " `https://tidegate.example`. With https its cookie is sent over nothing else. Needed for"
        " OpenID Connect.",
    )
    console_proxies: str = Field(
        "",
        description="Addresses of reverse proxies, separated by commas, whose X-Forwarded-For and"
        " X-Forwarded-Proto are believed. None where empty.",
    )
    console_session_idle_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = Field(
        30, description="A session without a request for so long ends."
    )
    console_session_hours: Annotated[int, Field(ge=1, le=7 * 24)] = Field(
        12, description="A session ends after so long in any case."
    )
    console_audit_reads: bool = Field(
        False, description="Write down who reads the data of which shipment or party."
    )
    console_proposal_hours: Annotated[int, Field(ge=1, le=30 * 24)] = Field(
        24, description="How long a proposed release waits for a second person."
    )
