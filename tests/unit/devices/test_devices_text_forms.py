"""Forms of lines that are easily mistaken: decimal commas, and readings over several lines."""

from itertools import chain

import numpy as np
import pytest
from test_devices_text import HZ, LEARNED, feed, learned, rows, values_of

from studio.devices.protocols.text import DECIMAL, TextCodec
from studio.devices.source import Block, Text


def commas(values, separator):
    lines = [separator.join(f"{value:.2f}" for value in row) for row in values]
    return [line.replace(".", ",").encode() + b"\r\n" for line in lines]


@pytest.mark.parametrize("separator", [";", "\t", " ; "])
def test_decimal_commas_between_semicolons_or_tabs(separator):
    values = values_of(LEARNED + 80)
    lines = commas(values, separator)
    assert TextCodec.recognise(b"".join(lines[:6])) == 0.9
    codec = learned(lines[:LEARNED])
    assert [axis.name for axis in codec.stream.axes] == ["axis1", "axis2", "axis3"]
    assert codec.about == DECIMAL
    found = rows(feed(codec, lines[LEARNED:], start_s=3))
    assert np.array_equal(list(found.values()), values[LEARNED:])
    assert codec.stats.damaged_packets == 0


@pytest.mark.parametrize("whole", [3, LEARNED])
def test_the_first_decimal_comma_may_come_late(whole):
    values = values_of(LEARNED + 80)
    values[:, 0] = values[::-1, 1]
    values[:whole] = np.rint(values[:whole])
    lines = [line.replace(b",00", b"") for line in commas(values, ";")]
    codec = learned(lines[:LEARNED])
    items = feed(codec, lines[LEARNED:], start_s=3)
    assert np.array_equal(list(rows(items).values()), values[LEARNED:])
    assert [item.text for item in items if isinstance(item, Text)] == [DECIMAL] * (whole > 3)


@pytest.mark.parametrize("form", [b"%d,%d,%d;%d\r\n", b"%d, %d; %d, %d\r\n", b"%d,%d %d,%d\r\n"])
def test_commas_that_part_numbers_still_do(form):
    lines = [form % (i % 7, i % 5, i % 3, i % 2) for i in range(LEARNED)]
    assert len(learned(lines).stream.axes) == 4


# ---------------------------------------------------------------- several lines for a reading


def parts(values, names, end="\r\n"):
    """Return for each reading the lines that tell it."""
    return [
        [f"{name}:{value:.2f}{end}".encode() for name, value in zip(names, row, strict=True)]
        for row in values
    ]


def flat(lines):
    return list(chain.from_iterable(lines))


@pytest.mark.parametrize("names", [["light", "temp"], [">hum", ">temp", ">p"]])
@pytest.mark.parametrize("together", [True, False])
def test_lines_of_one_value_each_are_one_reading(names, together):
    values = values_of(LEARNED + 80, len(names))
    told = parts(values, names)
    lines = [b"".join(row) for row in told] if together else flat(told)
    each = 1 if together else len(names)
    codec = TextCodec()
    feed(codec, lines[: LEARNED * each], hz=HZ * each)
    assert [axis.name for axis in codec.stream.axes] == [name.lstrip(">") for name in names]
    assert codec.stream.sample_rate_hz == HZ
    codec.begin()
    found = rows(feed(codec, lines[LEARNED * each :], start_s=3, hz=HZ * each))
    assert np.array_equal(list(found.values()), values[LEARNED:])
    assert codec.stats.lost_readings == codec.stats.damaged_packets == 0


def test_a_reading_begins_after_the_pause():
    lines = flat(parts(values_of(LEARNED, 2), ["b", "a"]))[1:]  # the board ran before
    codec = TextCodec()
    for i, line in enumerate(lines, 1):
        codec.feed(line, 1 + (i // 2) / HZ + (i % 2) * 0.001)
    assert [axis.name for axis in codec.stream.axes] == ["b", "a"]


def test_a_missing_or_damaged_line_costs_its_reading_only():
    values = values_of(LEARNED + 60)
    told = parts(values, ["a", "b", "c"])
    codec = learned([b"".join(row) for row in told[:LEARNED]])
    sent = told[LEARNED:]
    del sent[5][0], sent[10][1], sent[15][2], sent[20][:2]
    sent[25][1] = b"#%:x\r\n"
    sent[30] = [b"a#1\r\n", b"b:;:4\r\n", b"c:?:\r\n"]
    sent[35].insert(1, b"battery low: 12 %\r\n")
    sent[40].insert(2, b"status:3\r\n")
    found = rows(feed(codec, flat(sent), start_s=3, hz=3 * HZ))
    assert sorted(set(range(60)) - set(found)) == [5, 10, 15, 20, 25, 30]
    assert all(np.array_equal(row, values[LEARNED + i]) for i, row in found.items())
    assert codec.stats.lost_readings == 6


def test_values_of_another_rate_are_told_and_no_loss():
    values = values_of(LEARNED + 200, 1)
    lines = flat(parts(values, ["acc"]))
    for at in range(len(lines) - 5, 0, -10):
        lines.insert(at, b"bat:3.7\r\n")
    codec = learned(lines[:LEARNED])
    items = feed(codec, lines[LEARNED:], start_s=3)
    assert [axis.name for axis in codec.stream.axes] == ["acc"]
    assert codec.stats.lost_readings == 0
    assert sum(len(item.values) for item in items if isinstance(item, Block)) > 200
    assert any("'bat:3.7'" in item.text for item in items if isinstance(item, Text))
