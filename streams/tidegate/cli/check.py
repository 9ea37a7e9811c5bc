"""`tidegate check`: decide offline what a worker would decide."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli.decision_text import decision_lines
from tidegate.cli.terminal import BAD, instant, note, say, say_json, told_errors, wrong_use

if TYPE_CHECKING:
    from tidegate.agents.offline import Offline
    from tidegate.events.decision import Decision


def check(
    file: Annotated[str, typer.Argument(help="One event or NDJSON; - reads standard input.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Decide as of this instant (RFC 3339).")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print a JSON array of decisions.")] = False,
    packs: Annotated[
        Path | None, typer.Option("--packs", help="Folder of restriction tables.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Every decision on the way, not only the last.")
    ] = False,
) -> None:
    """Decide shipments from a file: shipments, licenses and dispositions, in order, no broker.

    Each event is taken at its own time, though none after --as-of (now, by default); then the
    clock moves there.
    Exit code 1: an event could not be used; the others are decided all the same.
    """
    from tidegate.agents.offline import Offline
    from tidegate.ops.packs import load_tables
    from tidegate.ops.settings import load_settings

    at = instant(as_of)
    content = _read(file)
    with told_errors():
        settings = load_settings()
        tables = load_tables(packs or settings.packs_dir, settings.cache_dir)
    book = Offline(tables)
    refused = _apply(book, file, content, at)
    book.advance(at)
    decisions = book.history() if history else book.current()
    if json_:
        say_json([_plain(decision) for decision in decisions])
    else:
        for decision in decisions:
            _show(decision, None if history else at)
        if not decisions:
            note("No shipment to decide.")
    if refused:
        raise typer.Exit(BAD)


def _apply(book: Offline, file: str, content: bytes, at: datetime) -> int:
    """Take the events; tell those that cannot be used by line, and return how many."""
    from tidegate.events.errors import InvalidEvent

    refused = 0
    for line, event in _events(content):
        try:
            book.apply(event, at=_instant_of(event, book, at))
        except InvalidEvent as error:
            refused += 1
            note(f"{file}:{line}: {error}")
    return refused


def _instant_of(event: bytes, book: Offline, at: datetime) -> datetime:
    """Return an event's own time, but never one after --as-of: that is when it is decided."""
    from tidegate.events.codec import decode

    return min(decode(event).time or book.clock or at, at)


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        wrong_use(f"{file}: {error.strerror}")


def _events(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (line, event): NDJSON, or one event that may be spread over lines."""
    content = content.removeprefix(codecs.BOM_UTF8)
    lines = [(n, line) for n, line in enumerate(content.split(b"\n"), 1) if line.strip()]
    if len(lines) > 1 and not _is_object(content) and any(_is_object(line) for _, line in lines):
        yield from lines
    elif lines:
        # Also where nothing is an object: the fault is told once, not for each line of an event.
        yield lines[0][0], content


def _is_object(content: bytes) -> bool:
    from tidegate.events.codec import parse_json
    from tidegate.events.errors import InvalidEvent

    try:
        return isinstance(parse_json(content), dict)
    except InvalidEvent:
        return False


def _plain(decision: Decision) -> dict[str, Any]:
    return decision.model_dump(mode="json", by_alias=True, exclude_none=True)


def _show(decision: Decision, until: datetime | None) -> None:
    for line in decision_lines(decision):
        say(line)
    decided = _text(decision.as_of)
    held = "" if until is None or until == decision.as_of else f", the same until {_text(until)}"
    say(f"  decided as of {decided}{held}, tables {decision.tables_version[:12]}")


def _text(instant_: datetime) -> str:
    return instant_.isoformat(timespec="seconds")
