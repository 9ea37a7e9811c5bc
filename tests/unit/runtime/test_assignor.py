import json
from types import SimpleNamespace

from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from hypothesis import given
from hypothesis import strategies as st

from tests.support.counting import SPECS
from tidegate.runtime.assignor import Member, UnitAssignor, share
from tidegate.runtime.spec import RuntimeConfig, Unit

CONFIG = RuntimeConfig("localhost:1", instance="w1", topic_prefix="p.")
SIZES = {
    "p.trade.orders": 4,
    "p.tidegate.answers": 4,
    "p.tidegate.switch": 4,
    "p.tidegate.claims": 4,
}


def cluster(sizes: dict[str, int]) -> SimpleNamespace:
    return SimpleNamespace(partitions_for_topic=lambda topic: set(range(sizes.get(topic, 0))))


def joined(name: str, topics: dict[str, int] = SIZES) -> ConsumerProtocolMemberMetadata:
    config = RuntimeConfig("localhost:1", instance=name, topic_prefix="p.")
    return UnitAssignor(config, SPECS).metadata(topics)


def owners(shares: dict[str, set[Unit]]) -> dict[Unit, str]:
    return {unit: member for member, units in shares.items() for unit in units}


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 12), min_size=1),
    st.integers(1, 5),
    st.integers(1, 5),
)
def test_all_units_once_balanced_and_few_moves(
    units: dict[str, int], before: int, after: int
) -> None:
    first = share(units, {f"m{i}": Member(f"w{i}", frozenset()) for i in range(before)})
    members = {
        f"m{i}": Member(f"w{i}", frozenset(), frozenset(first.get(f"m{i}", ())), 1)
        for i in range(after)
    }
    second = share(units, members)
    assert sum(map(len, second.values())) == sum(units.values()) == len(owners(second))
    for agent in units:
        mine = [sum(unit.agent == agent for unit in held) for held in second.values()]
        assert max(mine) - min(mine) <= 1
    sizes = [len(held) for held in second.values()]
    assert max(sizes) - min(sizes) <= 1
    # Nothing moves between two members who were there before and stay.
    if before == after:
        assert second == first


def test_a_second_worker_takes_half_and_the_first_keeps_the_rest() -> None:
    first = share({"a": 4, "b": 4}, {"m1": Member("w1", frozenset())})
    kept = Member("w1", frozenset(), frozenset(first["m1"]), 1)
    second = share({"a": 4, "b": 4}, {"m1": kept, "m2": Member("w2", frozenset())})
    assert len(second["m2"]) == 4
    assert second["m1"] < first["m1"]


def test_the_newer_claim_on_a_unit_wins() -> None:
    unit = frozenset({Unit("a", 0)})
    for zombie, owner in (("m1", "m2"), ("m2", "m1")):
        members = {
            zombie: Member("old", frozenset(), unit, 3),
            owner: Member("new", frozenset(), unit, 4),
        }
        assert share({"a": 1}, members)[owner] == unit


def test_topics_of_one_unit_stay_together() -> None:
    members = {"m1": joined("w1"), "m2": joined("w2")}
    given = UnitAssignor(CONFIG, SPECS).assign(cluster(SIZES), members)
    for assignment in given.values():
        topics = dict(assignment.assignment)
        assert topics["p.trade.orders"] == topics["p.tidegate.answers"]
        assert topics["p.trade.orders"] == topics["p.tidegate.switch"]
        assert len(topics["p.trade.orders"]) == 2


def test_an_agent_whose_topics_differ_or_are_missing_gets_nothing_and_says_so(caplog) -> None:
    for sizes in ({**SIZES, "p.tidegate.answers": 3}, {**SIZES, "p.tidegate.answers": 0}):
        caplog.clear()
        given = UnitAssignor(CONFIG, SPECS).assign(cluster(sizes), {"m1": joined("w1")})
        assert [topic for topic, _ in given["m1"].assignment] == ["p.tidegate.claims"]
        assert "purse gets no partition" in caplog.text


def test_what_was_assigned_is_claimed_at_the_next_join() -> None:
    assignor = UnitAssignor(CONFIG, SPECS)
    assignor.on_assignment(assignor.assign(cluster(SIZES), {"m1": joined("w1")})["m1"])
    said = json.loads(assignor.metadata(SIZES).user_data)
    assert said["name"] == "w1"
    assert said["number"] == 1
    assert len(said["held"]) == 8


def test_a_member_without_an_agents_topics_does_not_get_it() -> None:
    only_bank = joined("w2", {"p.tidegate.claims": 4})
    members = {"m1": joined("w1"), "m2": only_bank}
    given = UnitAssignor(CONFIG, SPECS).assign(cluster(SIZES), members)
    assert dict(given["m1"].assignment)["p.trade.orders"] == [0, 1, 2, 3]
    assert [topic for topic, _ in given["m2"].assignment] == ["p.tidegate.claims"]
