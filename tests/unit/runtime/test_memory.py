import json
import subprocess
import sys
from datetime import timedelta

from tests.support.counting import (
    ANSWERS,
    BANK,
    DEAD,
    JOURNAL,
    NOON,
    ORDERS,
    PURSE,
    RESULTS,
    SPECS,
    SWITCH,
)
from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.record import Record
from tidegate.runtime.spec import AgentSpec, Limits


def order(n: int, amount: int = 5, **more: object) -> bytes:
    return json.dumps({"n": n, "amount": amount, **more}).encode()


def results(runtime: MemoryRuntime) -> list[dict[str, object]]:
    return [json.loads(record.value or b"") for record in runtime.outputs(RESULTS)]


def test_takes_what_follows_until_quiet() -> None:
    runtime = MemoryRuntime(SPECS, partitions=3)
    for n in range(1, 4):
        runtime.append(ORDERS, "a", order(n))
    runtime.run(NOON)
    assert [result["n"] for result in results(runtime)] == [1, 2, 3]
    assert len(runtime.outputs(ANSWERS)) == 3


def test_the_same_inputs_give_the_same_bytes() -> None:
    def once() -> list[Record]:
        runtime = MemoryRuntime(SPECS, partitions=3)
        for i in range(20):
            runtime.append(ORDERS, f"k{i % 7}", order(i, remind=30))
            runtime.run(NOON + timedelta(seconds=i))
        runtime.run(NOON + timedelta(minutes=5))
        return runtime.outputs(RESULTS) + runtime.outputs(JOURNAL)

    assert once() == once()


def test_timers_fire_at_their_own_instants_in_order_before_new_records() -> None:
    runtime = MemoryRuntime(SPECS, partitions=3)
    runtime.append(ORDERS, "late", order(1, remind=50))
    runtime.append(ORDERS, "early", order(1, remind=20))
    runtime.run(NOON)
    runtime.append(ORDERS, "new", order(1))
    runtime.run(NOON + timedelta(hours=1))
    told = results(runtime)[2:]
    assert [result.get("reminder") for result in told] == ["early", "late", None]
    assert [r["clock"] == r["at"] for r in told[:2]] == [True, True]


def test_a_timer_due_exactly_now_fires() -> None:
    runtime = MemoryRuntime(SPECS)
    runtime.append(ORDERS, "a", order(1, remind=20))
    runtime.run(NOON)
    runtime.run(NOON + timedelta(seconds=19.999))
    assert len(results(runtime)) == 1
    runtime.run(NOON + timedelta(seconds=20))
    assert len(results(runtime)) == 2


def test_a_failed_record_leaves_only_its_dead_letter() -> None:
    runtime = MemoryRuntime(SPECS)
    for value in (order(1), order(2, poison=True), b"no json", order(2, refuse=True), order(2)):
        runtime.append(ORDERS, "a", value)
    runtime.append(ORDERS, None, order(1))
    runtime.run(NOON)
    dead = [json.loads(record.value or b"") for record in runtime.outputs(DEAD)]
    assert [letter["reason"].split(":")[0] for letter in dead] == [
        "internal error",
        "internal error",
        "not wanted",
        "missing",
    ]
    assert [letter["offset"] for letter in dead[:3]] == [1, 2, 3]
    assert [result["n"] for result in results(runtime)] == [1, 2]
    state = json.loads(runtime.state("purse")["purse/a"])
    assert state == {"n": 2, "sum": 10, "granted": 2, "refused": 0}


def test_a_dead_letter_that_cannot_be_made_is_replaced_by_its_place() -> None:
    def broken(record: Record, field: str, reason: str) -> tuple[str | None, bytes]:
        return None, b"x" * 1_000_000

    spec = AgentSpec(**{**PURSE.__dict__, "dead_letter": broken})
    runtime = MemoryRuntime([spec, BANK])
    runtime.append(ORDERS, "a", order(1, poison=True))
    runtime.run(NOON)
    (letter,) = runtime.outputs(DEAD)
    place = json.loads(letter.value or b"")
    assert (place["topic"], place["offset"]) == (ORDERS, 0)
    assert "TooLarge" in place["note"]


def test_a_misplaced_record_is_forwarded_to_its_owner_and_counted() -> None:
    runtime = MemoryRuntime(SPECS, partitions=3)
    for partition in range(3):
        runtime.append(ORDERS, "a", order(partition), partition=partition)
    runtime.run(NOON)
    owner = {record.partition for record in runtime.outputs(RESULTS)}
    assert len(owner) == 1
    assert sorted(r["n"] for r in results(runtime)) == [0, 1, 2]
    journal = [json.loads(record.value or b"") for record in runtime.outputs(JOURNAL)]
    assert sum(entry["forwarded"] for entry in journal) == 2


def test_a_record_that_is_not_ready_waits_and_others_go_on() -> None:
    made = []

    def purse(partition: int):
        made.append(PURSE.processor(partition))
        return made[-1]

    runtime = MemoryRuntime([AgentSpec(**{**PURSE.__dict__, "processor": purse}), BANK])
    runtime.append(ORDERS, "a", order(1))
    runtime.append(SWITCH, "0", b'{"version": 7}')
    runtime.run(NOON)
    assert len(results(runtime)) == 1
    made[0].switches.add(7)
    runtime.run(NOON)
    assert results(runtime)[-1] == {"walked": "a"}


def test_a_walk_goes_chunk_by_chunk_in_key_order_and_lets_records_through() -> None:
    limits = Limits(walk_keys=3, records=2)
    runtime = MemoryRuntime(SPECS, limits=limits)
    for i in range(8):
        runtime.append(ORDERS, f"k{i}", order(1))
    runtime.run(NOON)
    runtime.append(SWITCH, "0", b'{"version": 0}')
    for i in range(8):
        runtime.append(ORDERS, f"k{i}", order(2))
    runtime.run(NOON)
    told = results(runtime)[8:]
    walked = [result["walked"] for result in told if "walked" in result]
    assert walked == [f"k{i}" for i in range(8)]
    between = [index for index, result in enumerate(told) if "walked" in result]
    assert between[-1] - between[0] > 8
    entries = [json.loads(record.value or b"") for record in runtime.outputs(JOURNAL)]
    assert [e["walked"] for e in entries if e["agent"] == "purse" and e["walked"]] == [3, 3, 2]


def test_the_journal_names_what_was_taken_in_order() -> None:
    runtime = MemoryRuntime(SPECS)
    for n in (1, 2):
        runtime.append(ORDERS, "a", order(n))
    runtime.run(NOON)
    entries = [json.loads(record.value or b"") for record in runtime.outputs(JOURNAL)]
    purse = [entry for entry in entries if entry["agent"] == "purse"]
    assert purse[0]["inputs"] == [[ORDERS, 0, 2]]
    assert purse[1]["inputs"] == [[ANSWERS, 0, 2]]
    assert [entry["number"] for entry in purse] == [1, 2]


def test_the_offline_part_loads_no_kafka_client() -> None:
    code = (
        "import sys, tidegate.runtime.memory;"
        "print(sorted({'faust','aiokafka','kafka','asyncio','mode'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
