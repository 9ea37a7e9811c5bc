"""`tidegate screen`: set one name beside every list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.terminal import note, say, say_json, told_errors, wrong_use

if TYPE_CHECKING:
    from tidegate.measures.screening import Screened


def screen(
    name: Annotated[str, typer.Argument(help="The name as it is written on the papers.")],
    country: Annotated[
        str | None, typer.Option("--country", help="Where the party is (ISO 3166 alpha-2).")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    packs: Annotated[
        Path | None, typer.Option("--packs", help="Folder of restriction tables.")
    ] = None,
) -> None:
    """Show the listed parties that a name meets: exact, strong or possible, and why.

    An empty answer is not a clearance: it says that no name on these lists is like this one.
    """
    from tidegate.events.countries import COUNTRIES
    from tidegate.measures.screening import screen as screened
    from tidegate.ops.packs import load_tables
    from tidegate.ops.settings import load_settings

    if not any(map(str.isalnum, name)):
        wrong_use("NAME has no letter or digit: nothing can be compared")
    place = None if country is None else country.strip().upper()
    if place is not None and place not in COUNTRIES:
        wrong_use(f"--country {country}: not an ISO 3166 alpha-2 code, such as JP")
    with told_errors():
        settings = load_settings()
        tables = load_tables(packs or settings.packs_dir, settings.cache_dir)
    found = screened(tables.parties, name, place)
    if json_:
        hits = [one.plain() for one in found]
        answer = {"name": name, "country": place, "tables_version": tables.version, "hits": hits}
        say_json(answer)
        return
    for one in found:
        _show(one)
    if not found:
        say("No listed name is like it. That is not a clearance.")
    note(f"{len(tables.parties)} listed parties, tables {tables.version[:12]}")


def _show(one: Screened) -> None:
    entry, hit = one.entry, one.hit
    places = f" [{' '.join(entry.countries)}]" if entry.countries else ""
    say(f"{one.grade.upper()} {hit.score:.3f}  {entry.name}{places} ({entry.list}, {entry.entry})")
    say(f"  why: {one.reason}")
    if one.country != "unknown":
        say(f"  country: {one.country}")
    for word in hit.words:
        pair = f"{word.queried or '-'} : {word.listed or '-'}"
        say(f"    {pair}  like {word.likeness:.2f}, weight {word.weight:.2f}")
