"""Restriction tables that differ from those that ship."""

from __future__ import annotations

from pathlib import Path

import yaml


def looked_at(shipped: Path, folder: Path, country: str) -> Path:
    """Copy packs to `folder`, with one measure more: all goods to one country are looked at."""
    (folder / "lists").mkdir(parents=True)
    for path in [*shipped.glob("*.yaml"), *shipped.glob("lists/*.csv")]:
        (folder / path.relative_to(shipped)).write_bytes(path.read_bytes())
    measure = {
        "id": "XX-TEST",
        "instrument": "An order made up for a test",
        "article": "1",
        "title": {"en": "These goods are looked at"},
        "source_url": "https://example.invalid/order",
        "verified_on": "2026-11-01",
        "evidence": "text",
        "effective": {"from": "2026-01-01"},
        "when": {"destination": [country]},
        "outcome": "REVIEW",
    }
    pack = {
        "pack": "test-destination",
        "regime": "CN",
        "title": {"en": "A pack made up for a test"},
        "authority": "Nobody",
        "timezone": "Asia/Shanghai",
        "verified_on": "2026-11-01",
        "measures": [measure],
    }
    (folder / "zz-test.yaml").write_text(yaml.safe_dump(pack, sort_keys=False))
    return folder
