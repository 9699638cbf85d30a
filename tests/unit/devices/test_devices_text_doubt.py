"""Lines that are no numbers, and first columns that only seemed to count: no time is closed."""

import time

import numpy as np
import pytest
from test_devices_text import LEARNED, feed, learned, lines_of, rows, values_of

from studio.devices.source import Block, Restarted, Text
from studio.devices.text_layout import names_of


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("word", [b"nan", b"ovf", b"-inf", b"1x3"])
def test_a_reading_that_failed_is_one_missing_reading(columns, word):
    form = ",".join(["{}"] * columns)
    values = values_of(LEARNED + 50, columns)
    lines = lines_of(values, form)
    codec = learned(lines[:LEARNED])
    sent = lines[LEARNED:]
    failed = [7, 20, 21, 40]
    for place in failed:
        sent[place] = b",".join([word] * columns) + b"\r\n"
    found = rows(feed(codec, sent, start_s=3))
    assert sorted(set(range(50)) - set(found)) == failed
    assert all(np.array_equal(row, values[LEARNED + i]) for i, row in found.items())
    assert codec.stats.lost_readings == len(failed)


def position(i):
    """An encoder that is turned at first: it looks like a count."""
    return min(i, 200)


def back(i):
    return i if i < 200 else 400 - i


@pytest.mark.parametrize("first", [position, back])
def test_a_column_that_only_seemed_to_count_loses_nothing_for_long(first):
    lines = [b"%d,%d\r\n" % (first(i), i % 7) for i in range(1000)]
    codec = learned(lines[:LEARNED])
    assert len(codec.stream.axes) == 1
    items = feed(codec, lines[LEARNED:], start_s=3)
    blocks = [item for item in items if isinstance(item, Block)]
    end = blocks[-1].first_reading + len(blocks[-1].values)
    assert end == 1000 - LEARNED
    assert sum(len(block.values) for block in blocks) >= end - 10
    for block in blocks:
        places = LEARNED + block.first_reading + np.arange(len(block.values))
        assert np.array_equal(block.values[:, 0], places % 7)
    told = [item.text for item in items if isinstance(item, Text)]
    assert any("neither counts" in text for text in told)


def test_a_column_that_seems_to_count_is_an_axis_where_a_line_names_it():
    lines = [b"%d,%d\r\n" % (i, i % 7) for i in range(LEARNED)]
    codec = learned(lines)
    assert [axis.name for axis in codec.stream.axes] == ["axis1"]
    assert "counts the readings, so it is no axis. A line of names" in codec.about
    codec = learned([b"angle,x\r\n", *lines[1:]])
    assert ([axis.name for axis in codec.stream.axes], codec.about) == (["angle", "x"], "")
    codec = learned([b"n,x\r\n", *lines[1:]])
    assert [axis.name for axis in codec.stream.axes] == ["x"]
    assert codec.about == "The first column counts the readings, so it is no axis."


@pytest.mark.parametrize("period", [100, 360, 1000])
def test_a_count_that_wraps_at_any_number_restarts_once_at_most(period):
    lines = [b"%d,%d\r\n" % (i % period, i % 7) for i in range(LEARNED + 5 * period)]
    codec = learned(lines[:LEARNED])
    items = feed(codec, lines[LEARNED:], start_s=3)
    assert sum(isinstance(item, Restarted) for item in items) <= 1
    assert codec.stats.lost_readings == 0
    assert sum(len(item.values) for item in items if isinstance(item, Block)) >= 5 * period - 1


def test_a_line_of_blanks_takes_no_time():
    begun = time.process_time()
    assert names_of(b"a" + b" " * 16_000 + b"]", 1) == ()
    assert names_of(b"a" + b" " * 60 + b"],b", 2) == ()
    assert time.process_time() - begun < 0.5


def test_a_count_that_begins_anew_after_a_pause_restarts_every_time():
    """A sketch that sends a burst, rests and counts from 0 again: the rests are no readings."""
    burst = [b"%d,%d\r\n" % (i, i % 7) for i in range(200)]
    codec = learned(burst)
    at_s, restarts = 4.0, 0
    for _ in range(4):
        at_s += 2.5
        restarts += sum(isinstance(item, Restarted) for item in feed(codec, burst, start_s=at_s))
        at_s += 2.0
    assert restarts == 3  # the first burst is the beginning


@pytest.mark.parametrize("begin", [0.0, 1.7e9])
def test_seconds_with_decimals_are_a_time_column(begin):
    lines = [b"%.3f,%.2f\r\n" % (begin + i / 100, i % 7 / 4) for i in range(LEARNED + 300)]
    codec = learned(lines[:LEARNED])
    assert [axis.name for axis in codec.stream.axes] == ["axis1"]
    found = rows(feed(codec, lines[LEARNED : LEARNED + 50] + lines[LEARNED + 250 :], start_s=3))
    assert sorted(set(range(300)) - set(found)) == list(range(50, 250))


def test_a_value_that_rises_otherwise_than_time_is_an_axis():
    lines = [b"%.3f,%.2f\r\n" % (i / 40, i % 7 / 4) for i in range(LEARNED)]
    assert len(learned(lines).stream.axes) == 2
