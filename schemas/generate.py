"""Write the published JSON Schemas from the event models, or check that they have not drifted.

`python -m schemas.generate` writes; with `--check` it changes nothing, names the files that differ
and exits 1.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Literal

import yaml

from schemas.asyncapi_document import document
from schemas.contract import EVENTS, EventType
from schemas.example_events import examples

FOLDER = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_schema(event: EventType) -> dict[str, Any]:
    """Return the schema of one structured CloudEvents 1.0 record of this type."""
    mode: Literal["validation", "serialization"] = (
        "validation" if event.direction == "in" else "serialization"
    )
    data = event.model.model_json_schema(mode=mode)
    definitions = data.pop("$defs", {})
    text = {"type": "string", "minLength": 1, "maxLength": 1000}
    return {
        "$schema": DIALECT,
        "title": event.type,
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": text,
            "source": text,
            "type": {"const": event.type},
            "subject": {"type": "string"},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "traceparent": {"type": "string"},
            "data": data,
        },
        "$defs": definitions,
    }


def files() -> dict[Path, str]:
    """Return every published file with the text that it should have."""
    wanted = {FOLDER / f"{event.type}.json": _json(event_schema(event)) for event in EVENTS}
    for type_, example in examples().items():
        wanted[FOLDER / "examples" / f"{type_}.json"] = _json(example)
    wanted[FOLDER / "asyncapi.yaml"] = yaml.safe_dump(
        document(), sort_keys=False, allow_unicode=True, width=100
    )
    return wanted


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _name(path: Path) -> str:
    return f"schemas/{path.relative_to(FOLDER).as_posix()}"


def main() -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 on drift")
    check = parser.parse_args().check
    wanted = files()
    differing = [
        path
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    stale = sorted({*FOLDER.rglob("*.json")} - wanted.keys())
    for path in differing:
        if check:
            print(f"{_name(path)} differs from the event models: run `make schemas`")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
            print(f"{_name(path)} written")
    for path in stale:
        print(f"{_name(path)} belongs to no event model")
    return int(bool(stale) or (check and bool(differing)))


if __name__ == "__main__":
    sys.exit(main())
