"""Read the notifier's file of endpoints and routes; an error names line and field."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tidegate.events.delivery import Channel
from tidegate.events.errors import path_text
from tidegate.notify.endpoints import Endpoint
from tidegate.notify.routing import Route
from tidegate.notify.toml_lines import TomlLines
from tidegate.ops.settings import Settings, WrongSettings

EndpointName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")]


class NotifierConfig(BaseModel):
    """Where alerts go. Secrets are resolved, and masked wherever they are shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoints: Annotated[dict[EndpointName, Endpoint], Field(min_length=1)]
    routes: tuple[Route, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> NotifierConfig:
        for number, route in enumerate(self.routes):
            for name in route.to:
                if name not in self.endpoints:
                    raise UnknownEndpoint(number, name)
        return self


class UnknownEndpoint(ValueError):
    """A route goes to an endpoint that is not in the file."""

    def __init__(self, route: int, endpoint: str) -> None:
        super().__init__(f"there is no endpoint {endpoint!r}")
        self.route = route


def load_config(settings: Settings) -> NotifierConfig:
    """Read the file that the setting names.

    Raises:
        WrongSettings: no file is named, or it cannot be used; each problem with line and field.
    """
    if settings.notifier_config is None:
        reason = "name the TOML file of endpoints and routes"
        raise WrongSettings((("TIDEGATE_NOTIFIER_CONFIG", reason),))
    return read_config(settings.notifier_config)


def read_config(path: Path) -> NotifierConfig:
    """Read one file. Raises WrongSettings; the text never quotes a value: it may be a secret."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise WrongSettings(((str(path), f"cannot be read: {error.strerror}"),)) from None
    except UnicodeDecodeError:
        raise WrongSettings(((str(path), "not UTF-8"),)) from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongSettings(((str(path), f"not TOML: {error}"),)) from None
    lines = TomlLines(text)
    try:
        return NotifierConfig.model_validate(data, context={"folder": path.parent})
    except ValidationError as error:
        found = [_problem(path, lines, dict(problem)) for problem in error.errors()]
        raise WrongSettings(tuple(found)) from None


def _problem(path: Path, lines: TomlLines, found: dict[str, Any]) -> tuple[str, str]:
    cause = found.get("ctx", {}).get("error")
    where: tuple[int | str, ...] = found["loc"]
    if isinstance(cause, UnknownEndpoint):
        where = ("routes", cause.route, "to")
    elif len(where) > 2 and where[0] == "endpoints" and where[2] in list(Channel):
        where = (*where[:2], *where[3:])  # pydantic names the type as well
    reason = str(found["msg"]).removeprefix("Value error, ")
    if found["type"] == "extra_forbidden":
        reason = "there is no such key"
    return f"{path}, line {lines.line(where)}: {path_text(where)}", reason
