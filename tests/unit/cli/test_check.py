"""`tidegate check` as a person at a terminal uses it: files of all kinds, and what is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.unit.measures.packs import SHIPPED
from tidegate.cli.main import app

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": "/erp",
    "type": "trade.shipment.v1",
    "time": "2026-03-01T03:00:00Z",
    "data": {
        "shipment_id": "SHP-1",
        "revision": 1,
        "status": "declared",
        "export_country": "CN",
        "destination_country": "DE",
        "items": [{"line": 1, "control_codes": ["CN:1C905.b"]}],
    },
}
LINE = json.dumps(EVENT).encode()
OTHER = LINE.replace(b"SHP-1", b"SHP-2")
PRETTY = json.dumps(EVENT, indent=2).encode()
BOM = b"\xef\xbb\xbf"


def check(content: bytes, tmp_path: Path, as_of: str = "2026-11-23T00:00:00Z") -> Result:
    file = tmp_path / "events.ndjson"
    file.write_bytes(content)
    arguments = ["check", str(file), "--as-of", as_of, "--json", "--packs", str(SHIPPED)]
    return CliRunner().invoke(app, arguments)


def shipments(result: Result) -> list[str]:
    return [decision["shipment_id"] for decision in json.loads(result.stdout)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\r\n \n", []),
        (BOM, []),
        (LINE, ["SHP-1"]),
        (BOM + LINE + b"\r\n\r\n" + OTHER + b"\r\n", ["SHP-1", "SHP-2"]),
        (PRETTY, ["SHP-1"]),
        (BOM + b"\n" + PRETTY.replace(b"\n", b"\r\n"), ["SHP-1"]),
    ],
)
def test_one_event_or_lines_of_them_are_read(
    content: bytes, expected: list[str], tmp_path: Path
) -> None:
    result = check(content, tmp_path)
    assert (result.exit_code, shipments(result)) == (0, expected)


def test_a_line_that_is_no_event_is_told_and_the_others_are_decided(tmp_path: Path) -> None:
    result = check(LINE + b"\nhello\n" + OTHER, tmp_path)
    assert (result.exit_code, shipments(result)) == (1, ["SHP-1", "SHP-2"])
    assert "events.ndjson:2: not JSON" in result.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PRETTY[:-3], "not JSON"),
        (PRETTY.replace(b'"id": "1"', b'"id": "1", "id": "2"'), "'id' stands twice"),
        (PRETTY + b"\n" + PRETTY, "Extra data at line"),
    ],
)
def test_a_fault_in_an_event_over_many_lines_is_told_once(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    result = check(content, tmp_path)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert result.stderr.count("events.ndjson:") == 1


@pytest.mark.parametrize(
    "content",
    [
        LINE.replace(b'"revision": 1', b'"revision": 1e99999999999999999999'),
        LINE.replace(b'"id": "1"', rb'"id": "\ud800"'),
        LINE.replace(b"SHP-1", rb"\udfff"),
        LINE.replace(b'"id": "1"', rb'"id": "1", "traceparent": "\ud800"'),
    ],
)
def test_rubbish_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    result = check(content, tmp_path)
    assert (result.exit_code, shipments(result)) == (1, [])
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "as_of",
    ["soon", "2026-11-23T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"],
)
def test_an_instant_that_cannot_be_meant_is_wrong_use(as_of: str, tmp_path: Path) -> None:
    result = check(LINE, tmp_path, as_of)
    assert result.exit_code == 2
    assert "--as-of" in result.stderr
