"""Lists as authorities publish them come in whole, or not at all and with the line at fault."""

from __future__ import annotations

from datetime import date

import pytest

from tidegate.measures.errors import PackError
from tidegate.measures.importers import csl, ofac, plain
from tidegate.measures.importers.imported import Imported, canonical, counts, expect
from tidegate.measures.list_rows import read_rows

CSL_COLUMNS = (
    "_id,source,entity_number,type,programs,name,title,addresses,federal_register_notice,"
    "start_date,end_date,standard_order,license_requirement,license_policy,call_sign,vessel_type,"
    "gross_tonnage,gross_registered_tonnage,vessel_flag,vessel_owner,remarks,source_list_url,"
    "alt_names,citizenships,dates_of_birth,nationalities,places_of_birth,source_information_url,ids"
)
DENIED = "Denied Persons List (DPL) - Bureau of Industry and Security"
LISTED = "Entity List (EL) - Bureau of Industry and Security"
SDN = '36,"AEROCARIBBEAN AIRLINES",-0- ,"CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'
PERSON = '99,"EXAMPLE, Ada",individual,"X",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 1970"\r\n'
ALT = '36,12,"aka","AERO-CARIBBEAN",-0- \r\n'


def csl_file(*rows: dict[str, str]) -> bytes:
    columns = CSL_COLUMNS.split(",")
    lines = [",".join(f'"{row.get(column, "")}"' for column in columns) for row in rows]
    return "\n".join([CSL_COLUMNS, *lines]).encode()


def told(error: pytest.ExceptionInfo[PackError]) -> str:
    return str(error.value)


def test_a_row_of_the_screening_list_comes_with_names_places_and_dates() -> None:
    row = {
        "_id": "0123456789abcdef",
        "source": LISTED,
        "name": " Example Works (a.k.a. Ex Works) ",
        "alt_names": "Example Plant; EX WORKS",
        "addresses": "1 Road, Harbin, CN; 2 Road, Dubai, AE; nowhere, ZZ",
        "start_date": "2019-05-21",
        "license_policy": "Presumption of denial",
        "federal_register_notice": "84 FR 22961",
    }
    (entry,) = csl.entries("c.csv", csl_file(row))
    assert entry == Imported(
        entry_id="EL-0123456789ab",
        names=("Example Works", "Ex Works", "Example Plant"),
        countries=("CN", "AE"),
        effective_from=date(2019, 5, 21),
        instrument=LISTED,
        note="Review policy: Presumption of denial; Notice: 84 FR 22961",
    )


def test_aka_alone_is_a_name() -> None:
    (entry,) = csl.entries("c.csv", csl_file({"_id": "1", "source": LISTED, "name": "AKA Bank"}))
    assert entry.names == ("AKA Bank",)


def test_only_the_sources_asked_for_are_taken() -> None:
    rows = [
        {"_id": "1", "source": DENIED, "name": "A", "end_date": "2027-10-13"},
        {"_id": "2", "source": LISTED, "name": "B"},
    ]
    (entry,) = csl.entries("c.csv", csl_file(*rows), ["denied persons"])
    assert (entry.entry_id, entry.effective_to) == ("DPL-1", date(2027, 10, 13))
    with pytest.raises(PackError) as error:
        csl.entries("c.csv", csl_file(*rows), ["Unverified"])
    assert told(error) == "c.csv: no entry has the source 'Unverified'"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "  "}, "c.csv:2: name: missing"),
        ({"start_date": "21/05/2019"}, "c.csv:2: start_date: '21/05/2019' is not a date"),
        ({"_id": ""}, "c.csv:2: neither entity_number nor _id is stated"),
    ],
)
def test_a_bad_row_is_named(change: dict[str, str], reason: str) -> None:
    with pytest.raises(PackError) as error:
        csl.entries("c.csv", csl_file({"_id": "1", "source": LISTED, "name": "B", **change}))
    assert told(error).startswith(reason)


