"""Write the published JSON Schemas from the event models, or check that they have not drifted.

`python schemas/generate.py` writes; with `--check` it changes nothing, names the files that differ
and exits 1.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tidegate.events import codec
from tidegate.events.alert import Alert
from tidegate.events.dead_letter import DeadLetter
from tidegate.events.decision import Decision
from tidegate.events.disposition import Disposition
from tidegate.events.license import License
from tidegate.events.shipment import Shipment

FOLDER = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"
EVENTS: dict[str, type[BaseModel]] = {
    codec.SHIPMENT_TYPE: Shipment,
    codec.LICENSE_TYPE: License,
    codec.DISPOSITION_TYPE: Disposition,
    codec.DECISION_TYPE: Decision,
    codec.ALERT_TYPE: Alert,
    codec.DEAD_LETTER_TYPE: DeadLetter,
}


def event_schema(type_: str, model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of one structured CloudEvents 1.0 record whose `data` is `model`."""
    data = model.model_json_schema()
    definitions = data.pop("$defs", {})
    text = {"type": "string", "minLength": 1, "maxLength": 1000}
    return {
        "$schema": DIALECT,
        "title": type_,
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": text,
            "source": text,
            "type": {"const": type_},
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
    return {
        FOLDER / f"{type_}.json": json.dumps(event_schema(type_, model), indent=2) + "\n"
        for type_, model in EVENTS.items()
    }


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
    stale = sorted(set(FOLDER.glob("*.json")) - wanted.keys())
    for path in differing:
        if check:
            print(f"schemas/{path.name} differs from the event models: run `make schemas`")
        else:
            path.write_text(wanted[path], encoding="utf-8")
            print(f"schemas/{path.name} written")
    for path in stale:
        print(f"schemas/{path.name} belongs to no event model")
    return int(bool(stale) or (check and bool(differing)))


if __name__ == "__main__":
    sys.exit(main())
