"""Scores pairs of names with nomenklatura's logic-v2, in the environment of `nomenklatura.txt`.

Reads a JSON array of [schema, name, name] and writes an array of scores, then the seconds they
took. It imports nothing of Tidegate's.
"""

from __future__ import annotations

import json
import sys
import time

from followthemoney import EntityProxy
from nomenklatura.matching import get_algorithm

KNOWN = {"Company", "LegalEntity", "Organization", "Person", "Vessel"}


def main() -> None:
    """Score what comes in."""
    algorithm = get_algorithm("logic-v2")
    config = algorithm.default_config()
    pairs = json.load(sys.stdin)
    began = time.perf_counter()
    scores = [
        algorithm.compare(entity(schema, one), entity(schema, other), config).score
        for schema, one, other in pairs
    ]
    json.dump([scores, time.perf_counter() - began], sys.stdout)


def entity(schema: str, name: str) -> EntityProxy:
    """Return an entity that has a name and nothing else."""
    chosen = schema if schema in KNOWN else "LegalEntity"
    return EntityProxy.from_dict({"id": name, "schema": chosen, "properties": {"name": [name]}})


if __name__ == "__main__":
    main()