def test_a_header_without_a_needed_column_is_refused() -> None:
    with pytest.raises(PackError) as error:
        csl.entries("c.csv", b"_id,source,name\n1,x,y\n")
    assert "c.csv:1: the header lacks entity_number, addresses" in told(error)


def test_ofac_entries_have_their_aliases_and_persons_both_readings() -> None:
    company, person = ofac.entries("SDN.CSV", (SDN + PERSON + "\x1a").encode(), "ALT", ALT.encode())
    assert company.names == ("AEROCARIBBEAN AIRLINES", "AERO-CARIBBEAN")
    assert person.names == ("EXAMPLE, Ada", "Ada EXAMPLE")
    assert person.note == "Program: X; Remarks: DOB 1970"
    assert counts([company, person]) == {ofac.INSTRUMENT: 2}


def test_an_alias_of_nobody_is_refused() -> None:
    with pytest.raises(PackError) as error:
        ofac.entries("SDN.CSV", PERSON.encode(), "ALT.CSV", ALT.encode())
    assert told(error) == "ALT.CSV:1: ent_num: '36' is not in SDN.CSV"


def test_a_cut_file_is_refused() -> None:
    with pytest.raises(PackError) as error:
        ofac.entries("SDN.CSV", (SDN + PERSON[:30]).encode())
    assert told(error).startswith("SDN.CSV:2: ")


def test_an_encoding_error_is_named_by_line() -> None:
    content = "name\nfirst\nCafé\n".encode("windows-1252")
    with pytest.raises(PackError) as error:
        plain.entries("own.csv", content, "Own list")
    assert told(error) == "own.csv:3: not utf-8: byte 0xe9; is --encoding right?"
    names = [e.names for e in plain.entries("own.csv", content, "Own list", "windows-1252")]
    assert names == [("first",), ("Café",)]


def test_the_announced_number_must_be_the_number_read() -> None:
    found = ofac.entries("SDN.CSV", SDN.encode())
    expect("SDN.CSV", found, 1)
    with pytest.raises(PackError) as error:
        expect("SDN.CSV", found, 2)
    assert told(error) == "SDN.CSV: 2 entries announced, 1 read"


def test_an_own_list_needs_names_only_and_keeps_its_ids() -> None:
    row = "A Works,jp cn,AW;A W,2026-01-01,2026-12-31"
    content = f"\ufeffname,country,aliases,from,to\n{row}\nB,,,,\n".encode()
    first, second = plain.entries("own.csv", content, "Own list")
    assert first.countries == ("JP", "CN")
    assert first.names == ("A Works", "AW", "A W")
    again = plain.entries("own.csv", b"name,country\nA WORKS,CN JP\n", "Own list")
    assert again[0].entry_id == first.entry_id != second.entry_id


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("name,contry\nA,JP\n", "own.csv:1: unknown column 'contry'"),
        ("name,country\nA,Japan\n", "own.csv:2: country: 'JAPAN' is not an ISO"),
        ("name\n!!\n", "own.csv:2: name: missing"),
        ("name\nA\na\n", "own.csv:3: the entry of line 2 stands here again"),
        ("name,from,to\nA,2026-02-01,2026-01-01\n", "own.csv:2: to: 2026-01-01 is before"),
        ("name,note\nA\n", "own.csv:2: 1 cells, 2 columns"),
        ('name\n"A\n', "own.csv:2: not CSV"),
    ],
)
def test_what_is_wrong_with_an_own_list_is_told(content: str, reason: str) -> None:
    with pytest.raises(PackError) as error:
        plain.entries("own.csv", content.encode(), "Own list")
    assert told(error).startswith(reason)


def test_what_is_written_is_what_a_pack_reads() -> None:
    found = plain.entries("own.csv", "name,aliases\n三菱,A|B;C\nZ,\n".encode(), "Own list")
    rows = read_rows("own.csv", canonical(found, ["Own list"]))
    assert {(row.name, row.aliases) for row in rows} == {("三菱", ("A/B", "C")), ("Z", ())}
    assert all(row.instrument == "Own list" for row in rows)
