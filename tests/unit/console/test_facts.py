"""Facts in words, and what changed between two revisions."""

import pytest

from tidegate.console.pages.facts import changes, path_words

FACTS = {
    "items": [{"line": 7, "control_codes": ["CN:1C905.b"]}],
    "parties": [{"role": "exporter"}, {"role": "end_user", "class": "military"}],
}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("items[0].control_codes[0]", "line 7: control code"),
        ("parties[1].class", "end user: class"),
        ("destination_country", "destination country"),
        ("end_use.military_capability", "end use: military capability"),
        ("items[4].hs_code", "line 5: tariff code"),  # not in these facts: counted from one
        ("parties[4].name", "party 5: name"),
        ("licenses/LIC-1", "licenses/LIC-1"),  # not a path into the event
    ],
)
def test_a_path_is_told_in_words(path: str, words: str) -> None:
    assert path_words(path, FACTS) == words


def test_what_changed_is_told_and_what_only_moved_is_not() -> None:
    old = {
        "revision": 1,
        "status": "booked",
        "items": [{"line": 1, "quantity": "5"}, {"line": 2, "quantity": "7"}],
        "parties": [{"role": "end_user", "name": "A", "class": "civil"}],
        "transit_countries": [],
    }
    new = {
        "revision": 2,
        "status": "declared",
        "items": [{"line": 2, "quantity": "7"}, {"line": 1, "quantity": "6"}],
        "parties": [{"role": "end_user", "name": "A", "class": "military"}],
        "end_use": {"text": "motors"},
        "transit_countries": ["KR", "TW"],
    }
    assert [(c.words, c.old, c.new) for c in changes(old, new)] == [
        ("end use: text", None, "motors"),
        ("line 1: quantity", "5", "6"),
        ("end user: class", "civil", "military"),
        ("status", "booked", "declared"),
        ("transit country", None, "KR, TW"),
    ]


def test_two_parties_of_one_role_are_told_apart() -> None:
    old = {"parties": [{"role": "broker", "name": "A"}, {"role": "broker", "name": "B"}]}
    new = {"parties": [{"role": "broker", "name": "A"}, {"role": "broker", "name": "C"}]}
    assert [(c.words, c.old, c.new) for c in changes(old, new)] == [("broker 2: name", "B", "C")]
