"""Example companies, composed of a real town, the word 'Example' and a trade."""

from __future__ import annotations

from random import Random

TOWNS: dict[str, tuple[str, ...]] = {
    "CN": ("Ganzhou", "Baotou", "Ningbo", "Suzhou", "Qingdao", "Xiamen", "Dongguan", "Changsha"),
    "JP": ("Yokohama", "Kobe", "Nagoya", "Niigata", "Fukuoka", "Sendai", "Hamamatsu", "Okayama"),
    "KR": ("Busan", "Incheon", "Daegu", "Ulsan"),
    "US": ("Oakland", "Tacoma", "Savannah", "Austin", "Dayton"),
    "DE": ("Hamburg", "Bremen", "Stuttgart", "Jena"),
    "NL": ("Rotterdam", "Eindhoven", "Breda"),
    "VN": ("Haiphong", "Da Nang", "Bien Hoa"),
    "SG": ("Jurong", "Tuas", "Changi"),
    "IN": ("Pune", "Chennai", "Surat"),
    "BR": ("Santos", "Curitiba", "Manaus"),
    "AU": ("Fremantle", "Geelong", "Newcastle"),
}

FORMS = {
    "CN": "Co., Ltd.",
    "JP": "K.K.",
    "KR": "Co., Ltd.",
    "US": "Inc.",
    "DE": "GmbH",
    "NL": "B.V.",
    "VN": "JSC",
    "SG": "Pte. Ltd.",
    "IN": "Pvt. Ltd.",
    "BR": "Ltda.",
    "AU": "Pty Ltd",
}

TRADES = ("Trading", "Home Goods", "Logistics", "Retail", "Imports", "Supplies", "Wholesale")
MAKERS = ("Materials", "Magnetics", "Motors", "Ceramics", "Electronics", "Alloys", "Optics")

LANES = (
    ("CN", "JP"),
    ("CN", "JP"),
    ("CN", "US"),
    ("CN", "DE"),
    ("CN", "VN"),
    ("JP", "US"),
    ("KR", "JP"),
    ("VN", "AU"),
    ("DE", "BR"),
    ("US", "NL"),
    ("IN", "SG"),
)
"""Export country and destination of ordinary goods."""


def company(random: Random, country: str, trades: tuple[str, ...] = TRADES) -> str:
    """Return an example company of a country."""
    town = random.choice(TOWNS[country])
    return f"{town} Example {random.choice(trades)} {FORMS[country]}"
