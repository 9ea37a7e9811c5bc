"""The pages of the documentation: what they tell a reader to type."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.support.rules import DOCS, ROOT

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.M | re.S)
_INLINE = re.compile(r"`([^`\n]+)`")
_CONTINUED = re.compile(r"\\\n\s*")
SHELL = ("sh", "console", "text", "")


def pages() -> list[Path]:
    """Return all pages, the repository's own among them."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def blocks(page: Path, language: str = "sh") -> list[str]:
    """Return the fenced blocks of one language, in order."""
    return [text for name, text in _FENCE.findall(page.read_text()) if name == language]


def commands(page: Path) -> Iterator[list[str]]:
    """Yield every `tidegate ...` that a page names, as words."""
    text = page.read_text()
    for language, block in _FENCE.findall(text):
        if language in SHELL:
            for line in _CONTINUED.sub(" ", block).splitlines():
                yield from _command(line.removeprefix("$ "))
    for code in _INLINE.findall(_FENCE.sub("", text)):
        yield from _command(code)


def _command(line: str) -> Iterator[list[str]]:
    for part in re.split(r"\s(?:\|\||&&|[|;>])\s", line.split("  #")[0]):
        # By itself, or after `docker compose exec SERVICE` or `kubectl exec POD --`.
        found = re.search(r"(?:^|exec \w+ |-- )tidegate ([a-z][a-z-]*(?: .*)?)$", part.strip())
        if found is not None:
            try:
                yield shlex.split(found[1])
            except ValueError:
                yield found[1].split()
