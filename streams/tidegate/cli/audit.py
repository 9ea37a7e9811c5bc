"""`tidegate audit`: whether what people decided still stands in the log as it was written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.terminal import BAD, note, say, say_json, table, told_errors, wrong_use

if TYPE_CHECKING:
    from tidegate.events.chain import Head, Verdict

app = typer.Typer(no_args_is_help=True, help="Whether the log of decisions by people is whole.")


@app.callback()
def _root() -> None:
    """Whether the log of decisions by people is whole."""


@app.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option(
            "--head",
            help="An end of the chain that was written down before, as NUMBER:HASH; it must still"
            " be in the log.",
        ),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read trade.dispositions, and find what was changed, taken away, moved or put in twice.

    The console's dispositions stand in one chain of hashes; those of other senders do not, and are
    counted only. Write down the end that is printed, where nobody can change it: with `--head` it
    is told later whether the end was cut off, or all of the chain written anew. Exit code 1: the
    log is not what it was.
    """
    noted = None if head is None else _head(head)
    with told_errors():
        verdict = asyncio.run(_verdict(noted))
    if json_:
        _say_json(verdict)
    else:
        _say(verdict)
    if verdict.findings:
        raise typer.Exit(BAD)


def _head(text: str) -> Head:
    from tidegate.events.chain import Head

    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != len(Head().hash):
        wrong_use(f"--head {text}: write NUMBER:HASH, as `tidegate audit verify` prints it")
    return Head(int(number), digest)


async def _verdict(noted: Head | None) -> Verdict:
    from tidegate.agents.deployment import runtime_config
    from tidegate.agents.topics import DISPOSITIONS
    from tidegate.cli.topic_reader import read_to_end
    from tidegate.events.chain import Entry, verify
    from tidegate.ops.settings import load_settings
    from tidegate.runtime.offsets import Offsets

    config = runtime_config(load_settings())
    entries = [
        Entry(record.partition, record.offset, record.key, record.value)
        async for record in read_to_end(config, DISPOSITIONS)
    ]
    offsets = Offsets(config)
    try:
        count = (await offsets.partitions([DISPOSITIONS]))[DISPOSITIONS]
        firsts = [
            first
            for number in range(count)
            for first in (await offsets.earliest([DISPOSITIONS], number)).values()
        ]
    finally:
        await offsets.stop()
    # What retention took is no finding; then the chain begins where the topic does.
    return verify(entries, noted, whole=not any(firsts))


def _say(verdict: Verdict) -> None:
    rows = [
        (finding.kind, str(finding.sequence), finding.place or "-", finding.text)
        for finding in verdict.findings
    ]
    if rows:
        for line in table(rows, ("WHAT", "NUMBER", "RECORD", "HOW")):
            say(line)
    else:
        say("The chain is whole." if verdict.chained else "Nothing is chained yet.")
    if verdict.chained:
        say(f"end: {verdict.head.sequence}:{verdict.head.hash}")
    first = f", from number {verdict.first} on" if verdict.first not in (None, 1) else ""
    note(
        f"{verdict.chained} dispositions of the console{first}; {verdict.unchained} of others,"
        " which no hash protects"
    )


def _say_json(verdict: Verdict) -> None:
    say_json(
        {
            "whole": not verdict.findings,
            "records": verdict.records,
            "chained": verdict.chained,
            "unchained": verdict.unchained,
            "first": verdict.first,
            "head": {"sequence": verdict.head.sequence, "hash": verdict.head.hash},
            "findings": [
                {
                    "kind": finding.kind,
                    "sequence": finding.sequence,
                    "record": finding.place,
                    "text": finding.text,
                }
                for finding in verdict.findings
            ],
        }
    )
