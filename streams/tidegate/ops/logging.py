"""Set up logging: structlog's own lines and those of libraries come out in one form.

Secrets are masked on the way out, whoever wrote the line.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

from tidegate.ops.seldom import Seldom

MASK = "********"
_SECRET_NAME = re.compile(r"passw|secret|token|authorization|api_?key|private_?key", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
_ASSIGNED = re.compile(
    r"\b((?:sasl_plain_)?password|secret|token|api_?key)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",;)]+",
    re.IGNORECASE,
)


CHATTY = ("aiokafka", "faust", "mode", "kafka", "uvicorn", "alembic", "tidegate.runtime.transport")
"""Loggers whose INFO lines tell of a library's insides; only their warnings are ours to pass on.
The transport is ours, but its lines are those of Faust's services that it extends."""


def configure_logging(
    level: str = "INFO",
    form: Literal["console", "json"] = "console",
    stream: TextIO | None = None,
) -> None:
    """Send all log lines at `level` and above to `stream` (standard error by default).

    Standard output stays free for what a command prints. Safe to call again.
    """
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Processor]
    if form == "json":
        last = [structlog.processors.format_exc_info, mask_secrets]
        last.append(structlog.processors.JSONRenderer(ensure_ascii=False, default=str))
    else:
        # Plain tracebacks: pretty ones print the local variables, secrets among them, and take
        # the process's whole time for half a minute on a deep stack.
        plain = structlog.dev.ConsoleRenderer(
            colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        last = [structlog.processors.format_exc_info, mask_secrets, plain]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(formatter)
    handler.addFilter(Seldom())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # A cached logger would keep the form that it was first used with.
        cache_logger_on_first_use=False,
    )


def mask_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace what is named like a secret, and passwords inside texts and addresses."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name) and value is not None and not isinstance(value, (bool, int)):
        return MASK
    if isinstance(value, str):
        return _ASSIGNED.sub(rf"\g<1>\g<2>{MASK}", _CREDENTIALS.sub(MASK, value))
    if isinstance(value, dict):
        return {key: _masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(name, inner) for inner in value]
    return value
