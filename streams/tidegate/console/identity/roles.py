"""Say which role may do what: one table, and nothing else decides it."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person is here for. Each may do what those before it may."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    APPROVER = "approver"
    ADMIN = "admin"


class Permission(StrEnum):
    """One kind of act. An API token is made for some of those that its owner has."""

    READ = "read"
    """See holds, shipments, licenses, measures, and what people decided."""
    CHECK = "check"
    """Ask for an answer on a shipment that nobody has booked."""
    DECIDE = "decide"
    """Write dispositions, propose releases, take cases."""
    APPROVE = "approve"
    """Second or decline what another person proposed; decide in bulk."""
    AUDIT = "audit"
    """See who signed in, who read what, who changed whom."""
    ADMINISTER = "administer"
    """Add people, set roles, reset passwords, revoke others' tokens."""


_VIEWER = frozenset({Permission.READ, Permission.CHECK})
_ANALYST = _VIEWER | {Permission.DECIDE}
_APPROVER = _ANALYST | {Permission.APPROVE, Permission.AUDIT}

GRANTED: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.APPROVER: _APPROVER,
    Role.ADMIN: _APPROVER | {Permission.ADMINISTER},
}
