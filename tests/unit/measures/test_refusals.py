"""Every refusal names the file, the line and the reason."""

from __future__ import annotations

import pytest

from tests.unit.measures.packs import HEAD, LISTS, ROWS, files, measure
from tidegate.measures.compiler import tables_from
from tidegate.measures.errors import PackError
from tidegate.measures.loader import load

FIRST = HEAD.count("\n") + 2  # line of the first measure, after `measures:`
LATER = FIRST + 8  # line of the second one, or of the first one's ninth line


def refusal(given: dict[str, bytes]) -> str:
    with pytest.raises(PackError) as caught:
        load(given)
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "line", "reason"),
    [
        # Unknown field
        (measure(more="colour: red"), LATER, "measures[0].colour: Extra inputs"),
        # Dates reversed
        (
            measure(effective="{from: 2026-02-01, to: 2026-01-01}"),
            FIRST + 5,
            "measures[0].effective: dates reversed: from 2026-02-01 to 2026-01-01",
        ),
        (
            measure(more="suspensions: [{from: 2026-03-01, to: 2026-02-01, basis: x}]"),
            LATER,
            "measures[0].suspensions[0]: dates reversed",
        ),
        # No such day
        (measure(effective="{from: 2026-02-30}"), FIRST + 5, "measures[0].effective.from"),
        # A year that cannot be meant, such as the last day that a calendar knows
        (
            measure(effective="{from: 2026-01-01, to: 9999-12-31}"),
            FIRST + 5,
            "measures[0].effective.to: year must be 1990 to 2199",
        ),
        # Duplicate id
        (measure() + measure(when="{destination: [KR]}"), LATER, "'CN-1' stands twice"),
        # Unknown list
        (measure(when="{party: {list: CN-XX}}"), FIRST, "no pack has the list 'CN-XX'"),
        # Unknown parameter
        (
            measure(more="suspensions: [{from: 2026-03-01, to: '${trucee}', basis: x}]"),
            LATER,
            "measures[0].suspensions[0].to: no parameter 'trucee'",
        ),
        # Never in force
        (
            measure(more="suspensions: [{from: 2026-01-01, basis: x}]"),
            FIRST,
            "never in force: suspended from its first day to its end",
        ),
        (
            measure(
                more="suspensions: [{from: 2026-03-01, basis: x}, {from: 2026-04-01, basis: x}]"
            ),
            FIRST,
            "suspensions overlap",
        ),
        # Contradictory
        (
            measure(when="{all: [{destination: [JP]}, {not: {destination: [JP, KR]}}]}"),
            FIRST,
            "never met: destination JP and not destination JP, KR",
        ),
        (
            measure(when="{all: [{export_from: [CN]}, {all: [{export_from: [US]}]}]}"),
            FIRST,
            "never met: export_from CN and export_from US",
        ),
        (
            measure(when="{all: [{code: [CN:1C905.b]}, {not: {any: [{code: [CN:1C905]}]}}]}"),
            FIRST,
            "never met: code CN:1C905.b and not code CN:1C905",
        ),
        # Shadowed: the order of the parts does not matter
        (
            measure(when="{all: [{destination: [JP]}, {export_from: [CN]}]}")
            + measure("CN-2", when="{all: [{export_from: [CN]}, {destination: [JP]}]}"),
            LATER,
            "CN-2: same conditions and outcome as CN-1",
        ),
        # A tariff code alone never decides
        (measure(when="{tariff_candidate: CN}"), FIRST, "a tariff code alone never decides"),
        (
            measure(
                when="{all: [{tariff_candidate: CN}, {end_use: [military]}]}",
                outcome="REVIEW",
                more="on_unknown: PROHIBITED",
            ),
            FIRST,
            "a tariff code alone never decides: PROHIBITED",
        ),
        (
            measure(when="{any: [{tariff_candidate: CN}, {code: [CN:1C905]}]}"),
            FIRST,
            "a tariff code alone never decides",
        ),
        # Outcomes that are not a measure's to give
        (measure(outcome="AUTHORISED"), FIRST, "AUTHORISED is the engine's"),
        (measure(outcome="NO_RULE_MATCHED"), FIRST, "NO_RULE_MATCHED is the engine's"),
        # `ignore` says why
        (measure(more="on_unknown: ignore"), FIRST, "on_unknown: ignore and unknown_because"),
        (measure(more="unknown_because: x"), FIRST, "on_unknown: ignore and unknown_because"),
        # Conditions
        (measure(when="{destination: [JP], transit: [KR]}"), FIRST + 6, "has exactly one key"),
        (measure(when="{destination: [XX]}"), FIRST + 6, "not an ISO 3166-1"),
        (measure(when="{code: [CN:1C9]}"), FIRST + 6, "not a Chinese control code"),
        # YAML
        (measure(more="id: CN-2"), LATER, "'id' stands twice, first on line 10"),
        (measure(more="note: &a x"), LATER, "anchor or alias 'a': write the value out"),
        (measure(more="note: !!str x"), LATER, "tag"),
        (measure(more="note: {"), None, "not YAML"),
    ],
)
def test_a_measure_is_refused_with_its_line(given: str, line: int | None, reason: str) -> None:
    told = refusal(files(given))
    assert reason in told
    assert told.startswith("demo.yaml:")
    if line is not None:
        assert f"demo.yaml:{line}: " in told, told


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            "e1,Twice,,JP,2026-02-24,,active,,No. 11,,,,",
            "entry_id 'e1' stands twice, first on line 2",
        ),
        ("e2,,,JP,2026-02-24,,active,,No. 11,,,,", "name: missing"),
        (",X,,JP,2026-02-24,,active,,No. 11,,,,", "entry_id: missing"),
        ("e2,X,,ZZ,2026-02-24,,active,,No. 11,,,,", "country: 'ZZ' is not"),
        ("e2,X,,JP,2026-02-31,,active,,No. 11,,,,", "effective_from: '2026-02-31' is not a date"),
        ("e2,X,,JP,2026-02-24,9999-12-31,stopped,,No. 11,,,,", "year must be 1990 to 2199"),
        ("e2,X,,JP,24.2.2026,,active,,No. 11,,,,", "effective_from: '24.2.2026' is not a date"),
        ("e2,X,,JP,2026-02-24,2026-02-23,stopped,,No. 11,,,,", "dates reversed"),
        ("e2,X,,JP,2026-02-24,,stopped,,No. 11,,,,", "effective_to is missing"),
        ("e2,X,,JP,2026-02-24,,suspended,,No. 11,,,,", "no suspension stands in the row"),
        (
            "e2,X,,JP,2026-02-24,,active,2026-03-01..2026-04-01 x,No. 11,,,,",
            "status: active, but",
        ),
        (
            "e2,X,,JP,2026-02-24,,suspended,2026-04-01..2026-03-01 x,No. 11,,,,",
            "suspensions: dates reversed",
        ),
        ("e2,X,,JP,2026-02-24,,listed,,No. 11,,,,", "status: 'listed' is none of"),
        ("e2,X,,JP,2026-02-24,,active,,No. 11,,MAYBE,,", "outcome: 'MAYBE' is no outcome"),
        ("e2,X,,JP,2026-02-24,,active,,No. 11,,AUTHORISED,,", "not a list's to give"),
        ("e2,X,a |  | b,JP,2026-02-24,,active,,No. 11,,,,", "aliases: one of them is empty"),
        ("e2, X,,JP,2026-02-24,,active,,No. 11,,,,", "name: begins or ends with a space"),
        ("e2,X\u200c,,JP,2026-02-24,,active,,No. 11,,,,", "name: holds a character"),
        ("e2,X,JP", "3 cells, 13 columns"),
        ('e2,"X"y,,JP,2026-02-24,,active,,No. 11,,,,', "not CSV"),
    ],
)
def test_a_row_is_refused_with_its_line(row: str, reason: str) -> None:
    told = refusal(files(lists=LISTS, list_rows=(ROWS[0], row)))
    assert "lists/cn-cl.csv:3: " in told
    assert reason in told


