"""docker-compose.yml, as tests look at it and run it without an engine."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from typing import Any

from tests.support.deployment import TIDEGATE
from tests.support.rules import ROOT, yaml_of

OWN_IMAGE = "tidegate:"


def project() -> dict[str, Any]:
    """Return the compose file, anchors and merges resolved."""
    found: dict[str, Any] = yaml_of(ROOT / "docker-compose.yml")
    return found


def services() -> dict[str, dict[str, Any]]:
    """Return the services by name."""
    found: dict[str, dict[str, Any]] = project()["services"]
    return found


def image_environment() -> dict[str, str]:
    """Return the `TIDEGATE_*` settings that the image brings."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.startswith("ENV ")]
    pairs = [word.partition("=") for line in lines for word in shlex.split(line)[1:]]
    return {name: value for name, _, value in pairs if name.startswith("TIDEGATE_")}


def natively(service: str, addresses: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return a service's command and settings, with what only a container has mapped to here.

    Args:
        service: Its name.
        addresses: What to put in the place of which text of a setting.
    """
    said = services()[service]
    settings = {**image_environment(), **said.get("environment", {})}
    return [TIDEGATE, *said["command"]], {
        name: mapped(str(value), addresses) for name, value in settings.items()
    }


def health_command(service: str, addresses: Mapping[str, str]) -> list[str]:
    """Return the command of a service's health check, mapped in the same way."""
    kind, program, *arguments = services()[service]["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    return [sys.executable, *(mapped(argument, addresses) for argument in arguments)]


def mapped(text: str, addresses: Mapping[str, str]) -> str:
    """Return a text with every address in it replaced."""
    for before, after in addresses.items():
        text = text.replace(before, after)
    return text
