"""The table of rights says what the processes really touch."""

import pytest

from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.notify.start import TOPICS as NOTIFIERS
from tidegate.ops.acls import Operation, Resource, acls
from tidegate.ops.role import Role
from tidegate.ops.settings import Settings
from tidegate.ops.topics import TABLES_TOPIC, topology
from tidegate.runtime.spec import DEAD_LETTERS, JOURNAL

SETTINGS = Settings()


def topics(role: Role, operation: Operation) -> set[str]:
    return {
        entry.name
        for entry in acls(SETTINGS, role)
        if entry.resource is Resource.TOPIC and entry.operation is operation
    }


def test_a_worker_may_read_and_write_what_its_agents_do_and_nothing_else() -> None:
    specs = agents(Shelf())
    read = {topic for spec in specs for topic in (*spec.inputs, spec.changelog)}
    assert topics(Role.WORKER, Operation.READ) == read | {TABLES_TOPIC}
    written = {topic for s in specs for topic in (*s.outputs, *s.keyed, s.changelog)}
    assert topics(Role.WORKER, Operation.WRITE) == written | {JOURNAL, DEAD_LETTERS}


def test_a_notifier_may_read_what_it_reads() -> None:
    assert topics(Role.NOTIFIER, Operation.READ) == set(NOTIFIERS)


@pytest.mark.parametrize("role", Role)
def test_every_right_is_on_a_topic_that_there_is_or_a_name_of_the_deployment(role: Role) -> None:
    there = {spec.name for spec in topology(SETTINGS)}
    for entry in acls(SETTINGS, role):
        if entry.resource is Resource.TOPIC:
            assert entry.name in there
        else:
            assert entry.name.startswith(SETTINGS.app_id)


def test_a_right_is_printed_as_kafkas_own_tool_takes_it() -> None:
    lines = [entry.command("User:w") for entry in acls(SETTINGS, Role.WORKER)]
    assert "--add --allow-principal 'User:w' --operation Read --group 'tidegate'" in lines
    start = "--add --allow-principal 'User:w' --operation Write --transactional-id"
    assert f"{start} 'tidegate-screening-' --resource-pattern-type prefixed" in lines
