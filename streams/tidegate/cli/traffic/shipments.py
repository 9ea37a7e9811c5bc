"""First revisions of shipments, one function for each situation that a table speaks of."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tidegate.cli.traffic.goods import (
    AMERICAN,
    CHINA_CANDIDATES,
    CHINA_CONTROLLED,
    CHINA_SUSPENDED,
    ORDINARY,
    Goods,
)
from tidegate.cli.traffic.listed import Listed, ListedName
from tidegate.cli.traffic.places import LANES, MAKERS, TRADES, company

Facts = dict[str, Any]
"""The `data` of a shipment without its id, revision and status."""


def facts(
    random: Random,
    export: str,
    destination: str,
    goods: Goods,
    exporter: str,
    user: ListedName | str,
    *,
    user_class: str = "civil",
    use: str = "civil",
    capability: str = "no",
    origin: str | None = None,
    licenses: tuple[str, ...] = (),
) -> Facts:
    """Compose a shipment of one line, whose consignee is its end user."""
    quantity = random.randint(*goods.lot)
    item: dict[str, Any] = {
        "line": 1,
        "description": goods.description,
        "hs_code": goods.hs_code,
        "origin_country": origin or export,
        "quantity": str(quantity),
        "unit": goods.unit,
        "value": f"{quantity * goods.price}.00",
        "currency": "USD",
    }
    if goods.code is not None:
        item |= {"control_codes": [goods.code], "controlled_declaration": "controlled"}
    if licenses:
        item["licenses"] = list(licenses)
    name = user if isinstance(user, str) else user.name
    country = destination if isinstance(user, str) else user.country or destination
    party = {"name": name, "country": country, "class": user_class}
    return {
        "export_country": export,
        "destination_country": destination,
        "parties": [
            {"role": "exporter", "name": exporter, "country": export},
            {"role": "consignee", **party},
            {"role": "end_user", **party},
        ],
        "items": [item],
        "end_use": {"class": use, "military_capability": capability},
    }


def _ordinary(random: Random, listed: Listed) -> Facts:
    export, destination = random.choice(LANES)
    exporter, user = company(random, export), company(random, destination)
    return facts(random, export, destination, random.choice(ORDINARY), exporter, user)


def _china_to_japan(random: Random, user: ListedName | str, **options: Any) -> Facts:
    exporter = company(random, "CN", MAKERS)
    goods = random.choice(CHINA_CONTROLLED)
    return facts(random, "CN", "JP", goods, exporter, user, **options)


def _military_user(random: Random, listed: Listed) -> Facts:
    user = company(random, "JP", ("Naval Stores", "Defense Supplies"))
    return _china_to_japan(random, user, user_class="military", capability="unknown")


def _military_use(random: Random, listed: Listed) -> Facts:
    return _china_to_japan(random, company(random, "JP", MAKERS), use="military")


def _capability(random: Random, listed: Listed) -> Facts:
    return _china_to_japan(random, company(random, "JP", MAKERS), capability="yes")


def _control_list(random: Random, listed: Listed) -> Facts:
    return _china_to_japan(random, random.choice(listed["control"]), capability="unknown")


def _unlicensed(random: Random, listed: Listed) -> Facts:
    destination = random.choice(("JP", "DE", "US", "KR"))
    exporter, user = company(random, "CN", MAKERS), company(random, destination, MAKERS)
    return facts(random, "CN", destination, random.choice(CHINA_CONTROLLED), exporter, user)


def _third_country(random: Random, listed: Listed) -> Facts:
    export = random.choice(("KR", "SG"))
    user = company(random, "JP", ("Naval Stores", "Defense Supplies"))
    goods = random.choice(CHINA_CONTROLLED)
    return facts(
        random,
        export,
        "JP",
        goods,
        company(random, export),
        user,
        user_class="military",
        use="military",
        capability="yes",
        origin="CN",
    )


def _american(random: Random, party: ListedName, **options: Any) -> Facts:
    """US goods to a listed party, from the US or over a third country."""
    export = random.choice(("US", "US", "SG"))
    destination = party.country or "SG"
    if destination == export:
        export = "US" if destination != "US" else "SG"
    goods = random.choice(AMERICAN)
    exporter = company(random, export)
    return facts(random, export, destination, goods, exporter, party, origin="US", **options)


def _entity_list(random: Random, listed: Listed) -> Facts:
    return _american(random, random.choice(listed["entity"]))


def _blocked(random: Random, listed: Listed) -> Facts:
    return _american(random, random.choice(listed["blocked"]))


def _denied(random: Random, listed: Listed) -> Facts:
    return _american(random, random.choice(listed["denied"]))


def _military_list(random: Random, listed: Listed) -> Facts:
    return _american(random, random.choice(listed["military"]), user_class="military")


def _watch_list(random: Random, listed: Listed) -> Facts:
    return _china_to_japan(random, random.choice(listed["watch"]), capability="unknown")


def _unverified(random: Random, listed: Listed) -> Facts:
    return _american(random, random.choice(listed["unverified"]))


def _foreign_user(random: Random, listed: Listed) -> Facts:
    party = random.choice(listed["foreign_user"])
    destination = party.country or "SG"
    return facts(random, "JP", destination, random.choice(ORDINARY), company(random, "JP"), party)


def _candidate(random: Random, listed: Listed) -> Facts:
    destination = random.choice(("JP", "DE", "US"))
    exporter, user = company(random, "CN", MAKERS), company(random, destination, MAKERS)
    return facts(random, "CN", destination, random.choice(CHINA_CANDIDATES), exporter, user)


def _suspended(random: Random, listed: Listed) -> Facts:
    destination = random.choice(("DE", "US", "KR"))
    exporter, user = company(random, "CN", MAKERS), company(random, destination, TRADES)
    return facts(random, "CN", destination, random.choice(CHINA_SUSPENDED), exporter, user)


Maker = Callable[[Random, Listed], Facts]

HELD: tuple[tuple[str, float, Maker, str | None], ...] = (
    ("control_list", 5, _control_list, "control"),
    ("military_user", 4, _military_user, None),
    ("unlicensed", 4, _unlicensed, None),
    ("entity_list", 4, _entity_list, "entity"),
    ("third_country", 2, _third_country, None),
    ("blocked", 2, _blocked, "blocked"),
    ("military_use", 1, _military_use, None),
    ("capability", 1, _capability, None),
    ("military_list", 1, _military_list, "military"),
    ("denied", 1, _denied, "denied"),
)
"""Situations that hold: name, weight, maker, and the list that it needs."""

REVIEWED: tuple[tuple[str, float, Maker, str | None], ...] = (
    ("candidate", 3, _candidate, None),
    ("foreign_user", 2, _foreign_user, "foreign_user"),
    ("unverified", 1, _unverified, "unverified"),
)
"""Situations that a person should look at."""

PASSING: tuple[tuple[str, float, Maker, str | None], ...] = (
    ("ordinary", 30, _ordinary, None),
    ("suspended", 1, _suspended, None),
)

WATCH_LISTED: tuple[tuple[str, float, Maker, str | None], ...] = (
    ("watch_list", 1, _watch_list, "watch"),
)
"""Held for want of a license, and under closer review besides."""


def choose(
    random: Random, listed: Listed, situations: tuple[tuple[str, float, Maker, str | None], ...]
) -> tuple[str, Facts]:
    """Make a shipment in one of these situations, by weight, as far as the lists are there."""
    possible = [s for s in situations if s[3] is None or listed[s[3]]]
    name, _, maker, _ = random.choices(possible, [weight for _, weight, _, _ in possible])[0]
    return name, maker(random, listed)
