"""Read the settings of a process from the environment and one optional TOML file.

The environment (`TIDEGATE_*`) goes before files of single values in the folder that
`TIDEGATE_SECRETS_DIR` names (how containers are given secrets), and those before the TOML file: the
one that `TIDEGATE_CONFIG` names, else `./tidegate.toml` where it exists.
"""

from __future__ import annotations

import os
import ssl
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tidegate.ops.console_settings import ConsoleSettings
from tidegate.ops.notifier_settings import NotifierSettings

PREFIX = "TIDEGATE_"
CONFIG_VARIABLE = "TIDEGATE_CONFIG"
SECRETS_VARIABLE = "TIDEGATE_SECRETS_DIR"
CONFIG_FILE = Path("tidegate.toml")
MEBIBYTE = 1024 * 1024
FIVE_YEARS_DAYS = 5 * 365 + 2  # five years hold two leap days at most


class WrongSettings(ValueError):
    """A setting can't be used; the text names each one and the reason. The exit code is 2."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        """Take (setting, reason) pairs; the setting is empty where the whole is meant."""
        self.problems = problems
        super().__init__("\n".join(f"{name}: {why}" if name else why for name, why in problems))


def default_packs_dir() -> Path:
    """Return where the packs that ship lie: in the package, or beside it in a working tree."""
    package = Path(__file__).parents[1]
    inside = package / "packs"
    return inside if inside.is_dir() else package.parents[1] / "packs"


def default_cache_dir() -> Path:
    """Return the user's cache folder for Tidegate (XDG Base Directory)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tidegate"


