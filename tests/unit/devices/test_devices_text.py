import itertools
import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import runs

from studio.devices.lines import BadLine, parse
from studio.devices.protocols.text import MOST_LINE, TextCodec
from studio.devices.source import Block, LinkStats, Restarted, Text
from studio.devices.text_layout import names_of
from studio.errors import DeviceError
from studio.types import Axis, StreamInfo

HZ = 100
CUTS = st.lists(st.integers(0, 1 << 20), max_size=40)
LEARNED = 120
"""Readings after which form and rate are surely known at `HZ`."""


def values_of(n, columns=3):
    """Quarters: text of two decimals says them exactly."""
    i = np.arange(n)[:, None]
    return ((i * 37 + np.arange(columns) * 1001) % 4000 - 2000) / 4


def lines_of(values, form="{},{},{}"):
    return [form.format(*(f"{v:.2f}" for v in row)).encode() + b"\r\n" for row in values]


def feed(codec, lines, *, start_s=1.0, hz=HZ):
    """Feed line by line, evenly in time."""
    items = []
    for i, line in enumerate(lines):
        items += codec.feed(line, start_s + i / hz)
    return items


def learned(lines):
    """Return a codec that knows the stream from these lines, and counts from 0 now."""
    codec = TextCodec()
    feed(codec, lines)
    assert codec.stream is not None
    codec.begin()
    return codec


def rows(items):
    (found,) = runs(items)
    return found


# ---------------------------------------------------------------- many lines at once


def test_good_lines_are_converted_and_others_told_with_their_place():
    text = b"1,2\r\n3;4\n\r\n5\nhello 1\n-6.5e1\t+.5\n1.2.3,4\n1e999,2\n7. , 8\n"
    values, bad = parse(text, 2)
    assert values.tolist() == [[1, 2], [3, 4], [-65, 0.5], [7, 8]]
    assert [(row.before, row.text) for row in bad] == [
        (2, b"5"),
        (2, b"hello 1"),
        (3, b"1.2.3,4"),
        (3, b"1e999,2"),
    ]
    assert parse(b"", 2)[0].shape == (0, 2)
    assert parse(b"\n\n", 1)[1] == []


@given(
    st.lists(
        st.lists(
            st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=4, max_size=4
        ),
        max_size=30,
    ),
    st.sampled_from([",", "\t", ";", " ", ", ", " ; "]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_number_comes_back(table, separator, end):
    text = "".join(separator.join(map(repr, row)) + end for row in table).encode()
    values, bad = parse(text, 4)
    assert bad == []
    assert values.astype(np.float32).tolist() == table


@given(st.lists(st.sampled_from([b"1,2", b"x", b"3,4,5", b"", b"1.2.3,1", b"--1,2", b" 7 8 "])))
def test_fast_and_slow_lines_keep_their_order(lines):
    values, bad = parse(b"".join(line + b"\n" for line in lines), 2)
    good = {b"1,2": [1, 2], b" 7 8 ": [7, 8]}
    assert values.tolist() == [good[line] for line in lines if line in good]
    wanted, before = [], 0
    for line in lines:
        if line in good:
            before += 1
        elif line:
            wanted.append((before, line))
    assert [(row.before, row.text) for row in bad] == wanted


def test_a_bad_line_says_what_it_holds():
    (row,) = parse(b"12,x3,4\n", 2)[1]
    assert row == BadLine(0, b"12,x3,4", 3, 1)


# ---------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("{},{},{}", ["axis1", "axis2", "axis3"]),
        ("{}\t{}\t{}", ["axis1", "axis2", "axis3"]),
        ("{};{};{}", ["axis1", "axis2", "axis3"]),
        ("  {} {}   {} ", ["axis1", "axis2", "axis3"]),
        ("{}, {}, {}", ["axis1", "axis2", "axis3"]),
        ("x:{},y:{},z:{}", ["x", "y", "z"]),
        ("x:{} y:{} z:{}", ["x", "y", "z"]),
        ("x: {}\ty: {}\tz: {}", ["x", "y", "z"]),
        ("Sensor one:{},two:{},zx:{}", ["Sensor one", "two", "zx"]),
    ],
)
def test_lines_become_readings(form, names):
    values = values_of(LEARNED + 80)
    lines = lines_of(values, form)
    codec = learned(lines[:LEARNED])
    assert codec.stream == StreamInfo(
        "", "text lines", HZ, "float32", tuple(Axis(name) for name in names), 0, measured=True
    )
    found = rows(feed(codec, lines[LEARNED:], start_s=3))
    assert list(found) == list(range(80))
    assert np.array_equal(list(found.values()), values[LEARNED:])
    assert codec.stats == LinkStats()
    assert next(iter(found.values())).dtype == np.float32


