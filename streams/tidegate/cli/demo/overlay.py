"""A later version of the tables: the packs as they are, and one company on a house list."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from tidegate.measures.list_rows import COLUMNS

MEASURE = "XX-HOUSE-01"
INSTRUMENT = "House list of the demonstration"
PACK_FILE = "demo-house-list.yaml"
LIST_FILE = "lists/demo-house-list.csv"

_PACK = f"""\
pack: demo-house-list
title: {{en: House list of the demonstration}}
regime: XX
authority: The compliance department of this example
timezone: UTC
verified_on: 2026-11-23
lists:
  - id: XX-HOUSE
    title: {{en: House list of the demonstration}}
    file: {LIST_FILE}
    as_of: 2026-11-23
    source: made up for the demonstration; the company does not exist
    license: none needed
    counts: {{{INSTRUMENT}: 1}}
measures:
  - id: {MEASURE}
    instrument: {INSTRUMENT}
    article: entry 1
    title: {{en: A company that this house does not supply}}
    evidence: text
    effective: {{from: 2026-01-01}}
    when:
      party: {{list: XX-HOUSE}}
    outcome: PROHIBITED
    advice: Ask the compliance department.
"""


def with_house_list(files: Mapping[str, bytes], company: str) -> dict[str, bytes]:
    """Return the packs with one more, that lists this company."""
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "entry_id": "house-1",
        "name": company,
        "effective_from": "2026-01-01",
        "status": "active",
        "instrument": INSTRUMENT,
    }
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return {**files, PACK_FILE: _PACK.encode(), LIST_FILE: text.getvalue().encode()}