def default_state_dir() -> Path:
    """Return the user's state folder for Tidegate (XDG Base Directory)."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "tidegate"


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=100)]


class Settings(ConsoleSettings, NotifierSettings):
    """What is in force in this process. Values are checked once, when they are read."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    kafka_bootstrap_servers: Annotated[str, Field(pattern=r"^[^\s,]+:\d+(,[^\s,]+:\d+)*$")] = Field(
        "localhost:9092", description="Brokers to start from: host:port, separated by commas."
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How connections to Kafka are protected."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="How the client proves who it is, with a SASL protocol."
    )
    kafka_sasl_username: str | None = Field(None, description="User name for SASL.")
    kafka_sasl_password: SecretStr | None = Field(None, description="Password for SASL.")
    kafka_tls_ca_file: Path | None = Field(
        None, description="PEM file of authorities to trust; the system's where it is not set."
    )
    kafka_tls_cert_file: Path | None = Field(
        None, description="PEM file of the client's certificate, for mutual TLS."
    )
    kafka_tls_key_file: Path | None = Field(None, description="PEM file of the client's key.")
    kafka_tls_key_password: SecretStr | None = Field(
        None, description="Password of the client's key."
    )

    topic_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*$", max_length=100)] = Field(
        "", description="Put before the name of every topic and of the consumer group."
    )
    app_id: Name = Field("tidegate", description="Consumer group, and start of transactional ids.")
    instance_id: Name | None = Field(
        None,
        description="This worker's name for static membership: the same after a restart, different"
        " for every worker. With it a restart within the session timeout moves no partition.",
    )
    partitions: Annotated[int, Field(ge=1, le=1000)] = Field(
        8, description="Partitions of every topic but trade.measures. Fixed once topics exist."
    )
    replication_factor: Annotated[int, Field(ge=1, le=10)] | None = Field(
        None, description="Copies of every topic; the broker's default where it is not set."
    )
    retention_days: Annotated[int, Field(ge=1)] = Field(
        FIVE_YEARS_DAYS,
        description="How long inputs, decisions, tables and the journal are kept. Regulations on"
        " the Export Control of Dual-Use Items, article 27, ask for five years.",
    )

    event_bytes_max: Annotated[int, Field(ge=1024)] = Field(
        MEBIBYTE, description="Largest event that is read; a larger one is a dead letter."
    )
    topic_message_bytes_max: Annotated[int, Field(ge=1024)] = Field(
        8 * MEBIBYTE,
        description="Largest batch that a topic takes. Well above event_bytes_max, so that an"
        " event that is too large becomes a dead letter and not a failure at its producer.",
    )
    dead_letter_message_bytes_max: Annotated[int, Field(ge=1024)] = Field(
        16 * MEBIBYTE,
        description="Largest batch of trade.dead-letters, which holds the original in Base64.",
    )

    packs_dir: Path = Field(
        default_factory=default_packs_dir, description="Folder of the restriction tables."
    )
    cache_dir: Path = Field(
        default_factory=default_cache_dir,
        description="Folder for what can be built again: compiled tables, indexes.",
    )

    state_dir: Path = Field(
        default_factory=default_state_dir,
        description="Folder of the workers' state. Local, and of the size of all open shipments and"
        " licenses; what is lost of it is rebuilt from the changelogs.",
    )
    closed_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        30,
        description="How long a closed shipment is remembered, so that no late event revives it."
        " Well above the time for which producers send again.",
    )

    hold_alert_delay_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        5.0, description="How long the alert of a hold waits for the owners of its licenses."
    )
    hold_service_level_hours: Annotated[float, Field(ge=0, le=24 * 365)] = Field(
        72.0,
        description="A hold that lasts longer is told of once more; 0: no hold ever is.",
    )
    practice_interval_seconds: Annotated[float, Field(ge=1, le=24 * 3600)] = Field(
        30.0,
        description="How long a change in what is observed of civil exports waits at most until it"
        " is published.",
    )
    notice_days: Annotated[tuple[Annotated[float, Field(gt=0, le=365)], ...], NoDecode] = Field(
        (7.0, 1.0),
        description="How many days ahead it is told what happens by itself (measures that start,"
        " end, are suspended or come back; licenses and certificates that expire): numbers,"
        " separated by commas, each told once; empty: nothing is.",
    )
    transaction_records_max: Annotated[int, Field(ge=1)] = Field(
        2000, description="Input records that one transaction takes at most."
    )
    transaction_walk_keys_max: Annotated[int, Field(ge=1)] = Field(
        200, description="Keys of a walk over the state that one transaction takes at most."
    )
    transaction_timers_max: Annotated[int, Field(ge=1)] = Field(
        500, description="Timers that one transaction fires at most."
    )
    transaction_timeout_seconds: Annotated[float, Field(ge=1, le=900)] = Field(
        10.0, description="After this the broker ends a dead worker's open transaction."
    )
    session_timeout_seconds: Annotated[float, Field(ge=6, le=1800)] = Field(
        10.0, description="After this a silent worker's partitions go to others."
    )
    clock_ahead_seconds_max: Annotated[float, Field(ge=0)] = Field(
        5.0, description="How far a partition's clock may be ahead of the broker's time."
    )
    stuck_after_seconds: Annotated[float, Field(ge=1)] = Field(
        60.0, description="A worker with work and no progress for this long ends itself."
    )

    metrics_host: str = Field("127.0.0.1", description="Address that serves metrics and health.")
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        9464, description="Port that serves metrics and health; 0 takes a free one."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level that is logged."
    )
    log_format: Literal["console", "json"] = Field("console", description="Form of log lines.")

    @field_validator("notice_days", mode="before")
    @classmethod
    def _numbers(cls, value: Any) -> Any:
        """Read numbers as an environment variable has them: `7,1`."""
        if not isinstance(value, str):
            return value
        return tuple(word.strip() for word in value.split(",") if word.strip())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from arguments, the environment, files of secrets, and the TOML file."""
        secrets = SecretsSettingsSource(settings_cls, secrets_dir=secrets_folder())
        file = TomlConfigSettingsSource(settings_cls, toml_file=config_file())
        return init_settings, env_settings, secrets, file

    @model_validator(mode="after")
    def _check_together(self) -> Settings:
        if self.kafka_security_protocol.startswith("SASL") and not (
            self.kafka_sasl_username and self.kafka_sasl_password
        ):
            raise ValueError(
                "kafka_security_protocol is SASL: kafka_sasl_username and kafka_sasl_password are"
                " needed"
            )
        if self.kafka_tls_key_file and not self.kafka_tls_cert_file:
            raise ValueError("kafka_tls_key_file needs kafka_tls_cert_file")
        if self.topic_message_bytes_max < self.event_bytes_max:
            raise ValueError("topic_message_bytes_max must not be below event_bytes_max")
        # Base64 makes three bytes four, and the letter has fields of its own.
        if self.dead_letter_message_bytes_max < self.topic_message_bytes_max * 3 // 2:
            raise ValueError(
                "dead_letter_message_bytes_max must be at least one and a half times"
                " topic_message_bytes_max"
            )
        return self

    def kafka_security(self) -> dict[str, Any]:
        """Return what every aiokafka client takes to be let in.

        Raises WrongSettings when a certificate or key file can't be used.
        """
        arguments: dict[str, Any] = {"security_protocol": self.kafka_security_protocol}
        if self.kafka_security_protocol.endswith("SSL"):
            arguments["ssl_context"] = self._ssl_context()
        if self.kafka_security_protocol.startswith("SASL"):
            assert self.kafka_sasl_password is not None
            arguments["sasl_mechanism"] = self.kafka_sasl_mechanism
            arguments["sasl_plain_username"] = self.kafka_sasl_username
            arguments["sasl_plain_password"] = self.kafka_sasl_password.get_secret_value()
        return arguments

    def _ssl_context(self) -> ssl.SSLContext:
        from aiokafka.helpers import create_ssl_context  # late: `check` starts without a client

        password = self.kafka_tls_key_password
        try:
            return create_ssl_context(
                cafile=self.kafka_tls_ca_file,
                certfile=self.kafka_tls_cert_file,
                keyfile=self.kafka_tls_key_file,
                password=password.get_secret_value() if password else None,
            )
        except (OSError, ssl.SSLError) as error:
            raise WrongSettings((("kafka_tls_*_file", str(error)),)) from None

    def shown(self) -> dict[str, str]:
        """Return every setting as text, secrets masked, for a person to read."""
        return {name: str(getattr(self, name)) for name in type(self).model_fields}


def config_file() -> Path | None:
    """Return the TOML file in force, None where there is none."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    return CONFIG_FILE if CONFIG_FILE.is_file() else None


