"""Turn a CSV of shipments into Tidegate's events, one a line.

python csv_to_events.py shipments.csv > events.ndjson
"""

import csv
import json
import sys
from datetime import UTC, datetime


def event(row: dict[str, str]) -> dict[str, object]:
    """Return one row as a CloudEvent whose data is the whole shipment at its revision.

    An empty cell is left out: what is not stated is unknown, and must not become something else.
    """
    parties = [
        {"role": "exporter", "name": row["exporter"], "country": "CN"},
        {"role": "consignee", "name": row["consignee"], "country": row["destination"]},
        {"role": "end_user", "name": row["end_user"], "country": row["destination"]},
    ]
    if row["end_user_class"]:
        parties[2]["class"] = row["end_user_class"]
    item: dict[str, object] = {
        "line": 1,
        "description": row["description"],
        "hs_code": row["hs_code"],
        "origin_country": "CN",
        "quantity": row["quantity_kg"],
        "unit": "KGM",
        "value": row["value_usd"],
        "currency": "USD",
    }
    if row["control_code"]:
        item["control_codes"] = [row["control_code"]]
    data: dict[str, object] = {
        "shipment_id": row["shipment_id"],
        "revision": int(row["revision"]),
        "status": row["status"],
        "export_country": "CN",
        "destination_country": row["destination"],
        "parties": parties,
        "items": [item],
    }
    if row["end_use"]:
        data["end_use"] = {"class": row["end_use"]}
    return {
        "specversion": "1.0",
        "id": f"{row['shipment_id']}/{row['revision']}",
        "source": "/erp/example",
        "type": "trade.shipment.v1",
        "subject": row["shipment_id"],
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }


with open(sys.argv[1], encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        print(json.dumps(event(row)))
