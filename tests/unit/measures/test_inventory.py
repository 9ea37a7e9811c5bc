"""The written inventory says what the packs say."""

from __future__ import annotations

from tests.unit.measures.inventory import row
from tests.unit.measures.packs import SHIPPED, shipped

INVENTORY = (SHIPPED.parent / "docs" / "rules.md").read_text(encoding="utf-8")


def test_every_measure_stands_in_the_inventory_as_it_ships() -> None:
    missing = [row(item) for item in shipped().measures if row(item) not in INVENTORY]
    assert missing == [], "add these lines to docs/rules.md:\n" + "\n".join(missing)


def test_no_measure_stands_in_the_inventory_that_does_not_ship() -> None:
    written = {line.split("`")[1] for line in INVENTORY.splitlines() if line.startswith("| `")}
    assert written == {item.measure.id for item in shipped().measures}
