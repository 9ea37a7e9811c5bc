"""Settings: where values come from, and what a wrong one says."""

import os
import ssl
from pathlib import Path

import pytest

from tidegate.ops.settings import (
    Settings,
    WrongSettings,
    load_settings,
    unknown_variables,
)


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without a settings file, and no variable that counts."""
    for name in list(os.environ):
        if name.upper().startswith("TIDEGATE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(**overrides: object) -> dict[str, str]:
    with pytest.raises(WrongSettings) as caught:
        load_settings(**overrides)
    return dict(caught.value.problems)


def test_defaults_are_enough() -> None:
    settings = load_settings()
    assert settings.partitions == 8
    assert settings.event_bytes_max == 1024 * 1024
    assert settings.topic_message_bytes_max == 8 * 1024 * 1024
    assert settings.dead_letter_message_bytes_max == 16 * 1024 * 1024
    assert settings.kafka_security() == {"security_protocol": "PLAINTEXT"}


def test_options_go_before_environment_before_file(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bare / "tidegate.toml").write_text('partitions = 2\napp_id = "file"\ntopic_prefix = "f."\n')
    monkeypatch.setenv("TIDEGATE_PARTITIONS", "3")
    monkeypatch.setenv("TIDEGATE_APP_ID", "environment")
    settings = load_settings(partitions=4)
    assert (settings.partitions, settings.app_id, settings.topic_prefix) == (4, "environment", "f.")


def test_a_named_file_is_read(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare / "other.toml").write_text("metrics_port = 0\n")
    monkeypatch.setenv("TIDEGATE_CONFIG", "other.toml")
    assert load_settings().metrics_port == 0


def test_a_secret_may_be_a_file_of_its_own(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare / "tidegate.toml").write_text('kafka_sasl_password = "from the file of all"\n')
    secret = bare / "secrets" / "tidegate_kafka_sasl_password"
    secret.parent.mkdir()
    secret.write_text("from a file of its own\n")
    monkeypatch.setenv("TIDEGATE_SECRETS_DIR", "secrets")
    assert unknown_variables() == []
    password = load_settings().kafka_sasl_password
    assert password is not None
    assert password.get_secret_value() == "from a file of its own"
    monkeypatch.setenv("TIDEGATE_KAFKA_SASL_PASSWORD", "from the environment")
    password = load_settings().kafka_sasl_password
    assert password is not None
    assert password.get_secret_value() == "from the environment"


def test_a_folder_of_secrets_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_SECRETS_DIR", "nowhere")
    assert problems() == {"TIDEGATE_SECRETS_DIR": "there is no folder nowhere"}


def test_a_named_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_CONFIG", "nowhere.toml")
    assert problems() == {"TIDEGATE_CONFIG": "there is no file nowhere.toml"}


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("partitions = \n", "tidegate.toml", "not TOML"),
        ("partition = 3\n", "partition", "there is no such setting"),
        ("partitions = 0\n", "partitions", "greater than or equal to 1"),
        ('log_format = "xml"\n', "log_format", "'console' or 'json'"),
    ],
)
def test_a_wrong_file_names_setting_and_reason(bare: Path, text: str, name: str, why: str) -> None:
    (bare / "tidegate.toml").write_text(text)
    assert why in problems()[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kafka_bootstrap_servers", "localhost"),
        ("kafka_security_protocol", "TLS"),
        ("topic_prefix", "a b"),
        ("retention_days", 0),
        ("metrics_port", 70_000),
        ("session_timeout_seconds", 1),
    ],
)
def test_a_value_out_of_bounds_is_refused(name: str, value: object) -> None:
    assert list(problems(**{name: value})) == [name]


def test_all_wrong_settings_are_told_at_once() -> None:
    assert set(problems(partitions=0, log_level="LOUD")) == {"partitions", "log_level"}


def test_sasl_needs_name_and_password() -> None:
    assert "kafka_sasl_username" in problems(kafka_security_protocol="SASL_SSL")[""]


def test_a_dead_letter_must_be_able_to_hold_what_it_quotes() -> None:
    found = problems(dead_letter_message_bytes_max=8 * 1024 * 1024)
    assert "dead_letter_message_bytes_max" in found[""]


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_KAFKA_SASL_PASSWORD", "open sesame")
    with pytest.raises(WrongSettings) as caught:
        load_settings(kafka_security_protocol="SASL_SSL")
    assert "open sesame" not in str(caught.value)


def test_secrets_are_masked_when_shown_and_given_to_clients() -> None:
    settings = Settings(
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_username="me",
        kafka_sasl_password="open sesame",
    )
    assert "open sesame" not in str(settings.shown())
    assert "open sesame" not in repr(settings)
    arguments = settings.kafka_security()
    assert arguments["sasl_plain_password"] == "open sesame"
    assert isinstance(arguments["ssl_context"], ssl.SSLContext)


def test_a_missing_certificate_is_told() -> None:
    settings = Settings(kafka_security_protocol="SSL", kafka_tls_ca_file="nowhere.pem")
    with pytest.raises(WrongSettings, match="No such file"):
        settings.kafka_security()


def test_a_variable_that_sets_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_PARTITION", "3")
    monkeypatch.setenv("TIDEGATE_PARTITIONS", "3")
    assert unknown_variables() == ["TIDEGATE_PARTITION"]


def test_every_setting_says_what_it_does() -> None:
    assert [n for n, field in Settings.model_fields.items() if not field.description] == []
