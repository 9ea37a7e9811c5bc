"""Charts: what is drawn is where the figures say, and nothing in it needs a style attribute."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from tidegate.console.pages.charts.bars import Column, bar, columns
from tidegate.console.pages.charts.lines import HEIGHT, STYLES, Series, legend, lines
from tidegate.console.pages.charts.scale import axis
from tidegate.console.pages.charts.spans import Span, Window, ruler, spans, window

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def attributes(markup: str, element: str, name: str) -> list[str]:
    return re.findall(rf'<{element} [^>]*?\b{name}="([^"]*)"', markup)


@pytest.mark.parametrize(
    ("largest", "most"),
    [
        (7, 8.0),  # steps of 2
        (4, 4.0),  # a round number is its own end
        (0, 1.0),  # an empty chart can be drawn
        (-3, 1.0),
        (0.03, 0.03),
        (1234, 1500.0),
        (float("inf"), 1.0),
    ],
)
def test_an_axis_ends_at_a_round_number_that_holds_all(largest: float, most: float) -> None:
    made = axis(largest)
    assert made.most == pytest.approx(most)
    assert made.ticks[0] == 0
    assert made.ticks[-1] == pytest.approx(made.most)
    assert len(made.ticks) <= 5


def test_what_is_outside_of_an_axis_is_put_at_its_end() -> None:
    assert axis(10).share(99) == 1
    assert axis(10).share(-1) == 0


@pytest.mark.parametrize(
    ("share", "width"), [(0, "0.00%"), (0.0001, "1.00%"), (0.5, "50.00%"), (2, "100.00%")]
)
def test_a_bar_is_as_wide_as_its_share_and_what_is_something_is_seen(
    share: float, width: str
) -> None:
    assert attributes(bar(share), "rect", "width") == [width]


def test_columns_are_as_high_as_their_values() -> None:
    drawn = columns("Ages", [Column("a", 10, "10"), Column("b", 5, "5"), Column("c", 0, "0")])
    high, half, none = map(float, attributes(drawn, "rect", "height"))
    assert half == pytest.approx(high / 2)
    assert none == 0


def test_a_line_goes_through_its_values_and_leaves_a_gap_where_none_is_known() -> None:
    drawn = lines("Holds", list("abcd"), [Series("x", (0, 4, None, 2))])
    first, second = attributes(drawn, "polyline", "points")
    room = HEIGHT - 36
    assert first == f"0.0,{room:.1f} 333.3,0.0"
    assert second == f"1000.0,{room / 2:.1f} 1000.0,{room / 2:.1f}"


def test_series_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="another number of values"):
        lines("x", ["a"], [Series("s", (1, 2))])
    with pytest.raises(ValueError, match="can be told apart"):
        lines("x", ["a"], [Series(str(n), (1,)) for n in range(STYLES + 1)])


def test_a_span_is_where_its_days_are_and_an_open_end_goes_to_the_border() -> None:
    shown = Window(NOW, NOW + timedelta(days=100))
    drawn = spans(
        "In force",
        [
            Span("in_force", NOW + timedelta(days=25), NOW + timedelta(days=75), "a"),
            Span("suspended", NOW + timedelta(days=50), None, "b"),
        ],
        shown,
        NOW,
    )
    assert attributes(drawn, "rect", "x") == ["0", "25.00%", "50.00%"]
    assert attributes(drawn, "rect", "width") == ["100%", "50.00%", "50.00%"]


def test_a_window_shows_all_that_is_told_and_now() -> None:
    early, late = NOW - timedelta(days=3000), NOW + timedelta(days=2000)
    shown = window([early, late], NOW)
    assert shown.start < early
    assert late < shown.end
    assert window([], NOW).start < NOW < window([], NOW).end


HOSTILE = "<script>\"&'</script>"


@pytest.mark.parametrize(
    "drawn",
    [
        bar(0.3),
        columns(HOSTILE, [Column(HOSTILE, 1, HOSTILE, warn=True)], tick=lambda _: HOSTILE),
        columns(HOSTILE, []),
        lines(HOSTILE, [HOSTILE, "b", "c"], [Series(HOSTILE, (1, 2, 3))], tick=lambda _: HOSTILE),
        lines(HOSTILE, [], []),
        legend([Series(HOSTILE, (1,))]),
        spans(HOSTILE, [Span("in_force", None, None, HOSTILE)], window([], NOW), NOW),
        ruler(window([], NOW), NOW),
    ],
)
def test_a_chart_is_well_formed_escaped_and_free_of_style_and_script(drawn: str) -> None:
    elements = list(ElementTree.fromstring(drawn).iter())
    assert not [e for e in elements if "style" in e.attrib or e.tag in ("script", "style")]
