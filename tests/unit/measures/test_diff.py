"""What changed between two versions, by thing and by field."""

from __future__ import annotations

import json

from tests.unit.measures.packs import LISTS, ROWS, files, measure
from tidegate.measures.diff import Change, difference
from tidegate.measures.loader import load

OLD = files(measure(), measure("CN-2", when="{destination: [KR]}"), lists=LISTS)


def changes(new: dict[str, bytes], old: dict[str, bytes] = OLD) -> dict[str, Change]:
    found = difference(load(old), load(new))
    json.dumps(found.as_json())
    return {change.id: change for change in found.changes}


def test_equal_packs_differ_in_nothing() -> None:
    assert changes(OLD) == {}
    assert str(difference(load(OLD), load(OLD))).startswith("no change")


def test_measures_added_removed_and_changed_field_by_field() -> None:
    new = files(
        measure(outcome="REVIEW", effective="{from: 2026-01-07}"),
        measure("CN-3", when="{destination: [TW]}"),
        lists=LISTS,
    )
    found = changes(new)
    assert [(c.kind, c.id) for c in found.values()] == [
        ("changed", "CN-1"),
        ("removed", "CN-2"),
        ("added", "CN-3"),
    ]
    fields = {field.name: (field.old, field.new) for field in found["CN-1"].fields}
    assert fields == {
        "outcome": ("PROHIBITED", "REVIEW"),
        "effective": ({"from": "2026-01-06"}, {"from": "2026-01-07"}),
    }
    assert "outcome: PROHIBITED -> REVIEW" in str(found["CN-1"])


def test_entries_added_removed_redated_suspended_and_renamed() -> None:
    def rows(first: str, *more: str) -> dict[str, bytes]:
        measures = (measure(), measure("CN-2", when="{destination: [KR]}"))
        given = (first, *more)
        lists = LISTS.replace("No. 11: 2", f"No. 11: {len(given)}")
        return files(*measures, lists=lists, list_rows=given)

    redated = changes(rows(ROWS[0].replace("02-24", "02-25"), ROWS[1]))
    assert redated["CN-CL e1"].kind == "redated"
    pause = ROWS[0].replace("active,", "suspended,2026-03-01..2026-04-01 announced")
    assert changes(rows(pause, ROWS[1]))["CN-CL e1"].kind == "suspended"
    renamed = changes(rows(ROWS[0].replace("First KK", "Prime KK"), ROWS[1]))["CN-CL e1"]
    assert renamed.kind == "changed"
    assert [(f.old, f.new) for f in renamed.fields] == [("First KK", "Prime KK")]
    third = ROWS[1].replace("e2", "e3")
    assert changes(rows(*ROWS, third))["CN-CL e3"].kind == "added"
    assert changes(OLD, rows(*ROWS, third))["CN-CL e3"].kind == "removed"


def test_a_changed_parameter_is_told() -> None:
    new = dict(OLD)
    new["demo.yaml"] = OLD["demo.yaml"].replace(b"value: 2027-01-10", b"value: 2026-11-10")
    assert changes(new)["demo.truce_end"].what == "parameter"