def secrets_folder() -> Path | None:
    """Return the folder of files that are named like variables, None where none is named."""
    named = os.environ.get(SECRETS_VARIABLE)
    return Path(named) if named else None


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `overrides` (options of a command) go before all else.

    Raises WrongSettings, naming every setting at fault, without its value: it may be a secret.
    """
    file = config_file()
    if file is not None and not file.is_file():
        raise WrongSettings(((CONFIG_VARIABLE, f"there is no file {file}"),))
    secrets = secrets_folder()
    if secrets is not None and not secrets.is_dir():
        raise WrongSettings(((SECRETS_VARIABLE, f"there is no folder {secrets}"),))
    try:
        return Settings(**overrides)
    except tomllib.TOMLDecodeError as error:
        raise WrongSettings(((str(file), f"not TOML: {error}"),)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings(((str(file), f"can't be read: {error}"),)) from None
    except ValidationError as error:
        raise WrongSettings(tuple(_problem(dict(found)) for found in error.errors())) from None


def unknown_variables() -> list[str]:
    """Return the names of `TIDEGATE_*` variables that set nothing: most are typing slips."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    known |= {CONFIG_VARIABLE, SECRETS_VARIABLE}
    return sorted(
        name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known
    )


def _problem(found: dict[str, Any]) -> tuple[str, str]:
    name = ".".join(str(part) for part in found["loc"])
    if found["type"] == "extra_forbidden":
        return name, "there is no such setting"
    return name, str(found["msg"]).removeprefix("Value error, ")
