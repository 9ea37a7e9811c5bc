"""What the lists' sources announced: instruments, dates, counts, and how their cells are read."""

from __future__ import annotations

import re

REGULATIONS = "Regulations on Export Control of Dual-Use Items (State Council Order No. 792)"
STOPPED = "2025-11-09"  # last day; Nos. 13 and 22/2025 are stopped from 2025-11-10
NO_21_PAUSE = "2025-11-10..2026-11-10 suspension announced for No. 21 of 2025, to 2026-11-10"

# date -> (instrument, announced entries, country, status, effective_to, suspensions)
CONTROL_LIST = {
    "2025-01-02": ("MOFCOM Announcement No. 1 of 2025", 28, "US", "active", "", ""),
    "2025-03-04": ("MOFCOM Announcement No. 13 of 2025", 15, "US", "stopped", STOPPED, ""),
    "2025-04-04": ("MOFCOM Announcement No. 21 of 2025", 16, "US", "suspended", "", NO_21_PAUSE),
    "2025-04-09": ("MOFCOM Announcement No. 22 of 2025", 12, "US", "stopped", STOPPED, ""),
    "2025-07-09": ("MOFCOM announcement of 2025-07-09", 8, "", "unconfirmed", "", ""),
    "2025-09-25": ("MOFCOM announcement of 2025-09-25", 3, "", "unconfirmed", "", ""),
    "2026-02-24": ("MOFCOM Announcement No. 11 of 2026", 20, "JP", "active", "", ""),
    "2026-04-24": ("MOFCOM Announcement No. 20 of 2026", 7, "", "unconfirmed", "", ""),
    "2026-06-22": ("MOFCOM Announcement No. 23 of 2026", 10, "US", "unconfirmed", "", ""),
    "2026-06-29": ("MOFCOM Announcement No. 27 of 2026", 20, "JP", "active", "", ""),
}
WATCH_LIST = {
    "2026-02-24": ("MOFCOM Announcement No. 12 of 2026", 20, "JP", "active", "", ""),
    "2026-06-29": ("MOFCOM Announcement No. 28 of 2026", 20, "JP", "active", "", ""),
}
MOFCOM_LISTS = {
    "control_list": ("cn-cl.csv", f"{REGULATIONS}, Articles 28 to 30"),
    "watch_list": ("cn-wl.csv", f"{REGULATIONS}, Article 26"),
    "unreliable_entity_list": ("cn-uel.csv", "Provisions on the Unreliable Entity List"),
}
COPIED_IDS = {"cn-wl-": "CN-CL-", "cn-att-": "CN-WL-", "cn-uel-": "CN-UEL-"}
MORE_NAMES = {  # spellings read elsewhere: the annex, the firm's own English name, shippers' kanji
    "cn-wl-20260224-1": ("Mitsubishi Shipbuilding Co., Ltd.",),
    "cn-att-20260224-10": ("八洲電機株式会社",),
    "cn-att-20260224-1": ("株式会社SUBARU",),
}
UEL_DESCRIPTION = "参与对台湾地区军售的"  # says why, and is no part of the name
UEL_NAMES = {  # cells that hold a headline, or half a name, and not a name
    "参与对台湾地区军售的美国波音防务": ("美国波音防务、空间与安全集团", ()),
    "Boeing Defense, Space & Security": ("Boeing Defense, Space & Security", ()),
    "哈德森技术公司（Hudson Technologies Co.）等6家实体": (
        "Hudson Technologies Co.",
        ("哈德森技术公司",),
    ),
    "国际海洋工程公司（Oceaneering International, Inc.）等3家实体": (
        "Oceaneering International, Inc.",
        ("国际海洋工程公司",),
    ),
    "TechInsights公司及其分支机构等外国实体": ("TechInsights", ("TechInsights公司",)),
}

