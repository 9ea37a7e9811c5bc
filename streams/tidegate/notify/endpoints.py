"""The endpoints that alerts are delivered to, as the notifier's file describes them."""

from __future__ import annotations

from base64 import b64decode
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from tidegate.events.delivery import Channel
from tidegate.notify.schedule import RETRY_SECONDS
from tidegate.notify.secrets import Address, Secret

Network = IPv4Network | IPv6Network
Seconds = Annotated[float, Field(gt=0, le=7 * 24 * 3600)]
Label = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
MailAddress = Annotated[str, Field(pattern=r"^[^\s@<>,;:\"]+@[^\s@<>,;:\"]+$")]
PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"
WEBHOOK_SECRET_BYTES_MIN = 24  # Standard Webhooks 1.0: between 24 and 64 bytes
WEBHOOK_SECRET_BYTES_MAX = 64


class _Endpoint(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    timeout_seconds: Annotated[float, Field(ge=0.1, le=60)] = 15.0
    """For one try, from looking up the name to the answer."""
    concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    """Tries under way at a time."""
    retry_seconds: Annotated[tuple[Seconds, ...], Field(max_length=50)] = RETRY_SECONDS
    """Waits after each failed try; after one more failure it is given up."""
    breaker_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 5.0
    """How long the breaker stays open at first; it doubles up to 300 s."""
    allow_networks: tuple[Network, ...] = ()
    """Networks that are not public and that this endpoint may be in."""
    ca_file: Path | None = None
    """PEM file of authorities to trust instead of the system's."""

    @field_validator("ca_file")
    @classmethod
    def _readable(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is None:
            return None
        folder: Path = (info.context or {}).get("folder", Path())
        if not (folder / value).is_file():
            raise ValueError(f"there is no file {folder / value}")
        return folder / value


class _HttpEndpoint(_Endpoint):
    url: Address

    @field_validator("url", mode="after")
    @classmethod
    def _usable(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        try:
            parts = urlsplit(value.get_secret_value())
            host, _port = parts.hostname, parts.port
        except ValueError:
            raise ValueError("not a URL") from None
        if parts.scheme not in ("https", "http") or not host:
            raise ValueError(
                "write a URL with its host, such as https://hooks.example.com/tidegate"
            )
        if parts.username is not None or parts.password is not None:
            raise ValueError("no user or password in a URL: use bearer_token")
        if parts.fragment:
            raise ValueError("a fragment (#) is never sent")
        if parts.scheme == "http" and not info.data.get("allow_networks"):
            raise ValueError("http: only within allow_networks; otherwise write https:")
        return value


class WebhookEndpoint(_HttpEndpoint):
    """A program's address; requests are signed after Standard Webhooks 1.0."""

    type: Literal[Channel.WEBHOOK]
    secrets: Annotated[tuple[Secret, ...], Field(min_length=1, max_length=8)]
    """Each signs: while a key is changed, the old and the new one."""
    bearer_token: Secret | None = None

    @field_validator("secrets", mode="after")
    @classmethod
    def _keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in value:
            text = secret.get_secret_value()
            try:
                key = b64decode(text.removeprefix("whsec_"), validate=True)
            except ValueError:
                key = b""
            if not text.startswith("whsec_") or not (
                WEBHOOK_SECRET_BYTES_MIN <= len(key) <= WEBHOOK_SECRET_BYTES_MAX
            ):
                raise ValueError(
                    "not a webhook secret: whsec_ and 24 to 64 random bytes in Base64; make one"
                    " with: echo whsec_$(openssl rand -base64 32)"
                )
        return value


class SlackEndpoint(_HttpEndpoint):
    """A Slack incoming webhook; its address is the secret."""

    type: Literal[Channel.SLACK]
    url: Secret


class PagerDutyEndpoint(_HttpEndpoint):
    """A PagerDuty service, by its Events API v2 key."""

    type: Literal[Channel.PAGERDUTY]
    url: Address = SecretStr(PAGERDUTY_URL)
    routing_key: Secret


class AlertmanagerEndpoint(_HttpEndpoint):
    """A Prometheus Alertmanager, API v2; `url` is its address without the path of the API."""

    type: Literal[Channel.ALERTMANAGER]
    bearer_token: Secret | None = None
    labels: dict[Label, str] = Field(default_factory=dict)
    """Put on every alert, for Alertmanager's own routes."""
    hold_hours: Annotated[float, Field(gt=0, le=24 * 365)] = 30 * 24
    """After this a hold that nobody told the end of ends there."""


class EmailEndpoint(_Endpoint):
    """People, by SMTP."""

    type: Literal[Channel.EMAIL]
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: Secret | None = None
    sender: MailAddress
    to: Annotated[tuple[MailAddress, ...], Field(min_length=1)]
    concurrency: Annotated[int, Field(ge=1, le=8)] = 2

    @field_validator("password", mode="after")
    @classmethod
    def _encrypted(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and info.data.get("security") == "none":
            raise ValueError("a password needs security starttls or tls")
        if value is not None and not info.data.get("username"):
            raise ValueError("a password needs a username, written before it")
        return value

    @field_validator("security", mode="after")
    @classmethod
    def _inside(cls, value: str, info: ValidationInfo) -> str:
        if value == "none" and not info.data.get("allow_networks"):
            raise ValueError("none: only within allow_networks")
        return value


HttpEndpoint = WebhookEndpoint | SlackEndpoint | PagerDutyEndpoint | AlertmanagerEndpoint
Endpoint = Annotated[HttpEndpoint | EmailEndpoint, Field(discriminator="type")]
