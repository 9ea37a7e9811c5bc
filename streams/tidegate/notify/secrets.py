"""Secrets, and where they come from: the environment or a file, never the file of endpoints."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr, ValidationInfo

ENVIRONMENT = "env:"
FILE = "file:"
MAX_SECRET_BYTES = 64 * 1024


def resolve(value: object, info: ValidationInfo) -> SecretStr:
    """Read a secret from where `env:NAME` or `file:PATH` says; a path is relative to the file.

    Raises:
        ValueError: it is written out, or there is none where it should be. It is never quoted.
    """
    if not isinstance(value, str) or not value.startswith((ENVIRONMENT, FILE)):
        raise ValueError("write env:NAME or file:PATH: a secret is not written here")
    if value.startswith(ENVIRONMENT):
        name = value.removeprefix(ENVIRONMENT)
        found = os.environ.get(name, "")
        if not found:
            raise ValueError(f"the environment has no {name}, or it is empty")
        return SecretStr(found)
    folder: Path = (info.context or {}).get("folder", Path())
    path = folder / value.removeprefix(FILE)
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_SECRET_BYTES).strip()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text") from None
    if not text:
        raise ValueError(f"{path} is empty")
    return SecretStr(text)


def resolve_unless_plain(value: object, info: ValidationInfo) -> SecretStr:
    """Read an address, which may be written out, or be a secret itself."""
    if isinstance(value, str) and not value.startswith((ENVIRONMENT, FILE)):
        return SecretStr(value)
    return resolve(value, info)


Secret = Annotated[SecretStr, BeforeValidator(resolve)]
"""A secret that is never written out."""

Address = Annotated[SecretStr, BeforeValidator(resolve_unless_plain)]
"""A URL; some services put a secret into it, so it may come from elsewhere, and is masked."""
