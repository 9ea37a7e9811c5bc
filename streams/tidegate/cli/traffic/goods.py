"""What is shipped: ordinary goods, and goods that some table controls.

Tariff and control codes: MOFCOM Announcements 18/2025, 10/2025 and 57/2025; Harmonized System 2022.
Prices are round example figures.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goods:
    """One kind of goods. `price` is in US dollars a unit."""

    description: str
    hs_code: str
    unit: str
    price: int
    code: str | None = None
    lot: tuple[int, int] = (20, 400)
    """Fewest and most units in a shipment."""


ORDINARY = (
    Goods("wooden furniture", "940360", "H87", 85),
    Goods("cotton T-shirts", "610910", "H87", 4, lot=(500, 9000)),
    Goods("toys", "950300", "H87", 6, lot=(300, 6000)),
    Goods("bicycles", "871200", "H87", 140),
    Goods("drinking glasses", "701337", "H87", 2, lot=(800, 8000)),
    Goods("green tea", "090210", "KGM", 9, lot=(100, 3000)),
    Goods("leather shoes", "640399", "PR", 22, lot=(200, 3000)),
    Goods("office paper", "480256", "KGM", 1, lot=(2000, 18000)),
    Goods("porcelain tableware", "691110", "KGM", 5, lot=(200, 4000)),
    Goods("steel screws", "731815", "KGM", 3, lot=(500, 9000)),
    Goods("car tires", "401110", "H87", 48),
    Goods("bath towels", "630260", "KGM", 7, lot=(200, 4000)),
    Goods("umbrellas", "660199", "H87", 3, lot=(500, 6000)),
    Goods("ballpoint pens", "960810", "H87", 1, lot=(2000, 30000)),
)

CHINA_CONTROLLED = (
    Goods("dysprosium oxide 99.9 %", "28469015", "KGM", 310, "CN:1C905.b"),
    Goods("terbium metal", "2805301300", "KGM", 1150, "CN:1C904.a", (5, 60)),
    Goods("samarium-cobalt magnet blocks", "8505111000", "KGM", 95, "CN:1C902.a"),
    Goods("gadolinium oxide", "2846901930", "KGM", 55, "CN:1C903.b"),
    Goods("scandium oxide", "2846901980", "KGM", 900, "CN:1C907.b", (2, 40)),
    Goods("yttrium oxide", "28469011", "KGM", 42, "CN:1C908.b"),
    Goods("ammonium paratungstate", "2841801000", "KGM", 45, "CN:1C117.d", (200, 2000)),
    Goods("indium phosphide wafers", "2853904051", "H87", 210, "CN:3C004.a"),
)

CHINA_SUSPENDED = (
    Goods("holmium oxide", "28469019", "KGM", 75, "CN:1C909.b"),
    Goods("erbium oxide", "2846901920", "KGM", 60, "CN:1C910.b"),
)
"""Controls that were announced and are suspended: they pass with an advisory."""

CHINA_CANDIDATES = (
    Goods("rare-earth permanent magnets", "8505111000", "KGM", 88),
    Goods("rare-earth oxides, mixed", "28469019", "KGM", 64),
)
"""Tariff codes that controlled goods are declared under, with no control code stated."""

AMERICAN = (
    Goods("network switches", "851762", "H87", 640, "US:5A992", (5, 90)),
    Goods("field-programmable gate arrays", "854231", "H87", 120, "US:3A001", (50, 900)),
    Goods("pressure transducers", "902620", "H87", 260, "US:2B230", (5, 90)),
    Goods("machining center parts", "846693", "H87", 410, "US:2B001", (5, 60)),
)