@pytest.mark.parametrize(
    "header",
    [
        b"accX [m/s2],gyro y(dps),Mic\r\n",
        b"accX [m/s2]\tgyro y (dps)\tMic\r\n",
        b" accX[m/s2]; gyro y [dps];Mic;\r\n",
    ],
)
def test_a_line_of_names_and_units(header):
    lines = [b"boot ok\r\n", header, *lines_of(values_of(LEARNED))]
    codec = learned(lines)
    wanted = (Axis("accX", "m/s2"), Axis("gyro y", "dps"), Axis("Mic"))
    assert codec.stream.axes == wanted
    assert feed(codec, [header], start_s=4) == []  # some boards say it again and again
    assert codec.stats == LinkStats()


@pytest.mark.parametrize(
    "noise",
    [
        b"A\x00\x83\xaa\x9d6 x\x0cFl:12.500,-3.125,100.250\r",
        b"a\x85w U\x06ox L" + b"12.500,-3.125,100.250\r",
        b"ab cd x12.500,-3.125,100.250\r",
        "été été2 �x".encode(),
        b"x y " + b"z" * 60,
    ],
)
def test_noise_is_no_line_of_names(noise):
    assert names_of(noise, 3) == ()


def test_the_cut_first_line_is_dropped():
    values = values_of(LEARNED)
    data = b"".join(lines_of(values))[4:]
    codec = TextCodec()
    codec.feed(data, 1.0)
    assert codec._beginning._rows.shape[0] <= LEARNED - 1
    assert np.array_equal(codec._beginning._rows[-1], values[-1])


def test_errors_are_told_as_the_board_says_them():
    lines = lines_of(values_of(LEARNED))
    codec = TextCodec()
    items = feed(codec, [b"x\n", b"ERR: no sensor\r\n", *lines, b"<err> bus\n", *lines])
    told = [item.text for item in items if isinstance(item, Text)]
    assert told[0] == "ERR: no sensor"
    assert "<err> bus" in told


# ---------------------------------------------------------------- what is missing


def test_bad_lines_are_counted_and_lie_in_gaps_if_they_were_readings():
    values = values_of(LEARNED + 60)
    lines = lines_of(values)
    codec = learned(lines[:LEARNED])
    sent = lines[LEARNED:]
    sent[10] = b"12.5,x%.00,3\r\n"  # damaged: one reading missing
    sent[20] = sent[20].rstrip() + sent[21]  # the end got lost: two readings in one line
    sent[21] = b""
    sent.insert(40, b"battery low\r\n")  # words, no reading
    items = feed(codec, sent, start_s=3)
    found = rows(items)
    assert sorted(set(range(60)) - set(found)) == [10, 20, 21]
    assert all(np.array_equal(row, values[LEARNED + i]) for i, row in found.items())
    assert codec.stats == LinkStats(damaged_packets=3, lost_packets=3, lost_readings=3)
    told = [item.text for item in items if isinstance(item, Text)]
    assert told[0].startswith("After reading 10: a line is no readings, such as '12.5,x%.00,3'")


