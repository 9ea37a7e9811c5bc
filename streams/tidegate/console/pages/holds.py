"""The hold queue as a page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from tidegate.console.desk import cases
from tidegate.console.identity.guard import Reader
from tidegate.console.identity.roles import Permission
from tidegate.console.pages.forms import Chosen
from tidegate.console.pages.navigation import address
from tidegate.console.pages.view import page
from tidegate.console.parts import console_of
from tidegate.console.store.holds import HoldFilter, HoldSort, hold_page
from tidegate.console.store.overview import held_by_destination, held_by_measure
from tidegate.events.decision import Action, Outcome

router = APIRouter()

AGES = {
    "": ("Any time", HoldFilter()),
    "1h": ("More than 1 hour", HoldFilter(at_least=timedelta(hours=1))),
    "1d": ("More than 1 day", HoldFilter(at_least=timedelta(days=1))),
    "3d": ("More than 3 days", HoldFilter(at_least=timedelta(days=3))),
    "7d": ("More than 7 days", HoldFilter(at_least=timedelta(days=7))),
    "new": ("Less than 1 hour", HoldFilter(less_than=timedelta(hours=1))),
}
CHOSEN = ("action", "measure", "outcome", "destination", "party", "shipment", "age", "assignee")


def filter_of(
    action: Chosen[Action] = None,
    outcome: Chosen[Outcome] = None,
    measure: Chosen[str] = None,
    destination: Chosen[str] = None,
    party: Chosen[str] = None,
    shipment: Chosen[str] = None,
    age: str = "",
    assignee: Chosen[str] = None,
) -> HoldFilter:
    """Read the queue's form. An age that there is none of asks for nothing."""
    _, of_age = AGES.get(age, AGES[""])
    return replace(
        of_age,
        action=action,
        outcome=outcome,
        measure=measure,
        destination=destination,
        party=party,
        shipment=shipment,
        assignee=assignee,
    )


@router.get("/holds")
def holds(
    request: Request,
    person: Reader,
    wanted: Annotated[HoldFilter, Depends(filter_of)],
    sort: HoldSort = HoldSort.SINCE,
    descending: bool = False,
    cursor: str | None = None,
) -> HTMLResponse:
    """Show what is held and under review, filtered, sorted, a page at a time."""
    console = console_of(request)
    with console.database.read() as connection:
        found = hold_page(
            connection, console.now(), wanted, sort, descending=descending, cursor=cursor or None
        )
        in_hand = cases.assigned(connection, [row.shipment_id for row in found.rows])
        actions = (Action.HOLD, Action.REVIEW)
        measures = {one.key for a in actions for one in held_by_measure(connection, a)}
        places = {one.key for a in actions for one in held_by_destination(connection, a)}
    chosen = {name: request.query_params.get(name, "") for name in CHOSEN}
    return page(
        request,
        person,
        "holds.html",
        page=found,
        in_hand=in_hand,
        wanted=wanted,
        age=chosen["age"],
        ages=[(value, words) for value, (words, _) in AGES.items()],
        measures=sorted(measures),
        outcomes=[outcome for outcome in Outcome if outcome.action is not Action.PASS],
        destinations=sorted(filter(None, places)),
        filtered=any(chosen.values()),
        sort=sort,
        descending=descending,
        cursor=cursor,
        bulk=person.may(Permission.DECIDE),
        may_bulk=person.may(Permission.APPROVE),
        export=lambda form: _export(wanted, form),
    )


def _export(wanted: HoldFilter, form: str) -> str:
    """Return where the API gives all that the filter lets through, as a file."""

    def hours(span: timedelta | None) -> str:
        return "" if span is None else f"{span / timedelta(hours=1):g}"

    chosen = {name: getattr(wanted, name) or "" for name in CHOSEN if name != "age"}
    ages = {"min_age_hours": hours(wanted.at_least), "max_age_hours": hours(wanted.less_than)}
    return address("/api/v1/holds/export", chosen | ages, format=form)
