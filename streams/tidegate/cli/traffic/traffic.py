"""The stream of traffic: what comes next, and what has gone before.

Everything hangs on the seed and the times handed in; nothing is read from the machine.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from tidegate.agents import topics
from tidegate.cli.traffic import licenses, rubbish, shipments
from tidegate.cli.traffic.goods import CHINA_CONTROLLED, ORDINARY, Goods
from tidegate.cli.traffic.listed import Listed
from tidegate.cli.traffic.message import Message
from tidegate.cli.traffic.places import MAKERS, company
from tidegate.cli.traffic.shipments import Facts
from tidegate.events.codec import DISPOSITION_TYPE, LICENSE_TYPE, SHIPMENT_TYPE, derived_id, encode

SOURCE = "/example/simulator"
HELD_SITUATIONS = frozenset(
    {name for name, *_ in (*shipments.HELD, *shipments.WATCH_LISTED)} | {"bad_license"}
)
LIFE = ("booked", "declared", "released", "departed", "arrived", "delivered")
CANCELLED_SHARE = 0.01  # of the steps in a shipment's life
DUPLICATE_SHARE = 0.01
LATE_SHARE = 0.004
CONFLICT_SHARE = 0.001
LICENSE_LATE_SHARE = 0.2  # licenses that arrive after the shipment that cites them
NEW_SHARE = 0.3  # of the steps; the others move shipments on
FULL_BOOK = 2000  # moving shipments, from which on fewer are begun than end
FULL_NEW_SHARE = 0.1
LICENSE_CHANGE_SHARE = 0.004
KEPT_MESSAGES = 500
STUCK_MOST = 80  # held shipments that wait at customs; beyond it the oldest is cancelled
NOTE_SHARE = 0.002
PLANNED_LOT = 40  # units in each shipment of a relied-on license


@dataclass(frozen=True, slots=True)
class Mix:
    """How much of what. Shares are of new shipments, but for rubbish, which is of all records."""

    held: float = 0.05
    reviewed: float = 0.03
    authorised: float = 0.10
    rubbish: float = 0.01


@dataclass(slots=True)
class _Moving:
    shipment_id: str
    facts: Facts
    stage: int = 0
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Reliance:
    """Shipments that stand or fall with one thing: a license, or a party."""

    on: str
    """The license's id, or the party's name."""
    shipment_ids: tuple[str, ...]
    messages: tuple[Message, ...] = field(repr=False)


class Traffic:
    """Makes one message after the other.

    Args:
        listed: Real listed parties.
        seed: Same seed, same calls, same messages.
        mix: Shares of what is out of the ordinary.
    """

    def __init__(self, listed: Listed, seed: int, mix: Mix | None = None) -> None:
        self._random = Random(seed)  # noqa: S311 - make-believe, not cryptography
        self._listed = listed
        self._seed = seed
        self._mix = mix or Mix()
        self._shipments = 0
        self._licenses = 0
        self._events = 0
        self._moving: list[_Moving] = []
        self._stuck: deque[_Moving] = deque()
        """Shipments in situations that hold: declared, and going nowhere."""
        self._granted: dict[str, dict[str, Any]] = {}
        self._waiting: deque[Message] = deque()
        self._past: deque[Message] = deque(maxlen=KEPT_MESSAGES)
        self.situations: dict[str, str] = {}
        """By shipment id, the situation it was made in, as `control_list`."""

    def next(self, at: datetime) -> Message:
        """Return the next message; an event in it happened `at`."""
        if self._waiting:
            return self._sent(self._waiting.popleft())
        random = self._random
        if random.random() < self._mix.rubbish:
            return self._rubbish(at)
        draw = random.random()
        for share, maker in (
            (DUPLICATE_SHARE, self._duplicate),
            (LATE_SHARE, self._late),
            (CONFLICT_SHARE, self._conflict),
            (LICENSE_CHANGE_SHARE, self._license_moved),
            (NOTE_SHARE, self._note),
        ):
            if draw < share:
                message = maker(at)
                if message is not None:
                    return message
            draw -= share
        share = NEW_SHARE if len(self._moving) < FULL_BOOK else FULL_NEW_SHARE
        if self._moving and random.random() >= share:
            return self._sent(self._moved(at))
        return self._sent(self._new(at))

    def relying_on_license(self, at: datetime, count: int) -> Reliance:
        """Open shipments that one general license authorises; they stay where they are."""
        random = self._random
        exporter, user = company(random, "CN", MAKERS), company(random, "JP", MAKERS)
        kind = random.choice(CHINA_CONTROLLED)
        goods = Goods(
            kind.description, kind.hs_code, kind.unit, kind.price, kind.code, (PLANNED_LOT,) * 2
        )
        number = self._license_number()
        made = [
            shipments.facts(random, "CN", "JP", goods, exporter, user, licenses=(number,))
            for _ in range(count)
        ]
        quantity = count * PLANNED_LOT
        license_ = licenses.granting(number, made[0], at, license_type="general", quantity=quantity)
        self._granted[number] = license_
        return self._reliance(number, made, "relying", at, self._license(license_, at))

    def relying_on_party(self, at: datetime, count: int) -> Reliance:
        """Open ordinary shipments to one example company; they stay where they are."""
        random = self._random
        user = company(random, "JP", ("Marine",))
        made = [
            shipments.facts(
                random, "CN", "JP", random.choice(ORDINARY), company(random, "CN"), user
            )
            for _ in range(count)
        ]
        return self._reliance(user, made, "ordinary", at)

    def license_set(self, license_id: str, status: str, reason: str, at: datetime) -> Message:
        """Change a license's status, in a new revision."""
        license_ = self._granted[license_id]
        license_ = {
            **license_,
            "revision": license_["revision"] + 1,
            "status": status,
            "status_reason": reason,
        }
        self._granted[license_id] = license_
        return self._sent(self._license(license_, at))

    # Steps

    def _new(self, at: datetime) -> Message:
        random, mix = self._random, self._mix
        draw = random.random()
        license_: dict[str, Any] | None = None
        if draw < mix.held * 0.8:
            situation, facts = shipments.choose(random, self._listed, shipments.HELD)
        elif draw < mix.held * 0.9:
            pool = shipments.WATCH_LISTED if self._listed["watch"] else shipments.HELD
            situation, facts = shipments.choose(random, self._listed, pool)
        elif draw < mix.held:
            situation, (facts, license_) = "bad_license", self._licensed(at)
            license_ = licenses.spoiled(random, license_, at)
        elif draw < mix.held + mix.reviewed:
            situation, facts = shipments.choose(random, self._listed, shipments.REVIEWED)
        elif draw < mix.held + mix.reviewed + mix.authorised:
            situation, (facts, license_) = "authorised", self._licensed(at)
        else:
            situation, facts = shipments.choose(random, self._listed, shipments.PASSING)
        moving = _Moving(self._shipment_number(situation), facts)
        self._moving.append(moving)
        message = self._shipment(moving, at)
        if license_ is None:
            return message
        self._granted[license_["license_id"]] = license_
        arrives = self._license(license_, at)
        late = random.random() < LICENSE_LATE_SHARE
        first, second = (message, arrives) if late else (arrives, message)
        self._waiting.append(second)
        return first

    def _licensed(self, at: datetime) -> tuple[Facts, dict[str, Any]]:
        random = self._random
        destination = random.choice(("JP", "JP", "DE", "US", "KR"))
        number = self._license_number()
        facts = shipments.facts(
            random,
            "CN",
            destination,
            random.choice(CHINA_CONTROLLED),
            company(random, "CN", MAKERS),
            company(random, destination, MAKERS),
            licenses=(number,),
        )
        return facts, licenses.granting(number, facts, at)

    def _moved(self, at: datetime) -> Message:
        if len(self._stuck) > STUCK_MOST:
            return self._shipment(self._advanced(self._stuck.popleft(), cancelled=True), at)
        index = self._random.randrange(len(self._moving))
        cancelled = self._random.random() < CANCELLED_SHARE
        moving = self._advanced(self._moving[index], cancelled)
        stuck = self.situations[moving.shipment_id] in HELD_SITUATIONS
        if stuck and not cancelled:
            self._stuck.append(moving)
        if stuck or moving.stage >= len(LIFE) - 1:
            self._moving[index] = self._moving[-1]
            self._moving.pop()
        return self._shipment(moving, at)

    def _advanced(self, moving: _Moving, cancelled: bool) -> _Moving:
        moving.revision += 1
        moving.stage = len(LIFE) if cancelled else moving.stage + 1
        return moving

    def _license_moved(self, at: datetime) -> Message | None:
        singles = [
            number
            for number, license_ in self._granted.items()
            if license_["license_type"] == "single"
        ]
        if not singles:
            return None
        number = self._random.choice(singles)
        status = self._granted[number]["status"]
        usable = status in ("active", "granted")
        after = self._random.choice(("suspended", "amendment_pending")) if usable else "active"
        return self.license_set(number, after, f"example: was {status}", at)

    def _duplicate(self, at: datetime) -> Message | None:
        if not self._past:
            return None
        past = self._random.choice(self._past)
        return Message(past.topic, past.key, past.value, "duplicate", past.event_id)

    def _late(self, at: datetime) -> Message | None:
        """An older revision, with other content, after a newer one was sent."""
        moved = [moving for moving in self._moving if moving.revision > 1]
        if not moved:
            return None
        moving = self._random.choice(moved)
        old = _Moving(moving.shipment_id, moving.facts, moving.stage - 1, moving.revision - 1)
        return self._shipment(old, at, "late")

    def _conflict(self, at: datetime) -> Message | None:
        """The present revision, with other content."""
        if not self._moving:
            return None
        moving = self._random.choice(self._moving)
        changed = {**moving.facts, "transit_countries": ["SG"]}
        other = _Moving(moving.shipment_id, changed, moving.stage, moving.revision)
        return self._shipment(other, at, "conflict")

    def _note(self, at: datetime) -> Message | None:
        """What a person writes down about a held shipment."""
        if not self._stuck:
            return None
        shipment_id = self._random.choice(self._stuck).shipment_id
        data = {
            "disposition_id": f"DSP-{self._seed}-{self._events + 1:06d}",
            "shipment_id": shipment_id,
            "kind": "note",
            "reason": "Example: asked the exporter for the end-use certificate.",
            "by": "example analyst",
        }
        return self._record(
            topics.DISPOSITIONS, DISPOSITION_TYPE, shipment_id, data, at, "disposition"
        )

    def _rubbish(self, at: datetime) -> Message:
        kind = rubbish.choose(self._random)
        facts = shipments.choose(self._random, self._listed, shipments.PASSING)[1]
        self._events += 1
        number = f"BAD-{self._seed}-{self._events:06d}"
        event = {
            "specversion": "1.0",
            "id": derived_id("simulator", str(self._seed), str(self._events)),
            "source": SOURCE,
            "type": SHIPMENT_TYPE,
            "subject": number,
            "time": at.isoformat(timespec="milliseconds"),
            "data": {"shipment_id": number, "revision": 1, "status": "booked", **facts},
        }
        key = "some-other-shipment" if kind == "wrong_key" else number
        value = rubbish.MAKERS[kind](event)
        return Message(topics.SHIPMENTS, key.encode(), value, f"rubbish:{kind}")

    # Records

    def _reliance(
        self, on: str, made: list[Facts], situation: str, at: datetime, *first: Message
    ) -> Reliance:
        moving = [_Moving(self._shipment_number(situation), facts) for facts in made]
        messages = (*first, *(self._shipment(each, at) for each in moving))
        return Reliance(on, tuple(each.shipment_id for each in moving), messages)

    def _shipment_number(self, situation: str) -> str:
        self._shipments += 1
        number = f"SHP-{self._seed}-{self._shipments:06d}"
        self.situations[number] = situation
        return number

    def _license_number(self) -> str:
        self._licenses += 1
        return f"LIC-{self._seed}-{self._licenses:05d}"

    def _shipment(self, moving: _Moving, at: datetime, kind: str = "shipment") -> Message:
        status = LIFE[moving.stage] if moving.stage < len(LIFE) else "cancelled"
        data = {
            "shipment_id": moving.shipment_id,
            "revision": moving.revision,
            "status": status,
            **moving.facts,
        }
        return self._record(topics.SHIPMENTS, SHIPMENT_TYPE, moving.shipment_id, data, at, kind)

    def _license(self, data: dict[str, Any], at: datetime) -> Message:
        return self._record(topics.LICENSES, LICENSE_TYPE, data["license_id"], data, at, "license")

    def _record(
        self, topic: str, type_: str, key: str, data: dict[str, Any], at: datetime, kind: str
    ) -> Message:
        self._events += 1
        number = derived_id("simulator", str(self._seed), str(self._events))
        value = encode(type_, data, id_=number, source=SOURCE, subject=key, time=at)
        return Message(topic, key.encode(), value, kind, number)

    def _sent(self, message: Message) -> Message:
        self._past.append(message)
        return message
