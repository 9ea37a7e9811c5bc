"""How commands speak: results on stdout, everything else on stderr; exit codes in one place."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NoReturn

import typer

DONE = 0
BAD = 1  # the answer is bad
WRONG_USE = 2


def say(text: str) -> None:
    """Write a line of the result."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Write a line about how it goes, for the person at the terminal."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say_json(value: Any) -> None:
    """Write the result for a program."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def wrong_use(text: str) -> NoReturn:
    """End because the command was called wrongly."""
    note(f"tidegate: {text}")
    raise typer.Exit(WRONG_USE)


def bad(text: str) -> NoReturn:
    """End because the answer is bad."""
    note(f"tidegate: {text}")
    raise typer.Exit(BAD)


def instant(text: str | None, option: str = "--as-of") -> datetime:
    """Read an option: an RFC 3339 time with its offset; now, where it is not given."""
    from tidegate.events.values import EARLIEST_YEAR, LATEST_YEAR

    if text is None:
        return datetime.now(UTC)
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        wrong_use(f"{option} {text}: write an RFC 3339 time, such as 2026-02-24T00:00:00+08:00")
    if value.tzinfo is None:
        wrong_use(f"{option} {text}: has no offset; write 2026-02-24T00:00:00+08:00 or ...Z")
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        wrong_use(f"{option} {text}: year must be {EARLIEST_YEAR} to {LATEST_YEAR}")
    return value.astimezone(UTC)


def table(rows: Iterable[tuple[str, ...]], header: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a plain table, columns padded to their widest cell."""
    lines = [header, *rows]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        cells = [
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Count the columns a text takes: a Chinese or Japanese character takes two."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn the errors that a person can mend into words and an exit code, without a traceback."""
    from tidegate.measures.errors import TablesError
    from tidegate.ops.settings import WrongSettings

    try:
        yield
    except WrongSettings as error:
        wrong_use(f"settings: {error}")
    except TablesError as error:
        bad(str(error))
    except Exception as error:
        if not _is_kafka(error):
            raise
        from tidegate.ops.settings import load_settings

        bad(kafka_words(error, load_settings().kafka_bootstrap_servers))


def kafka_words(error: Exception, servers: str) -> str:
    """Say a client's error for a person: where, what, and how to find out more."""
    from aiokafka.errors import KafkaConnectionError, UnknownTopicOrPartitionError

    if isinstance(error, KafkaConnectionError):
        found = f"no broker answers at {servers} (TIDEGATE_KAFKA_BOOTSTRAP_SERVERS)"
    elif isinstance(error, UnknownTopicOrPartitionError) and not error.args:
        found = f"a topic is missing at {servers}; `tidegate topics create` makes it"
    else:
        found = str(error) or type(error).__name__
    return f"Kafka: {found}. `tidegate doctor` looks for the cause."


def _is_kafka(error: Exception) -> bool:
    """Say whether it is the client's, without importing a client that was not in use."""
    module = sys.modules.get("aiokafka.errors")
    return module is not None and isinstance(error, module.KafkaError)
