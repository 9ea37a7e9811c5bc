"""The published contract: examples keep to their schemas, and the AsyncAPI document resolves."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tidegate.agents import topics
from tidegate.events.codec import decode
from tidegate.events.shipment import Shipment

SCHEMAS = Path(__file__).parents[2] / "schemas"
TYPES = sorted(path.stem for path in (SCHEMAS / "examples").glob("*.json"))


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_schema_has_an_example() -> None:
    assert sorted(path.stem for path in SCHEMAS.glob("*.json")) == TYPES
    assert len(TYPES) == 7


@pytest.mark.parametrize("type_", TYPES)
def test_an_example_keeps_to_its_schema(type_: str) -> None:
    schema = _json(SCHEMAS / f"{type_}.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(_json(SCHEMAS / "examples" / f"{type_}.json"), schema)


def test_the_shipment_schema_refuses_what_the_reader_refuses() -> None:
    schema = _json(SCHEMAS / "trade.shipment.v1.json")
    example = _json(SCHEMAS / "examples" / "trade.shipment.v1.json")
    for path, value in [
        (("data", "revision"), "1"),
        (("data", "status"), "sailing"),
        (("data", "items", 0, "line"), 0),
        (("specversion",), "0.3"),
    ]:
        wrong: Any = copy.deepcopy(example)
        node = wrong
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_the_example_shipment_is_one_that_the_reader_takes() -> None:
    example = (SCHEMAS / "examples" / "trade.shipment.v1.json").read_bytes()
    assert decode(example).read(Shipment).shipment_id == "SHP-1"


def test_the_asyncapi_document_names_the_agents_topics_and_all_its_references_resolve() -> None:
    document = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert document["asyncapi"] == "3.0.0"
    assert {topics.SHIPMENTS, topics.LICENSES, topics.DISPOSITIONS, topics.DECISIONS} <= set(
        document["channels"]
    )
    references = list(_references(document))
    assert len(references) > len(TYPES)
    for reference in references:
        if reference.startswith("./"):
            assert (SCHEMAS / reference).is_file(), reference
            continue
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def _references(node: Any) -> Any:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
