"""Where labels begin that are given while a stream runs."""

import json
import queue

import numpy as np
import pytest

from studio.devices.marks import Mark, MarkStage
from studio.devices.rate import Rate
from studio.devices.source import Block

KNOWN = Rate(rate_hz=100.0, uncertainty_hz=0.01, jitter_s=0.001, span_s=10.0)


class Place:
    """A stage, and what it told."""

    def __init__(self, *, known: bool = True) -> None:
        self.told: list[tuple[str, int]] = []
        self.marks: queue.SimpleQueue[Mark] = queue.SimpleQueue()
        self.stage = MarkStage(
            lambda kind, **data: self.told.append((data["label"], data["at"])),
            self.marks,
            begun=lambda: (50.0, 0.01) if known else None,
            rate=lambda: KNOWN if known else None,
        )

    def take(self, first: int, count: int) -> None:
        self.stage.take(Block(first, np.zeros((count, 1), np.float32)))


def test_a_mark_is_at_the_reading_that_was_taken_then():
    place = Place()
    place.take(0, 100)
    place.marks.put(Mark("left", 50.25))
    place.stage.tick(51.0)
    assert place.told == [("left", 25)]


def test_a_mark_waits_for_its_reading_but_not_for_ever():
    place = Place()
    place.take(0, 100)
    place.marks.put(Mark("left", 51.2))
    place.stage.tick(51.3)
    assert place.told == []
    place.take(100, 10)
    place.stage.tick(51.35)
    assert place.told == []
    place.take(110, 30)
    place.stage.tick(51.4)
    assert place.told == [("left", 120)]
    place.marks.put(Mark("right", 60.0))
    place.stage.tick(61.5)
    assert place.told[1:] == [("right", 140)]


def test_lost_readings_do_not_count():
    place = Place()
    place.take(0, 100)
    place.take(300, 100)
    for at_s, index in ((50.5, 50), (52.0, 100), (53.1, 110)):
        place.marks.put(Mark("x", at_s))
        place.stage.tick(54.0)
        assert place.told[-1] == ("x", index)


def test_while_nothing_is_known_it_is_at_the_next_reading():
    place = Place(known=False)
    place.marks.put(Mark("early", 49.0))
    place.stage.tick(50.0)
    assert place.told == []
    place.take(0, 40)
    place.stage.tick(50.4)
    assert place.told == [("early", 40)]


def test_the_end_tells_what_is_left_in_order():
    place = Place()
    place.take(0, 100)
    place.marks.put(Mark("a", 50.99))
    place.marks.put(Mark("", 51.5))
    place.stage.close()
    assert place.told == [("a", 99), ("", 100)]


def test_lines():
    assert Mark.read(Mark("ja \u00e4", 12.5).line()) == Mark("ja \u00e4", 12.5)
    for line in ("stop", "", "[]", "{}", '{"mark": 1}', json.dumps({"mark": "x", "at_s": "soon"})):
        assert Mark.read(line) is None
    assert Mark.read('{"mark": "x", "at_s": NaN}') is None


@pytest.mark.parametrize("at_s", [-1e9, 0.0, 49.9])
def test_before_the_beginning_is_the_beginning(at_s):
    place = Place()
    place.take(0, 100)
    place.marks.put(Mark("x", at_s))
    place.stage.tick(60.0)
    assert place.told == [("x", 0)]
