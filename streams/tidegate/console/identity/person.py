"""The one who asks: who it is, in which role, and by what they proved it."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.console.identity.roles import GRANTED, Permission, Role


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, or the owner of the token that a program sent."""

    id: str
    name: str
    role: Role
    must_change_password: bool = False
    scopes: frozenset[Permission] | None = None
    """What the token was made for; None: signed in as a person, all that the role may."""
    csrf_token: str | None = None
    """What a form must carry; None for a token, which no browser sends by itself."""

    def may(self, permission: Permission) -> bool:
        """Say whether the role has it, and the token, where there is one, was made for it."""
        granted = permission in GRANTED[self.role]
        return granted and (self.scopes is None or permission in self.scopes)
