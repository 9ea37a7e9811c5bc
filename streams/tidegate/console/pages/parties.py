"""Parties as a page: screen a name, see why it matched, and what people marked as false."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from tidegate.console.identity.audit import write_read
from tidegate.console.identity.guard import Reader
from tidegate.console.pages.view import page, tables_of
from tidegate.console.parts import console_of
from tidegate.console.store.records import SaidRecord, disposition_page
from tidegate.events.countries import COUNTRIES
from tidegate.events.disposition import DispositionKind
from tidegate.measures.screening import screen
from tidegate.measures.validity import to_ms

SHOWN_MARKS = 200
NAME_CHARACTERS_MAX = 500

router = APIRouter()


@router.get("/parties")
def parties(request: Request, person: Reader, name: str = "", country: str = "") -> HTMLResponse:
    """Show the listed parties that a name meets, and the positive list."""
    console = console_of(request)
    tables = tables_of(console)
    name, country = name.strip()[:NAME_CHARACTERS_MAX], country.strip().upper()
    problem = None
    if name and not any(map(str.isalnum, name)):
        problem = "The name has no letter or digit: nothing can be compared."
    elif country and country not in COUNTRIES:
        problem = f"{country} is no country code of ISO 3166, such as JP."
    elif name and tables is None:
        problem = "No tables are in force here yet: publish them, or wait until they are built."
    asked = bool(name) and problem is None
    hits = screen(tables.parties, name, country or None) if asked and tables is not None else ()
    if asked:
        write_read(request, person, name)
    with console.database.read() as connection:
        marked = disposition_page(
            connection, kind=DispositionKind.FALSE_MATCH, limit=SHOWN_MARKS
        ).rows
        withdrawn = disposition_page(
            connection, kind=DispositionKind.WITHDRAW, limit=SHOWN_MARKS
        ).rows
    return page(
        request,
        person,
        "parties.html",
        name=name,
        country=country,
        problem=problem,
        asked=asked,
        hits=hits,
        marked=[one for one in marked if not _taken_back(one, withdrawn)],
        now_ms=to_ms(console.now()),
    )


def _taken_back(marked: SaidRecord, withdrawn: tuple[SaidRecord, ...]) -> bool:
    said = marked.disposition
    return any(
        (one.disposition.party, one.disposition.entry) == (said.party, said.entry)
        and one.written_at > marked.written_at
        for one in withdrawn
    )
