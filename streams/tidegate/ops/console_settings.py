"""The settings of the console."""

from __future__ import annotations

from typing import Annotated, Literal

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
    console_oidc_issuer: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = Field(
        None, description="OpenID Connect: the provider's issuer. Without it nobody signs in by it."
    )
    console_oidc_client_id: str | None = Field(
        None, description="OpenID Connect: the console's client id at the provider."
    )
    console_oidc_client_secret: SecretStr | None = Field(
        None, description="OpenID Connect: its secret; without one it is a public client."
    )
    console_oidc_scope: str = Field(
        "openid profile", description="OpenID Connect: what the provider is asked for."
    )
    console_oidc_name_claim: str = Field(
        "preferred_username", description="OpenID Connect: the claim that names a person."
    )
    console_oidc_role_claim: str = Field(
        "groups", description="OpenID Connect: the claim, a text or a list, that roles come from."
    )
    console_oidc_roles: dict[str, Literal["viewer", "analyst", "approver", "admin"]] = Field(
        default_factory=dict,
        description="OpenID Connect: which value of that claim gives which role, as JSON:"
        ' `{"trade-compliance": "analyst"}`. Who has none of them is not let in.',
    )