# source -> (file, id prefix, instrument, announced entries)
CSL_SOURCES = {
    "Entity List (EL)": ("us-el.csv", "el", "EAR Part 744, Supplement No. 4 (Entity List)", 3420),
    "Military End User (MEU) List": (
        "us-meu.csv",
        "meu",
        "EAR Part 744, Supplement No. 7 (Military End User List)",
        70,
    ),
    "Specially Designated Nationals (SDN)": (
        "us-sdn.csv",
        "sdn",
        "OFAC Specially Designated Nationals and Blocked Persons List",
        19181,
    ),
    "Denied Persons List (DPL)": ("us-dpl.csv", "dpl", "BIS Denied Persons List", 1596),
    "Unverified List (UVL)": (
        "us-uvl.csv",
        "uvl",
        "BIS Unverified List",
        222,
    ),
    "ITAR Debarred (DTC)": ("us-other.csv", "dtc", "ITAR Debarred (State Department)", 787),
    "Sectoral Sanctions Identifications List (SSI)": (
        "us-other.csv",
        "ssi",
        "OFAC Sectoral Sanctions Identifications List",
        286,
    ),
    "Nonproliferation Sanctions (ISN)": (
        "us-other.csv",
        "isn",
        "Nonproliferation Sanctions (State Department)",
        161,
    ),
    "Palestinian Legislative Council List (PLC)": (
        "us-other.csv",
        "plc",
        "OFAC Palestinian Legislative Council List",
        78,
    ),
    "Non-SDN Chinese Military-Industrial Complex Companies List (CMIC)": (
        "us-other.csv",
        "cmic",
        "OFAC Non-SDN Chinese Military-Industrial Complex Companies List",
        68,
    ),
    "Non-SDN Menu-Based Sanctions List (NS-MBS List)": (
        "us-other.csv",
        "mbs",
        "OFAC Non-SDN Menu-Based Sanctions List",
        51,
    ),
    "Capta List (CAP)": ("us-other.csv", "cap", "OFAC CAPTA List", 1),
}
DENIAL = re.compile(r"\b(?:policy|presumption)\s+(?:of|for)\s+denial\b", re.IGNORECASE)
CSL_COUNTRIES = {"TURKIYE": "TR", "UK": "GB", "PRC": "CN", "MACAU": "MO", "MAN, ISLE OF": "IM"}
CSL_REGIONS = {
    "WEST BANK": "PS",
    "NORTH GAZA": "PS",
    "NORTHERN GAZA": "PS",
    "IRAN": "IR",
    "RUSSIA": "RU",
    "CHINA": "CN",
    "NORTHERN MALI": "ML",
    "KAFIA KINGI": "",
    "KASHMIR": "",
    "JAMMU AND KASHMIR": "",
    "COMMONWEALTH OF INDEPENDENT STATES": "",
}
CSL_NO_COUNTRY = frozenset({"XK", "AN", "NM", "CRIMEA", "(OCCUPIED)"})  # not in ISO 3166-1 of 2026

METI_ANNOUNCED = 835
METI_COUNTRIES = {
    "Islamic Republic of Iran": "IR",
    "North Korea": "KP",
    "Islamic Republic of Pakistan": "PK",
    "Russian Federation": "RU",
    "People's Republic of China": "CN",
    "United Arab Emirates": "AE",
    "Hong Kong": "HK",
    "Syrian Arab Republic": "SY",
    "Republic of Lebanon": "LB",
    "Taiwan": "TW",
    "Arab Republic of Egypt": "EG",
    "Islamic Republic of Afghanistan": "AF",
    "India": "IN",
    "Republic of Yemen": "YE",
    "State of Israel": "IL",
}

MOFCOM_HEAD = (
    "Source: Ministry of Commerce of the People's Republic of China, by way of",
    "security-export-control-registry (MIT, with credit). As of 2026-07-19. Not legal advice.",
    "Status and dates: instruments 1, 13, 21, 22 of 2025 and 11, 12, 27, 28 of 2026 as read;",
    "entries whose present state is not established are 'unconfirmed' and ask for review only.",
)
CSL_HEAD = (
    "Source: US Consolidated Screening List (US government work, public domain).",
    "As of 2026-07-31. The copy states no dates per entry. Not legal advice.",
)
METI_HEAD = (
    "Source: METI (Japan), Foreign User List of 2025-09-29, by way of",
    "security-export-control-registry (MIT, with credit). A reference list, not an embargo.",
    "Not legal advice.",
)
