"""`tidegate lists`: bring lists as authorities publish them into the form that packs name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.terminal import bad, note, say, say_json, told_errors, wrong_use

if TYPE_CHECKING:
    from tidegate.measures.importers.imported import Imported

app = typer.Typer(no_args_is_help=True, help="Import lists of named parties.")


class Format(StrEnum):
    """How the source is written."""

    CSL = "csl"
    OFAC = "ofac"
    PLAIN = "plain"


@app.command("import")
def import_(
    format_: Annotated[
        Format,
        typer.Argument(
            metavar="FORMAT",
            help="csl: the US Consolidated Screening List; ofac: SDN.CSV; plain: your own.",
        ),
    ],
    file: Annotated[Path, typer.Argument(help="The file as it was published.")],
    out: Annotated[Path, typer.Option("--out", help="The list to write.")],
    expect: Annotated[
        int | None, typer.Option("--expect", min=0, help="Entries that the source announces.")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="csl: only sources with this text.")
    ] = None,
    aliases: Annotated[Path | None, typer.Option("--aliases", help="ofac: ALT.CSV.")] = None,
    instrument: Annotated[
        str | None, typer.Option("--instrument", help="plain: what decisions cite.")
    ] = None,
    encoding: Annotated[
        str, typer.Option("--encoding", help="ofac, plain: utf-8, or say windows-1252.")
    ] = "utf-8",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a list that a pack can name, and say what the pack must state of it.

    Nothing is written where a row cannot be read, or where the announced number of entries is not
    the number read.
    """
    from tidegate.measures.importers import imported

    _check_options(format_, source, aliases, instrument, encoding)
    with told_errors():
        try:
            found = _entries(format_, file, source or [], aliases, instrument or "", encoding)
            imported.expect(file.name, found, expect)
            head = [f"Imported from {file.name} ({format_}): {len(found)} entries."]
            content = imported.canonical(found, head)
            out.write_bytes(content)
        except OSError as error:
            bad(f"{error.filename}: {error.strerror}")
    counts, names = imported.counts(found), sum(len(entry.names) for entry in found)
    if json_:
        say_json({"file": str(out), "entries": len(found), "names": names, "counts": counts})
        return
    say(f"{out}: {len(found)} entries, {names} names")
    say("A pack that names it states:")
    say("    counts:")
    for of, number in counts.items():
        say(f'      "{of}": {number}')
    if expect is None:
        note("The number of entries was not compared with the source's own: --expect N does.")


def _check_options(
    format_: Format,
    source: list[str] | None,
    aliases: Path | None,
    instrument: str | None,
    encoding: str,
) -> None:
    import codecs

    if source and format_ is not Format.CSL:
        wrong_use("--source goes with csl only")
    if aliases is not None and format_ is not Format.OFAC:
        wrong_use("--aliases goes with ofac only")
    if (instrument is not None) != (format_ is Format.PLAIN):
        wrong_use('plain needs --instrument, such as "Own watch list of 2026-11-01"; others do not')
    if format_ is Format.CSL and encoding != "utf-8":
        wrong_use("--encoding: csl is UTF-8")
    try:
        codecs.lookup(encoding)
    except LookupError:
        wrong_use(f"--encoding {encoding}: no such encoding")


def _entries(
    format_: Format,
    file: Path,
    sources: list[str],
    aliases: Path | None,
    instrument: str,
    encoding: str,
) -> list[Imported]:
    from tidegate.measures.importers import csl, ofac, plain

    content = file.read_bytes()
    if format_ is Format.CSL:
        return csl.entries(file.name, content, sources)
    if format_ is Format.OFAC:
        more = b"" if aliases is None else aliases.read_bytes()
        known_as = "" if aliases is None else aliases.name
        return ofac.entries(file.name, content, known_as, more, encoding)
    return plain.entries(file.name, content, instrument, encoding)