def test_a_bad_line_of_pairs_is_one_reading_whatever_the_names():
    form = "axis_0:{}\taxis_1e5:{}\tz:{}"
    lines = lines_of(values_of(LEARNED + 40), form)
    codec = learned(lines[:LEARNED])
    sent = lines[LEARNED:]
    sent[10] = sent[10].replace(b"z:", b"z;")
    sent[20] = sent[20].replace(b"axis_0:", b"axis_0:x")
    sent.insert(30, b"time is 12:30\r\n")
    found = rows(feed(codec, sent, start_s=3))
    assert sorted(set(range(40)) - set(found)) == [10, 20]
    assert codec.stats == LinkStats(damaged_packets=3, lost_packets=2, lost_readings=2)


@pytest.mark.parametrize("named", [True, False])
def test_a_counting_column_tells_what_is_missing(named):
    values = values_of(700, 2)
    lines = [b"%d,%s" % (i % 256, line) for i, line in enumerate(lines_of(values, "{},{}"))]
    begin = [b"#,a,b\r\n"] if named else []
    codec = learned([*begin, *lines[:LEARNED]])
    assert [axis.name for axis in codec.stream.axes] == (
        ["a", "b"] if named else ["axis1", "axis2"]
    )
    sent = {i: line for i, line in enumerate(lines[LEARNED:]) if i not in (50, 51, 300)}
    sent[200] = b"#%@\r\n"
    found = rows(feed(codec, sent.values(), start_s=3))
    assert sorted(set(range(580)) - set(found)) == [50, 51, 200, 300]
    assert all(np.array_equal(row, values[LEARNED + i]) for i, row in found.items())
    assert codec.stats.lost_readings == 4


def test_lost_lines_do_not_lower_the_rate_where_readings_are_counted():
    chance = random.Random(3)
    lines = [b"%d,%s" % (i, x) for i, x in enumerate(lines_of(values_of(400, 2), "{},{}"))]
    codec = TextCodec()
    for i, line in enumerate(lines):
        if chance.random() > 0.1:
            codec.feed(line, 1 + i / HZ)
    assert codec.stream.sample_rate_hz == pytest.approx(HZ, rel=0.005)


def test_a_damaged_count_costs_its_reading_only():
    values = values_of(400, 2)
    lines = [b"%d,%s" % (i, line) for i, line in enumerate(lines_of(values, "{},{}"))]
    codec = learned(lines[:LEARNED])
    lines[200] = b"9" + lines[200]
    lines[250] = lines[249]  # came twice
    found = rows(feed(codec, lines[LEARNED:], start_s=3))
    assert sorted(set(range(280)) - set(found)) == [200 - LEARNED, 250 - LEARNED]


