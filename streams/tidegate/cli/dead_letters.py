"""`tidegate dead-letters`: what was refused and why, and putting it back once it is mended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.terminal import note, say, say_json, table, told_errors, wrong_use

if TYPE_CHECKING:
    from tidegate.events.dead_letter import DeadLetter
    from tidegate.runtime.spec import RuntimeConfig

app = typer.Typer(no_args_is_help=True, help="Records that could not be used.")

SHOWN_REASON = 90  # characters of a reason in the list
PREVIEW_BYTES = 2000
REPLAYED_FROM = "tidegate-replayed-from"
"""Header of a record that was put back: where the refused one stood."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Only from this topic.")]


@app.command("list")
def list_(topic: Topic = None, json_: Json = False) -> None:
    """Show the dead letters: where each record stood, which field is at fault, and why."""
    with told_errors():
        letters = asyncio.run(_all(topic))
    if json_:
        say_json(
            [
                {
                    **letter.model_dump(mode="json", by_alias=True, exclude={"value"}),
                    "place": _place(letter),
                    "bytes": len(letter.original_value() or b""),
                    "preview": (letter.original_value() or b"")[:PREVIEW_BYTES].decode(
                        errors="replace"
                    ),
                }
                for letter in letters
            ]
        )
        return
    rows = [
        (
            _place(letter),
            str(len(letter.original_value() or b"")),
            letter.error.field or "-",
            _shortened(letter.error.reason),
        )
        for letter in letters
    ]
    for line in table(rows, ("RECORD", "BYTES", "FIELD", "REASON")):
        say(line)
    note(f"{len(letters)} dead letters")


@app.command()
def replay(
    records: Annotated[
        list[str] | None, typer.Argument(help="Records to put back, as `list` names them.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Put back all of them.")] = False,
    topic: Topic = None,
    value: Annotated[
        Path | None, typer.Option("--value", help="Mended value, for one record.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", help="Mended key, for one record.")] = None,
    json_: Json = False,
) -> None:
    """Put refused records back on the topics they came from, as they were or mended.

    A record that is still wrong becomes a dead letter again; one that was applied meanwhile is
    a duplicate, by its revision.
    """
    wanted = set(records or ())
    if bool(wanted) == all_:
        wrong_use("name the records to put back, or say --all")
    if (value is not None or key is not None) and len(wanted) != 1:
        wrong_use("--value and --key mend one record: name exactly one")
    mended = None
    if value is not None:
        try:
            mended = value.read_bytes()
        except OSError as error:
            wrong_use(f"{value}: {error.strerror}")
    with told_errors():
        letters = [x for x in asyncio.run(_all(topic)) if all_ or _place(x) in wanted]
        missing = wanted - {_place(letter) for letter in letters}
        if missing:
            wrong_use(f"no such dead letter: {', '.join(sorted(missing))}")
        asyncio.run(_put_back(letters, mended, key))
    if json_:
        say_json({"replayed": [_place(letter) for letter in letters]})
    else:
        say(f"{len(letters)} records put back.")


def _shortened(reason: str) -> str:
    return reason if len(reason) <= SHOWN_REASON else reason[: SHOWN_REASON - 1] + "…"


def _place(letter: DeadLetter) -> str:
    return f"{letter.topic}-{letter.partition}@{letter.offset}"


def _config() -> RuntimeConfig:
    from tidegate.agents.deployment import runtime_config
    from tidegate.ops.settings import load_settings

    return runtime_config(load_settings())


async def _all(topic: str | None) -> list[DeadLetter]:
    return [letter async for letter in _read(_config()) if topic in (None, letter.topic)]


async def _read(config: RuntimeConfig) -> AsyncIterator[DeadLetter]:
    """Yield the dead letters there are now."""
    from tidegate.cli.topic_reader import read_to_end
    from tidegate.events.codec import decode
    from tidegate.events.dead_letter import DeadLetter
    from tidegate.runtime.spec import DEAD_LETTERS

    async for record in read_to_end(config, DEAD_LETTERS):
        yield decode(record.value, max_bytes=1 << 30).read(DeadLetter)


async def _put_back(letters: list[DeadLetter], mended: bytes | None, key: str | None) -> None:
    from aiokafka import AIOKafkaProducer

    config = _config()
    producer = AIOKafkaProducer(
        **config.client(), enable_idempotence=True, acks="all", max_request_size=32 * 1024 * 1024
    )
    await producer.start()
    try:
        for letter in letters:
            await producer.send_and_wait(
                config.physical(letter.topic),
                key=key.encode() if key is not None else letter.original_key(),
                value=mended if mended is not None else letter.original_value(),
                headers=[
                    *((n, v) for n, v in letter.original_headers() if n != REPLAYED_FROM),
                    (REPLAYED_FROM, _place(letter).encode()),
                ],
            )
    finally:
        await producer.stop()
