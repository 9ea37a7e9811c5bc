"""The open book keeps what the entries say, after any history of entries."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tidegate.agents.book import Book, Entry
from tidegate.agents.heads import document_of, head_of, with_head
from tidegate.events.decision import Action, Outcome

START = datetime(2026, 2, 24, tzinfo=UTC)
instants = st.integers(0, 5).map(lambda step: START + timedelta(hours=step, microseconds=step))
shadowed = st.lists(st.tuples(st.just("CN-T"), st.sampled_from(Outcome)), max_size=1).map(tuple)
passing = st.builds(
    Entry,
    action=st.sampled_from([Action.PASS, Action.REVIEW]),
    outcome=st.sampled_from(Outcome),
    due=st.none() | instants,
    shadowed_by=shadowed,
)
held = st.builds(
    Entry,
    action=st.just(Action.HOLD),
    outcome=st.sampled_from(Outcome),
    held_by=st.lists(
        st.tuples(st.text(min_size=1, max_size=5), st.sampled_from(Outcome)), max_size=2
    ).map(tuple),
    held_since=instants,
    held_values=st.lists(
        st.tuples(st.sampled_from(["CNY", "JPY"]), st.decimals(0, 10**9, places=2)),
        max_size=2,
        unique_by=lambda pair: pair[0],
    ).map(tuple),
    due=st.none() | instants,
    shadowed_by=shadowed,
)
entries = passing | held


@given(entries)
def test_packing_loses_nothing_and_fits_one_line(entry: Entry) -> None:
    line = entry.packed()
    assert Entry.unpacked(line) == entry
    value = with_head(line, b'{"facts":"a\\nb"}')
    assert head_of(value) == line
    assert document_of(value) == b'{"facts":"a\\nb"}'


def test_a_document_without_a_head_is_whole() -> None:
    assert head_of(b'{"closed_at":1}') is None
    assert document_of(b'{"closed_at":1}') == b'{"closed_at":1}'


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | entries), max_size=60))
def test_sums_and_dues_follow_from_the_entries_alone(
    history: list[tuple[str, Entry | None]],
) -> None:
    book, model = Book(), dict[str, Entry]()
    for key, entry in history:
        book.replace(key, None if entry is None else entry.packed())
        if entry is None:
            model.pop(key, None)
        else:
            model[key] = entry
    assert len(book) == len(model)
    holds = [entry for entry in model.values() if entry.action is Action.HOLD]
    assert +book.actions == Counter(entry.action for entry in model.values())
    on_trial = Counter(r for entry in model.values() for r in entry.shadowed_by)
    assert +book.shadow_holds == on_trial
    assert +book.holds == Counter(reason for entry in holds for reason in entry.held_by)
    values: Counter[str] = Counter()
    for entry in holds:
        for currency, value in entry.held_values:
            values[currency] += value
    assert {c: v for c, v in book.held_values.items() if v} == {
        c: v for c, v in values.items() if v
    }
    assert sorted(book.hold_starts()) == sorted(e.held_since for e in holds if e.held_since)
    dues = sorted((e.due, key) for key, e in model.items() if e.due is not None)
    assert book.next_due() == (dues[0][0] if dues else None)
    now = START + timedelta(hours=2, minutes=1)
    assert book.due_at(now, 3) == [key for due, key in dues if due <= now][:3]


def test_the_heap_stays_as_long_as_the_book() -> None:
    book = Book()
    for step in range(10_000):
        due = START + timedelta(seconds=step)
        book.replace("a", Entry(Action.PASS, Outcome.AUTHORISED, due=due).packed())
    assert book.next_due() == START + timedelta(seconds=9999)
    assert len(book._due) < 2000


def test_shipments_are_found_by_their_parties_names() -> None:
    book = Book()
    line = Entry(Action.PASS, Outcome.AUTHORISED).packed()
    book.replace("b", b"\t".join((line, b"tdk", b"hino motors")))
    book.replace("a", b"\t".join((line, b"tdk")))
    assert book.names() == {"tdk", "hino motors"}
    assert book.with_names({"tdk", "other"}) == ["a", "b"]
    book.replace("a", line)
    book.replace("b", None)
    assert book.names() == set()
    assert book.with_names({"tdk"}) == []
