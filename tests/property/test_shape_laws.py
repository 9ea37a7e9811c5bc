"""What is remembered for a shape of shipment is what would be found for each shipment anew."""

import copy
import dataclasses
from collections.abc import Iterator
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.property.facts import books, instants, shipments
from tests.property.test_engine_laws import Facts, Files, changed, often
from tests.support.scenario import event
from tests.support.tables import shipped
from tidegate.agents.offline import Offline
from tidegate.engine.case import Case
from tidegate.engine.decide import decide
from tidegate.engine.question import Question
from tidegate.engine.shape import UNSEEN, shape_of
from tidegate.events.codec import LICENSE_TYPE, SHIPMENT_TYPE, canonical
from tidegate.events.shipment import EndUse, Item, Party, Shipment
from tidegate.measures.tables import Found, JudgedShapes, Tables

SEEN = {
    Shipment: "export_country destination_country transit_countries parties items end_use "
    "documents",
    Party: "role name aliases country class_",
    Item: "line hs_code control_codes controlled_declaration origin_country licenses composition "
    "cn_origin_value_pct",
    EndUse: "class_ military_capability knowledge_level",
}
"""Fields that `shape_of` looks at."""

CHANGES = ["destination", "end_user", "class", "use", "capability", "value", "origin"]


def test_each_field_is_seen_or_known_to_be_unseen() -> None:
    for model, names in SEEN.items():
        assert set(names.split()) | UNSEEN[model.__name__] == set(model.model_fields)


PLAIN = ["Example Motors KK", "Example Trading KK", "Ganzhou Example Materials"]
"""Names that no list has."""


def plain(facts: Facts) -> Facts:
    """Return facts that have a shape: nobody listed, no papers."""
    parties = [{**p, "name": PLAIN[n % 3]} for n, p in enumerate(facts["parties"])]
    return {**facts, "parties": parties, "documents": []}


def with_one_of(facts: Facts, other: Facts) -> Iterator[tuple[str, Facts]]:
    """Yield the facts with one field after the other as another shipment has it, or without it."""
    for name in sorted({*facts, *other} - {"shipment_id", "revision", "parties", "items"}):
        yield name, _replaced(facts, name, other)
    for name in ("parties", "items"):
        for place, (mine, theirs) in enumerate(zip(facts[name], other[name], strict=False)):
            for field in sorted({*mine, *theirs} - {"name"}):
                changed_ = copy.deepcopy(facts)
                changed_[name][place] = _replaced(mine, field, theirs)
                yield f"{name}.{field}", changed_
    for name in sorted({*facts["end_use"], *other["end_use"]}):
        use = _replaced(facts["end_use"], name, other["end_use"])
        yield f"end_use.{name}", {**facts, "end_use": use}


def _replaced(mine: Facts, name: str, theirs: Facts) -> Facts:
    rest = {key: value for key, value in mine.items() if key != name}
    return {**rest, name: theirs[name]} if name in theirs else rest


@often
@given(shipments(), shipments(), instants)
def test_a_field_that_a_measure_may_see_makes_another_shape(
    one: Facts, other: Facts, at: datetime
) -> None:
    one = plain(one)
    unseen = set().union(*UNSEEN.values())
    for name, near in with_one_of(one, plain(other)):
        before, after = (Shipment.model_validate(facts) for facts in (one, near))
        if name.rpartition(".")[2] not in unseen and before != after:
            assert shape(before, at) != shape(after, at), name


def shape(facts: Shipment, at: datetime) -> object:
    return shape_of(Case(Question("E-1", facts, "0", at), shipped()))


def judged(facts: Facts, tables: Tables, at: datetime) -> bytes:
    question = Question("E-1", Shipment.model_validate(facts), "0", at)
    return decide(question, tables).written


@often
@given(shipments(), shipments(), instants)
def test_a_change_of_one_field_is_judged_as_if_nothing_was_met_before(
    one: Facts, other: Facts, at: datetime
) -> None:
    one, other = plain(one), plain(other)
    warm, fresh = (dataclasses.replace(shipped()) for _ in range(2))
    for tables in (warm, fresh):
        vars(tables)["_digests"] = shipped()._digests  # the same; working them out takes long
    judged(one, warm, at)
    for name, near in with_one_of(one, other):
        vars(fresh)["judged"] = JudgedShapes()
        assert judged(near, warm, at) == judged(near, fresh, at), name


@often
@given(books(), instants, st.sampled_from(CHANGES))
def test_shapes_met_before_change_nothing(
    pair: tuple[Files, Facts], at: datetime, change: str
) -> None:
    on_file, facts = pair
    # `shipped` remembers the shapes of all examples before this one; the other begins with none.
    books_ = [Offline(shipped()), Offline(dataclasses.replace(shipped()))]
    for book in books_:
        for license_ in on_file:
            book.apply(event(LICENSE_TYPE, license_, at), at=at)
        for revision in (facts, changed(facts, change)):
            book.apply(event(SHIPMENT_TYPE, revision, at), at=at)
    met, fresh = ([canonical(d) for d in book.history()] for book in books_)
    assert met == fresh


@often
@given(books(), instants)
def test_a_decision_is_written_as_its_model_writes_it(
    pair: tuple[Files, Facts], at: datetime
) -> None:
    facts = Shipment.model_validate(pair[1])
    judgement = decide(Question("E-1", facts, "0", at), shipped())
    assert judgement.written == canonical(judgement.decision)


def test_the_oldest_shape_makes_room() -> None:
    shapes = JudgedShapes(size=2)
    found = [Found((), (), number) for number in range(3)]
    for number in range(3):
        shapes.put((number,), found[number])
    assert [shapes.get((number,)) for number in range(3)] == [None, *found[1:]]
