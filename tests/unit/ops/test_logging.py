"""Logging: one form for all lines, and no secret in any."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from tidegate.ops.logging import MASK, configure_logging


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """JSON log lines; pytest's own handlers are put back afterwards."""
    yield from _written("json")


@pytest.fixture
def text() -> Iterator[io.StringIO]:
    """Log lines for people."""
    yield from _written("console")


def _written(form: str) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging("INFO", form, stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_own_and_library_lines_have_one_form(lines: io.StringIO) -> None:
    structlog.get_logger("tidegate.test").info("decided", decision_id="D-1", party="三菱")
    logging.getLogger("aiokafka").warning("broker %s is gone", 7)
    own, library = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert own["event"] == "decided"
    assert own["decision_id"] == "D-1"
    assert own["party"] == "三菱"
    assert library["event"] == "broker 7 is gone"
    for line in (own, library):
        assert line["timestamp"].endswith("Z")
        assert line["level"] in ("info", "warning")
        assert line["logger"]


def test_lines_below_the_level_are_not_written(lines: io.StringIO) -> None:
    structlog.get_logger("tidegate.test").debug("quiet")
    logging.getLogger("aiokafka").debug("quiet")
    assert lines.getvalue() == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "sesame"},
        {"kafka_sasl_password": "sesame"},
        {"headers": {"Authorization": "Bearer sesame"}},
        {"url": "postgresql://me:sesame@localhost/db"},
        {"text": "AIOKafkaClient(sasl_plain_password='sesame', x=1)"},
        {"options": [{"api_key": "sesame"}]},
    ],
)
def test_secrets_are_masked(lines: io.StringIO, fields: dict[str, object]) -> None:
    structlog.get_logger("tidegate.test").info("connect", **fields)
    assert "sesame" not in lines.getvalue()
    assert MASK in lines.getvalue()


def test_a_secret_in_a_library_line_is_masked(lines: io.StringIO) -> None:
    logging.getLogger("library").error("login failed: password=%s", "sesame")
    assert "sesame" not in lines.getvalue()


def test_an_exception_comes_with_its_trace(lines: io.StringIO) -> None:
    try:
        raise ValueError("token=sesame")
    except ValueError:
        logging.getLogger("library").exception("failed")
    line = json.loads(lines.getvalue())
    assert "ValueError" in line["exception"]
    assert "sesame" not in line["exception"]


def test_the_console_form_is_for_people() -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    try:
        configure_logging("INFO", "console", stream)
        structlog.get_logger("tidegate.test").info("decided", password="sesame")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    assert "decided" in stream.getvalue()
    assert "sesame" not in stream.getvalue()


def test_a_traceback_for_people_is_plain_and_shows_no_local_variable(text: io.StringIO) -> None:
    unnamed = "sesame"
    try:
        raise ValueError(f"wrong by {len(unnamed)}: password='sesame'")
    except ValueError:
        structlog.get_logger("tidegate.test").exception("failed")
    assert "ValueError: wrong by 6" in text.getvalue()
    assert "unnamed" not in text.getvalue().replace("len(unnamed)", "")
    assert "sesame" not in text.getvalue()
    assert len(text.getvalue().splitlines()) < 10
