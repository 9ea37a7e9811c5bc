"""Packs are read from a directory whole, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.measures.packs import files
from tidegate.measures.errors import PackError
from tidegate.ops.packs import load_tables


def test_a_pack_under_another_ending_is_refused_and_not_left_aside(tmp_path: Path) -> None:
    for name, content in files().items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    load_tables(tmp_path)
    (tmp_path / "more.yml").write_text("pack: more")
    with pytest.raises(PackError, match=r"more\.yml: neither a pack \(\.yaml\)"):
        load_tables(tmp_path)