@pytest.mark.parametrize("seed", range(4))
def test_no_damage_to_a_counting_column_begins_the_stream_anew(seed):
    chance = random.Random(seed)
    values = values_of(3000, 2)
    lines = [b"%d,%s" % (i, line) for i, line in enumerate(lines_of(values, "{},{}"))]
    codec = learned(lines[:LEARNED])
    sent = []
    for line in lines[LEARNED:]:
        damaged = bytearray(line)
        if chance.random() < 0.05:
            damaged[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
        if chance.random() < 0.95:
            sent.append(bytes(damaged))
    sent = [b"".join(sent[i : i + 4]) for i in range(0, len(sent), 4)]
    found = rows(feed(codec, sent, start_s=3, hz=HZ / 4))
    # the first reading is where it begins to count; a digit for a digit passes unnoticed
    first = int(np.argmax((values == found[0]).all(axis=1)))
    right = [np.array_equal(row, values[first + i]) for i, row in found.items()]
    assert np.mean(right) > 0.95
    assert len(found) > 0.85 * len(sent) * 4


def test_a_time_column_tells_what_is_missing_though_it_jitters():
    values = values_of(500, 2)
    times = [5000 + 10 * i + (0, 1, -1)[i % 3] for i in range(500)]
    lines = [
        b"%d %s" % (t, line) for t, line in zip(times, lines_of(values, "{} {}"), strict=True)
    ]
    codec = learned(lines[:LEARNED])
    sent = [line for i, line in enumerate(lines[LEARNED:]) if not 100 <= i < 200 and i != 7]
    found = rows(feed(codec, sent, start_s=3))
    assert sorted(set(range(380)) - set(found)) == [7, *range(100, 200)]


@pytest.mark.parametrize("together", [1, 40])
def test_a_count_that_begins_anew_is_a_restart(together):
    lines = [b"%d,%s" % (i, x) for i, x in enumerate(lines_of(values_of(300, 2), "{},{}"))]
    codec = learned(lines[:LEARNED])
    sent = lines[LEARNED:] + lines[:50]
    sent = [b"".join(sent[i : i + together]) for i in range(0, len(sent), together)]
    items = feed(codec, sent, start_s=3, hz=HZ / together)
    assert sum(isinstance(item, Restarted) for item in items) == 1
    assert sum(len(item.values) for item in items if isinstance(item, Block)) == 180 + 50
    assert codec.stats.lost_readings == 0


def test_another_number_of_columns_is_another_stream():
    codec = learned(lines_of(values_of(LEARNED)))
    items = feed(codec, lines_of(values_of(300, 2), "{},{}"), start_s=3)
    (stream,) = [item for item in items if isinstance(item, StreamInfo)]
    assert len(stream.axes) == 2
    assert codec.stream == stream
    assert isinstance(items[-1], Block)


# ---------------------------------------------------------------- robustness


@settings(deadline=None)
@given(CUTS)
def test_pieces_do_not_matter(cuts):
    values = values_of(60)
    head = lines_of(values_of(LEARNED))
    codec = learned(head)
    data = b"".join(lines_of(values))
    places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    items = []
    for a, b in itertools.pairwise(places):
        items += codec.feed(data[a:b], 5.0)
    found = rows(items)
    assert list(found) == list(range(60))
    assert np.array_equal(list(found.values()), values)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.binary(max_size=200), max_size=20), st.booleans())
def test_arbitrary_bytes_raise_nothing_but_a_device_error(pieces, known):
    codec = learned(lines_of(values_of(LEARNED))) if known else TextCodec()
    try:
        for piece in pieces:
            codec.feed(piece, 3.0)
            codec.feed(piece + b"\n", 3.5)
            TextCodec.recognise(piece)
    except DeviceError:
        pass


@settings(deadline=None)
@given(st.text(alphabet="0123456789,;\t -+.eE:xyz#\n\r", max_size=400), st.booleans())
def test_lines_that_are_nearly_numbers_raise_nothing(text, known):
    codec = learned(lines_of(values_of(LEARNED), "x:{},y:{},z:{}")) if known else TextCodec()
    for at in range(6):
        codec.feed(text.encode(), at + 2.0)


def test_a_line_of_a_megabyte_is_one_bad_line_and_held_in_little_memory():
    values = values_of(LEARNED + 40)
    lines = lines_of(values)
    codec = learned(lines[:LEARNED])
    feed(codec, lines[LEARNED : LEARNED + 20], start_s=3)
    tracemalloc.start()
    for _ in range(1000):
        codec.feed(b"1234567," * 128, 4.0)
        assert len(codec._rest) <= MOST_LINE
    assert tracemalloc.get_traced_memory()[1] < 40 * MOST_LINE
    tracemalloc.stop()
    found = rows([Block(0, values[:1]), *feed(codec, [b"\n", *lines[LEARNED + 20 :]], start_s=5)])
    assert [i for i in found if i][:2] == [20, 21]
    assert codec.stats.damaged_packets == 1


def test_noise_is_held_in_little_memory():
    rng = np.random.default_rng(5)
    for codec in (TextCodec(), learned(lines_of(values_of(LEARNED)))):
        noise = [rng.bytes(1 << 16) for _ in range(8)]
        codec.feed(noise[0], 3.0)
        tracemalloc.start()
        for at, piece in enumerate(noise * 3):
            codec.feed(piece, 4.0 + at)
        assert tracemalloc.get_traced_memory()[0] < 1 << 20
        tracemalloc.stop()


def test_lines_longer_than_any_are_no_form():
    codec = TextCodec()
    feed(codec, [b"1," * 300 + b"1\n"] * 50)
    assert codec.stream is None
