from tidegate.runtime.intake import Batch, Intake
from tidegate.runtime.record import Record


def batch(seek: int, start: int, end: int, *offsets: int) -> Batch:
    records = [Record("t", 0, offset, 0, None, None) for offset in offsets]
    return Batch("t", 0, seek, start, end, records)


def opened(position: int = 10, seek: int = 3) -> Intake:
    intake = Intake(("t",))
    intake.restart(seek, {"t": position})
    return intake


def drain(intake: Intake) -> list[int]:
    lane, taken = intake.lanes["t"], []
    while (record := lane.peek()) is not None:
        taken.append(record.offset)
        lane.advance()
    return taken


def test_takes_an_unbroken_chain() -> None:
    intake = opened()
    assert intake.accept(batch(3, 10, 12, 10, 11))
    assert intake.accept(batch(3, 12, 15, 13, 14))
    assert intake.waiting == 4
    assert drain(intake) == [10, 11, 13, 14]
    assert intake.positions() == {"t": 15}


def test_a_gap_is_told_and_not_taken() -> None:
    intake = opened()
    assert intake.accept(batch(3, 10, 12, 10, 11))
    assert not intake.accept(batch(3, 14, 15, 14))
    assert drain(intake) == [10, 11]


def test_what_an_earlier_seek_fetched_is_dropped_without_a_word() -> None:
    intake = opened(seek=4)
    assert intake.accept(batch(3, 12, 13, 12))
    assert drain(intake) == []
    assert intake.accept(batch(4, 10, 11, 10))
    assert drain(intake) == [10]


def test_the_same_batch_twice_is_a_gap() -> None:
    intake = opened()
    assert intake.accept(batch(3, 10, 11, 10))
    assert not intake.accept(batch(3, 10, 11, 10))


def test_markers_move_the_position_when_nothing_waits() -> None:
    intake = opened()
    assert intake.accept(batch(3, 10, 12))
    assert intake.positions() == {"t": 12}


def test_markers_behind_waiting_records_wait_with_them() -> None:
    intake = opened()
    intake.accept(batch(3, 10, 12, 10, 11))
    intake.accept(batch(3, 12, 14))
    assert intake.positions() == {"t": 10}
    intake.lanes["t"].advance()
    assert intake.positions() == {"t": 11}
    intake.lanes["t"].advance()
    assert intake.positions() == {"t": 14}
