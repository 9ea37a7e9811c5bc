"""Read and write CloudEvents 1.0 over Kafka, structured and binary mode.

Sources: CloudEvents 1.0.2 (JSON event format, section 3); Kafka protocol binding, section 3.
"""

from __future__ import annotations

import builtins
import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from tidegate.events.errors import InvalidEvent, from_validation
from tidegate.events.values import Instant, instant_text

NAMESPACE = uuid.UUID("8d3f7a54-6f0c-5b58-9f0e-0c1b8a1b5d2e")
"""Root of every id that Tidegate derives from content (uuid5)."""

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
STRUCTURED_HEADERS: tuple[tuple[str, bytes], ...] = (("content-type", CONTENT_TYPE.encode()),)
MAX_EVENT_BYTES = 1024 * 1024
MAX_DEPTH = 32

SHIPMENT_TYPE = "trade.shipment.v1"
LICENSE_TYPE = "trade.license.v1"
DISPOSITION_TYPE = "trade.disposition.v1"
DECISION_TYPE = "trade.decision.v1"
ALERT_TYPE = "trade.alert.v1"
DEAD_LETTER_TYPE = "trade.dead_letter.v1"
PRACTICE_TYPE = "tidegate.practice.v1"

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A CloudEvent: its attributes, and `data` as parsed JSON."""

    id: str
    source: str
    type: str
    subject: str | None
    time: datetime | None
    """When it happened, by its sender; UTC. It never sets a partition's clock."""
    data: Mapping[str, Any]
    traceparent: str | None = None

    def read(self, model: builtins.type[Model]) -> Model:
        """Validate `data` against a model.

        Raises:
            InvalidEvent: naming the field, as `data.items[0].quantity`.
        """
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise from_validation(error, "data") from None


def decode(
    value: bytes | None,
    headers: Iterable[tuple[str, bytes]] = (),
    max_bytes: int = MAX_EVENT_BYTES,
) -> Envelope:
    """Read one event from a record's value and headers.

    Raises:
        InvalidEvent: the bytes are not a CloudEvent; it names the field and the reason.
    """
    if value is None:
        raise InvalidEvent("", "the record has no value (null)")
    if len(value) > max_bytes:
        raise InvalidEvent("", f"the record has {len(value)} bytes; at most {max_bytes} are read")
    by_name = {name.lower(): content for name, content in headers}
    parsed = parse_json(value)
    if "ce_specversion" in by_name:
        return _from_binary(by_name, parsed)
    if not isinstance(parsed, dict):
        raise InvalidEvent("", f"a CloudEvent is a JSON object, not {_kind(parsed)}")
    return _from_attributes(parsed, parsed.get("data"))


def parse_json(value: bytes) -> Any:
    """Parse JSON without loss: fractions become Decimal; a repeated field is an error.

    Raises:
        InvalidEvent: not UTF-8, not JSON, nested deeper than `MAX_DEPTH`, or no finite number.
    """
    parsed = _parsed_simply(value)
    if parsed is not None:
        return parsed
    try:
        text = value.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidEvent(
            "", f"not UTF-8: byte {error.start} is 0x{value[error.start]:02x}"
        ) from None
    try:
        parsed = json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_distinct_fields,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidEvent("", f"not JSON: {error.msg} at {where}") from None
    except RecursionError:
        raise InvalidEvent("", f"nested deeper than {MAX_DEPTH} levels") from None
    except InvalidOperation:
        raise InvalidEvent("", "not JSON: a number's exponent is out of range") from None
    except ValueError as error:
        raise InvalidEvent("", f"not JSON: {error}") from None
    _refuse_depth(parsed)
    if _SURROGATE.search(text):
        _refuse_half_pairs(parsed)
    return parsed


_NAME_WITH_SPACE = re.compile(rb'"[ \t\r\n]+:')


def _parsed_simply(value: bytes) -> Any | None:
    """Parse what is plainly good, quickly; None: look closer, it need not be wrong.

    The quick parser rounds fractions and lets a repeated field pass. The first is seen in what it
    returns, the second by counting: each field name ends in `":`, so where there are no more of
    these than fields, no field stood twice.
    """
    try:
        parsed = from_json(value, allow_inf_nan=False)
    except ValueError:
        return None
    if type(parsed) is not dict:
        return None
    fields = 0
    level = [parsed]
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for node in level:
            if type(node) is dict:
                fields += len(node)
                inside: Iterable[Any] = node.values()
            else:
                inside = node
            for child in inside:
                kind = type(child)
                if kind is dict or kind is list:
                    deeper.append(child)
                elif kind is float:
                    return None
        if not deeper:
            break
        level = deeper
    else:
        return None
    if fields != value.count(b'":') or _NAME_WITH_SPACE.search(value):
        return None
    return parsed