@pytest.mark.parametrize("list_rows", [ROWS[:1], (*ROWS, ROWS[1].replace("e2", "e3"))])
def test_a_count_that_differs_from_the_rows_is_refused(list_rows: tuple[str, ...]) -> None:
    told = refusal(files(lists=LISTS, list_rows=list_rows))
    assert f"demo.yaml:{HEAD.count(chr(10)) + 8}: lists[0].counts.No. 11: 2 announced" in told
    assert f"{len(list_rows)} rows in lists/cn-cl.csv" in told


def test_rows_of_an_instrument_that_was_not_announced_are_refused() -> None:
    row = ROWS[1].replace("e2", "e3").replace("No. 11", "No. 99")
    assert "No. 99: 1 rows, none announced" in refusal(files(lists=LISTS, list_rows=(*ROWS, row)))


def test_wrong_bytes_are_told_by_line() -> None:
    given = files(measure(), lists=LISTS)
    assert "demo.yaml:2: not UTF-8: byte 0xff" in refusal({"demo.yaml": b"pack: demo\ntitle: \xff"})
    given["lists/cn-cl.csv"] = given["lists/cn-cl.csv"].replace(b"Second", b"S\xe9cond")
    assert "lists/cn-cl.csv:3: not UTF-8: byte 0xe9" in refusal(given)


def test_missing_and_needless_files_are_refused() -> None:
    given = files(measure(), lists=LISTS)
    del given["lists/cn-cl.csv"]
    assert "lists[0].file: no file 'lists/cn-cl.csv'" in refusal(given)
    assert "no pack names this file" in refusal(files(measure()) | {"lists/x.csv": b""})
    assert "no pack (.yaml) is there" in refusal({})


def test_a_second_pack_may_not_repeat_ids() -> None:
    given = files(measure(), lists=LISTS)
    told = refusal(given | {"other.yaml": given["demo.yaml"]})
    for what in ("pack 'demo'", "list 'CN-CL'", "measure 'CN-1'"):
        assert f"{what} stands twice, first at demo.yaml" in told


def test_all_problems_are_told_at_once() -> None:
    given = files(measure(outcome="X") + measure("CN-2", effective="{from: y}"), lists=LISTS)
    with pytest.raises(PackError) as caught:
        load(given)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("text", ["", "- a\n", "pack: x\n", "[" * 2000, "a: " * 60, "{a: [{}]}"])
def test_what_is_no_pack_is_refused(text: str) -> None:
    with pytest.raises(PackError):
        load({"demo.yaml": text.encode()})


def test_a_suspension_from_the_first_day_that_ends_is_in_order() -> None:
    more = "suspensions: [{from: 2026-01-01, to: '${truce_end}', basis: x}]"
    tables = tables_from(files(measure(more=more)))
    assert tables.measures[0].measure.suspensions[0].to is not None


def test_norway_is_a_country() -> None:
    tables = tables_from(files(measure(when="{destination: [NO]}")))
    assert tables.measures[0].measure.when.destination == ("NO",)
