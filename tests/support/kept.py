"""Read what the changelogs keep: the one place that knows how it is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tests.support.topics import SHIPMENTS_STATE, Topics
from tidegate.agents.heads import document_of, head_of, with_head
from tidegate.agents.license_state import LicenseState
from tidegate.agents.observed import of_license, of_shipment
from tidegate.agents.shipment_state import (
    PREFIX,
    ClosedShipment,
    OpenShipment,
    read,
    write,
)

Kept = OpenShipment | ClosedShipment


def shipments(topics: Topics, partition: int) -> Iterator[tuple[str, Kept]]:
    """Yield each shipment's id and state."""
    for key, value in topics.state[SHIPMENTS_STATE, partition].items():
        if key.startswith(PREFIX):
            yield key.removeprefix(PREFIX), of(value)


def of(value: bytes) -> Kept:
    """Read one value."""
    state = read(document_of(value))
    assert state is not None
    return state


def rewritten(value: bytes, state: Kept) -> bytes:
    """Return a value with another state in it, as a damage."""
    head = head_of(value)
    return write(state) if head is None else with_head(head, write(state))


def license_in(value: bytes) -> LicenseState:
    """Read one value of a license."""
    return LicenseState.model_validate_json(document_of(value))


def rewritten_license(value: bytes, state: LicenseState) -> bytes:
    """Return a value with another license in it, as a damage."""
    head = head_of(value)
    document = state.model_dump_json(by_alias=True, exclude_defaults=True).encode()
    return document if head is None else with_head(head, document)


def counted(key: str, value: bytes) -> str:
    """Return what a shipment or license is counted under, found from all else that is kept of it.

    Of a closed shipment there is nothing else.
    """
    if key.startswith(PREFIX):
        state = of(value)
        if isinstance(state, ClosedShipment):
            return state.counted
        kind = of_shipment(state, _anytime)
        was = state.counted
    else:
        license_state = license_in(value)
        kind, was = of_license(license_state, _anytime), license_state.counted
    # The week is that of the first event, of which nothing else is left.
    return "" if kind is None else str(kind._replace(week=was.split(" ")[0]))


_anytime = datetime(2026, 1, 1, tzinfo=UTC)
