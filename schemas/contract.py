"""What is published: the event types, their models, and the topics that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from tidegate.events import codec
from tidegate.events.alert import Alert
from tidegate.events.dead_letter import DeadLetter
from tidegate.events.decision import Decision
from tidegate.events.disposition import Disposition
from tidegate.events.license import License
from tidegate.events.practice import PracticeCounts
from tidegate.events.shipment import Shipment

VERSION = "1.1.0"  # of the contract; a field that is added raises the middle number


@dataclass(frozen=True)
class EventType:
    """One published event type."""

    model: type[BaseModel]
    type: str
    topic: str
    key: str
    direction: Literal["in", "out"]
    summary: str


EVENTS = (
    EventType(
        Shipment,
        codec.SHIPMENT_TYPE,
        "trade.shipments",
        "shipment_id",
        "in",
        "A full snapshot of one shipment at a revision.",
    ),
    EventType(
        License,
        codec.LICENSE_TYPE,
        "trade.licenses",
        "license_id",
        "in",
        "A full snapshot of one license, or application for one, at a revision.",
    ),
    EventType(
        Disposition,
        codec.DISPOSITION_TYPE,
        "trade.dispositions",
        "shipment_id",
        "in",
        "What a person decided on a hold.",
    ),
    EventType(
        Decision,
        codec.DECISION_TYPE,
        "trade.decisions",
        "shipment_id",
        "out",
        "The judgement on one shipment, with every reason and the law it rests on.",
    ),
    EventType(
        Alert,
        codec.ALERT_TYPE,
        "trade.alerts",
        "shipment_id, license_id or measure",
        "out",
        "A decision, a license or the tables changed in a way that somebody must know.",
    ),
    EventType(
        DeadLetter,
        codec.DEAD_LETTER_TYPE,
        "trade.dead-letters",
        "topic-partition@offset",
        "out",
        "A record that could not be used: the reason, the place, the original bytes.",
    ),
    EventType(
        PracticeCounts,
        codec.PRACTICE_TYPE,
        "tidegate.practice",
        "subject-partition/week",
        "out",
        "What one partition observes of a week's civil exports; the last of each key counts.",
    ),
)
