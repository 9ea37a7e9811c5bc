"""Lines about a broker that is away: the first, then one in ten seconds."""

from __future__ import annotations

import logging

from tidegate.ops.seldom import Seldom


def line(message: str, *args: object, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord("aiokafka", level, __file__, 1, message, args, None)


def test_one_line_in_ten_seconds_tells_how_many_were_left_out() -> None:
    now = [100.0]
    seldom = Seldom(10.0, lambda: now[0])
    assert seldom.filter(line("Unable connect to node with id %s: refused", 1))
    for second in range(1, 10):
        now[0] = 100.0 + second
        assert not seldom.filter(line("Failed fetch messages from 1: NodeNotReadyError"))
        assert not seldom.filter(line("lag could not be measured: KafkaConnectionError()"))
    now[0] = 110.0
    last = line("waiting for the broker: %s", "KafkaConnectionError: 7 %")
    assert seldom.filter(last)
    assert last.getMessage() == (
        "waiting for the broker: KafkaConnectionError: 7 % (18 lines like it left out)"
    )


def test_other_lines_and_critical_ones_always_pass() -> None:
    seldom = Seldom(10.0, lambda: 0.0)
    for _ in range(3):
        assert seldom.filter(line("screening-1: fenced, another worker opened it"))
        assert seldom.filter(line("KafkaConnectionError", level=logging.INFO))
        assert seldom.filter(
            line("the consumer ended: KafkaConnectionError", level=logging.CRITICAL)
        )