def encode(
    type_: str,
    data: BaseModel | Mapping[str, Any],
    *,
    id_: str,
    source: str,
    subject: str,
    time: datetime,
    traceparent: str | None = None,
) -> bytes:
    """Write a structured-mode event. The same arguments always give the same bytes."""
    return encode_written(
        type_,
        canonical(data),
        id_=id_,
        source=source,
        subject=subject,
        time=time,
        traceparent=traceparent,
    )


def encode_written(
    type_: str,
    data: bytes,
    *,
    id_: str,
    source: str,
    subject: str,
    time: datetime,
    traceparent: str | None = None,
) -> bytes:
    """Write a structured-mode event around `data` that is in canonical form already."""
    head: dict[str, Any] = {
        "specversion": "1.0",
        "id": id_,
        "source": source,
        "type": type_,
        "subject": subject,
        "time": instant_text(time),
        "datacontenttype": "application/json",
    }
    if traceparent is not None:
        head["traceparent"] = traceparent
    return to_json(head)[:-1] + b',"data":' + data + b"}"


def canonical(value: BaseModel | Mapping[str, Any]) -> bytes:
    """Write a value as JSON in one way only: fields in model order, absent ones left out."""
    if isinstance(value, BaseModel):
        return value.model_dump_json(by_alias=True, exclude_none=True).encode()
    return to_json(value, by_alias=True, exclude_none=True)


def derived_id(*parts: str | bytes) -> str:
    """Derive an id from content: the same parts give the same id, on any machine.

    A version 5 UUID (RFC 9562, section 5.5) under `NAMESPACE`, of the parts joined by U+001F.
    """
    name = b"\x1f".join(part.encode() if isinstance(part, str) else part for part in parts)
    digest = hashlib.sha1(NAMESPACE.bytes + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def _from_binary(headers: Mapping[str, bytes], data: Any) -> Envelope:
    attributes: dict[str, Any] = {}
    for name, content in headers.items():
        if name.startswith("ce_"):
            try:
                attributes[name[3:]] = content.decode("utf-8")
            except UnicodeDecodeError:
                raise InvalidEvent(name, "header is not UTF-8") from None
    return _from_attributes(attributes, data)


_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


def _from_attributes(attributes: Mapping[str, Any], data: Any) -> Envelope:
    if attributes.get("specversion") != "1.0":
        raise InvalidEvent("specversion", "must be '1.0'")
    subject = attributes.get("subject")
    if subject is not None and not isinstance(subject, str):
        raise InvalidEvent("subject", "must be a string")
    time = attributes.get("time")
    if time is not None:
        try:
            time = _INSTANT.validate_python(time)
        except ValidationError as error:
            raise from_validation(error, "time") from None
    if not isinstance(data, dict):
        raise InvalidEvent("data", f"must be a JSON object, not {_kind(data)}")
    traceparent = attributes.get("traceparent")
    return Envelope(
        id=_text(attributes, "id"),
        source=_text(attributes, "source"),
        type=_text(attributes, "type"),
        subject=subject,
        time=time,
        data=data,
        traceparent=traceparent if isinstance(traceparent, str) else None,
    )


def _text(attributes: Mapping[str, Any], name: str) -> str:
    value = attributes.get(name)
    if not isinstance(value, str) or not value or len(value) > 1000:
        raise InvalidEvent(name, "must be a string of 1 to 1000 characters")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _distinct_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"field {twice!r} stands twice in one object")
    return fields


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _refuse_half_pairs(node: Any, path: str = "") -> None:
    """Half of a UTF-16 pair is no text: it can be escaped in JSON, but never be written again."""
    if isinstance(node, str):
        try:
            node.encode()
        except UnicodeEncodeError:
            raise InvalidEvent(path, "holds half of a UTF-16 surrogate pair") from None
    elif isinstance(node, list):
        for index, child in enumerate(node):
            _refuse_half_pairs(child, f"{path}[{index}]")
    elif isinstance(node, dict):
        for name, child in node.items():
            _refuse_half_pairs(name, path)
            _refuse_half_pairs(child, f"{path}.{name}" if path else name)


def _refuse_depth(parsed: Any) -> None:
    level = [parsed]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    raise InvalidEvent("", f"nested deeper than {MAX_DEPTH} levels")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"a {type(value).__name__}"
