"""Which pages there are, in which order, for whom; and addresses within them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the navigation, and who may see it."""

    text: str
    href: str
    needs: Permission = Permission.READ


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that belong together."""

    title: str
    entries: tuple[Entry, ...]


GROUPS = (
    Group("", (Entry("Overview", "/"), Entry("Hold queue", "/holds"))),
    Group(
        "Look up",
        (
            Entry("Licenses", "/licenses"),
            Entry("Measures", "/measures"),
            Entry("Parties", "/parties"),
            Entry("Practice", "/practice"),
        ),
    ),
    Group("Traffic", (Entry("Deliveries", "/deliveries"), Entry("Dead letters", "/dead-letters"))),
    Group(
        "Record",
        (
            Entry("Audit", "/audit", Permission.AUDIT),
            Entry("Users", "/users", Permission.ADMINISTER),
            Entry("Account", "/account"),
        ),
    ),
)


def navigation(person: Person) -> tuple[Group, ...]:
    """Return the groups with the pages that this person may see."""
    shown = (
        Group(group.title, tuple(e for e in group.entries if person.may(e.needs)))
        for group in GROUPS
    )
    return tuple(group for group in shown if group.entries)


def address(path: str, parameters: Mapping[str, str], **changed: str | None) -> str:
    """Return an address with some parameters changed; what is empty is left out."""
    merged: dict[str, str | None] = {**parameters, **changed}
    kept: Iterable[tuple[str, str]] = [(k, v) for k, v in merged.items() if v]
    query = urlencode(list(kept))
    return f"{path}?{query}" if query else path
