"""The topology: what is kept how long, and that agents find every topic that they name."""

from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.agents.topics import PRACTICE
from tidegate.ops.settings import Settings
from tidegate.ops.topics import INPUT_TOPICS, TABLES_TOPIC, topology
from tidegate.runtime.spec import DEAD_LETTERS, JOURNAL

FIVE_YEARS_MS = 1827 * 24 * 60 * 60 * 1000


def test_every_topic_of_an_agent_is_there() -> None:
    there = {spec.logical for spec in topology(Settings())}
    for agent in agents(Shelf()):
        assert {*agent.inputs, *agent.outputs, agent.changelog} <= there
    assert {JOURNAL, DEAD_LETTERS, *INPUT_TOPICS} <= there


def test_all_but_the_tables_have_the_same_partitions() -> None:
    for spec in topology(Settings(partitions=5)):
        assert spec.partitions == (1 if spec.logical == TABLES_TOPIC else 5)


def test_only_state_is_compacted_and_all_else_is_kept_five_years() -> None:
    """What is observed of civil exports is a state of counts: a replay tells how it came about."""
    for spec in topology(Settings()):
        if spec.logical.endswith("-changelog") or spec.logical == PRACTICE:
            assert spec.config["cleanup.policy"] == "compact"
            assert "retention.ms" not in spec.config
        else:
            assert spec.config["cleanup.policy"] == "delete"
            assert spec.config["retention.ms"] == str(FIVE_YEARS_MS)


def test_a_dead_letter_holds_the_largest_input() -> None:
    sizes = {s.logical: int(s.config["max.message.bytes"]) for s in topology(Settings())}
    assert sizes["trade.shipments"] == 8 * 1024 * 1024
    assert sizes["trade.dead-letters"] == 16 * 1024 * 1024


def test_the_prefix_is_put_before_every_name() -> None:
    for spec in topology(Settings(topic_prefix="eu.")):
        assert spec.name == f"eu.{spec.logical}"


def test_names_are_unique_and_have_a_purpose() -> None:
    specs = topology(Settings())
    assert len({spec.logical for spec in specs}) == len(specs) == 16
    assert all(spec.purpose for spec in specs)
