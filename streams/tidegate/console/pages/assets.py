"""Style, script and icon: read once, served under an address that changes with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, HTTPException, Response

MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FOREVER = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Assets:
    """All files, and the version that stands in their addresses: modules name each other by
    relative address, so they all share one."""

    version: str
    contents: Mapping[str, bytes]

    def url(self, name: str) -> str:
        """Return the address of a file.

        Raises:
            KeyError: there is no such file; a template names it wrongly.
        """
        if name not in self.contents:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"


@cache
def assets() -> Assets:
    """Return the files that are in the package."""
    folder = files(__package__) / "static"
    contents = {item.name: item.read_bytes() for item in folder.iterdir() if item.is_file()}
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(name.encode() + b"\0" + contents[name] + b"\0")
    return Assets(digest.hexdigest()[:12], contents)


@router.get("/static/{version}/{name}")
def asset(version: str, name: str) -> Response:
    """Serve a file; one of another version too, for a page that was open over an update."""
    held = assets()
    content = held.contents.get(name)
    if content is None:
        raise HTTPException(404)
    caching = FOREVER if version == held.version else "no-cache"
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    return Response(content, media_type=media_type, headers={"Cache-Control": caching})
