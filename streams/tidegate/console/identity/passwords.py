"""Keep and check passwords: argon2id, with the parameters of RFC 9106, section 4, second choice."""

from __future__ import annotations

import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PASSWORD_CHARACTERS_MIN = 12
PASSWORD_CHARACTERS_MAX = 200  # hashing a longer one would cost who asks little and us much
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0, 1: read and typed by people

_hasher = PasswordHasher()
# Each hash takes 64 MiB: a burst of sign-ins must not take all memory.
_at_once = BoundedSemaphore(4)
_NOBODY = _hasher.hash(secrets.token_urlsafe())
"""The hash that is checked where there is no such user: both cases take the same time."""


class WeakPassword(ValueError):
    """The password is too easy to guess; the text says why."""


def check_policy(password: str, name: str) -> None:
    """Refuse a password that is easily guessed.

    Length is what counts (NIST SP 800-63B, section 5.1.1.2); no mix of signs is asked for.

    Raises:
        WeakPassword: with the reason.
    """
    if len(password) < PASSWORD_CHARACTERS_MIN:
        raise WeakPassword(f"must have at least {PASSWORD_CHARACTERS_MIN} characters")
    if len(password) > PASSWORD_CHARACTERS_MAX:
        raise WeakPassword(f"must have at most {PASSWORD_CHARACTERS_MAX} characters")
    folded = password.casefold()
    for word in (name.casefold(), "tidegate", "password"):
        # What is left after the word that anyone would try must still be long enough.
        rest = folded.replace(word, "") if word else folded
        if rest != folded and len(rest) < PASSWORD_CHARACTERS_MIN:
            raise WeakPassword(f"must not be made of {word!r}")
    if len(set(folded)) < PASSWORD_CHARACTERS_MIN // 2:
        raise WeakPassword("repeats too few different characters")


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    with _at_once:
        return _hasher.hash(password)


def verify(kept: str | None, password: str) -> bool:
    """Say whether it is the password. Takes as long where none is kept."""
    with _at_once:
        try:
            return _hasher.verify(kept or _NOBODY, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """Say whether a hash was made with weaker parameters than those of today."""
    return _hasher.check_needs_rehash(kept)


def made_password() -> str:
    """Return a new password that a person can type: 25 characters, 125 bits."""
    parts = ["".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(5)]
    return "-".join(parts)
