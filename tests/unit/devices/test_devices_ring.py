"""The ring and its pyramid against brute force over everything that was written."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.devices.pyramid import Pyramid, plan
from studio.devices.ring_buffer import RingReader, RingWriter, discard
from studio.errors import DeviceError


def brute(everything: np.ndarray, first: int, last: int, columns: int) -> tuple:
    """Smallest and largest of each part, by a loop; a gap is NaN."""
    lows, highs = [], []
    for column in range(columns):
        start = first + column * (last - first) // columns
        stop = max(start + 1, first + (column + 1) * (last - first) // columns)
        part = everything[max(0, start) : max(0, stop)]
        known = part[~np.isnan(part).any(axis=1)] if len(part) else part
        lows.append(known.min(axis=0) if len(known) else [np.nan] * everything.shape[1])
        highs.append(known.max(axis=0) if len(known) else [np.nan] * everything.shape[1])
    return np.array(lows, np.float32), np.array(highs, np.float32)


@pytest.fixture
def ring(request):
    writer = RingWriter(*getattr(request, "param", (2, 100.0)), budget_bytes=1 << 20)
    reader = RingReader(writer.name)
    yield writer, reader
    reader.close()
    writer.close()


def written(writer: RingWriter, seed: int, blocks: int, longest: int, gap: int) -> np.ndarray:
    """Write blocks of random length with a gap before some; return all readings, gaps as NaN."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(blocks):
        lost = int(rng.integers(1, gap)) if gap and rng.random() < 0.3 else 0
        values = rng.normal(size=(int(rng.integers(1, longest)), 2)).astype(np.float32)
        values[rng.integers(len(values))] *= 1000  # a spike one reading wide
        parts += [np.full((lost, 2), np.nan, np.float32), values]
        writer.append(writer.next + lost, values)
    return np.concatenate(parts)


def test_every_zoom_equals_brute_force(ring):
    writer, reader = ring
    everything = written(writer, 1, 60, 700, 300)
    assert reader.written == len(everything)
    rng = np.random.default_rng(2)
    for _ in range(150):
        first, last = sorted(rng.integers(0, len(everything), 2).tolist())
        columns = int(rng.integers(1, 400))
        for got, expected in zip(
            reader.envelope(first, last + 1, columns),
            brute(everything, first, last + 1, columns),
            strict=True,
        ):
            np.testing.assert_array_equal(got, expected)


def test_readings_come_back_as_they_were_written_as_long_as_they_are_held(ring):
    writer, reader = ring
    everything = written(writer, 4, 400, 700, 300)
    assert 0 < reader.held < reader.written == len(everything)
    first, last = reader.held - 1000, len(everything) + 10
    got = reader.readings(first, last)
    assert got.shape == (last - first, 2)
    np.testing.assert_array_equal(got[1000:-10], everything[reader.held :])
    assert np.isnan(got[:1000]).all()  # bins of them are held, which are no readings
    assert np.isnan(got[-10:]).all()
    assert np.isnan(everything[reader.held :]).any()
    assert len(reader.readings(7, 7)) == 0


def test_beyond_what_there_is_stays_empty(ring):
    writer, reader = ring
    writer.append(0, np.ones((10, 2), np.float32))
    low, high = reader.envelope(-10, 20, 30)
    assert np.isnan(low[:10]).all()
    assert np.isnan(high[20:]).all()
    assert (low[10:20] == 1).all()
    assert (high[10:20] == 1).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 900)), min_size=1, max_size=30),
    st.integers(0, 2**32 - 1),
)
def test_gaps_of_any_length_are_nothing_but_gaps(blocks, seed):
    shape = plan(1, 0)
    pyramid = Pyramid(shape, bytearray(shape.size_bytes))
    rng = np.random.default_rng(seed)
    parts, at = [], 0
    for lost, count in blocks:
        pyramid.skip(at, lost)
        parts.append(np.full((lost, 1), np.nan, np.float32))
        at += lost
        for start in range(0, count, 64):
            values = rng.normal(size=(min(64, count - start), 1)).astype(np.float32)
            pyramid.append(at, values)
            parts.append(values)
            at += len(values)
    everything = np.concatenate(parts)
    oldest = pyramid.oldest(0, at)
    edges = np.linspace(oldest, at, 33).astype(np.int64)
    edges = np.unique(edges)
    low, high = pyramid.envelope(edges[:-1], edges[1:], at, np.zeros(len(edges) - 1, np.int64))
    for column in range(len(edges) - 1):
        part = everything[edges[column] : edges[column + 1]]
        part = part[~np.isnan(part)]
        if len(part):
            assert (low[column, 0], high[column, 0]) == (part.min(), part.max())
        else:
            assert np.isnan(low[column]).all()


def test_history_outlives_the_readings_and_loses_no_spike(ring):
    writer, reader = ring
    held = plan(2, 1 << 20).capacities[0]
    count = 40 * held
    rng = np.random.default_rng(3)
    everything = rng.normal(size=(count, 2)).astype(np.float32)
    spikes = rng.integers(0, count, 50)
    everything[spikes] = 1e6 + spikes[:, np.newaxis]
    for start in range(0, count, 10_000):
        writer.append(start, everything[start : start + 10_000])
    low, high = reader.envelope(0, count, 900)
    exact_low, exact_high = brute(everything, 0, count, 900)
    assert (low <= exact_low).all()
    assert (high >= exact_high).all()
    # nor made up: each value is one of the part's own or of its neighbours'
    near = np.max([exact_high[at : len(high) - 4 + at] for at in range(5)], axis=0)
    assert (high[2:-2] <= near).all()
    np.testing.assert_array_equal(high[-20:], exact_high[-20:])  # the readings are still there


def test_any_zoom_of_hours_takes_the_time_of_its_columns(ring):
    writer, reader = ring
    block = np.zeros((20_000, 2), np.float32)
    for start in range(0, 20_000_000, 20_000):
        writer.append(start, block)

    def cost(first: int) -> float:
        times = []
        for _ in range(9):
            began = time.perf_counter()
            reader.envelope(first, reader.written, 1000)
            times.append(time.perf_counter() - began)
        return sorted(times)[4]

    assert cost(0) < 5 * cost(reader.written - 16_000)


def test_integers_and_other_links_do_not_mix():
    first, second = RingWriter(1, 16000.0), RingWriter(3, 50.0, budget_bytes=1)
    try:
        first.append(0, np.array([[-32768], [32767]], np.int16))
        second.append(5, np.ones((1, 3), np.float32), at_s=12.5)
        one, two = RingReader(first.name), RingReader(second.name)
        assert (one.n_axes, one.sample_rate_hz, one.written) == (1, 16000.0, 2)
        assert (two.n_axes, two.sample_rate_hz, two.written, two.arrived_s) == (3, 50.0, 6, 12.5)
        assert [float(ends[0, 0]) for ends in one.envelope(0, 2, 1)] == [-32768, 32767]
        one.close()
        two.close()
    finally:
        first.close()
        second.close()


def test_a_reader_keeps_what_it_has_and_sees_the_end():
    writer = RingWriter(1, 1.0)
    writer.append(0, np.ones((5, 1)))
    reader = RingReader(writer.name)
    assert not reader.ended
    writer.close()
    assert reader.ended
    assert (reader.envelope(0, 5, 5)[0] == 1).all()
    reader.close()
    with pytest.raises(DeviceError, match="has ended"):
        RingReader(writer.name)


WRITER = """
import sys, time
import numpy as np
from studio.devices.ring_buffer import RingWriter
writer = RingWriter(1, 1000.0, budget_bytes=1 << 18)
print(writer.name, flush=True)
end = time.monotonic() + float(sys.argv[1])
at = 0
while time.monotonic() < end:
    # a saw tooth: any part of length n must span exactly n - 1
    writer.append(at, np.arange(at, at + 30, dtype=np.float32).reshape(-1, 1))
    at += 30
print(at, flush=True)
if sys.argv[2] == "hang":
    time.sleep(60)
writer.close()
"""


def start(seconds: float, end: str) -> tuple["subprocess.Popen[str]", str]:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(seconds), end],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    return child, child.stdout.readline().strip()


def test_a_reader_beside_a_racing_writer_never_sees_torn_readings():
    child, name = start(2.0, "close")
    reader = RingReader(name)
    looks = 0
    while child.poll() is None:
        end = reader.written
        if end < 400:
            continue
        low, high = reader.envelope(end - 300, end, 10)
        known = ~np.isnan(low[:, 0])
        edges = end - 300 + np.arange(11) * 30
        early = edges[:-1][known] - low[known, 0]
        late = high[known, 0] + 1 - edges[1:][known]
        assert (early >= 0).all()  # a coarser level may have been needed: whole bins of it
        assert (late >= 0).all()
        assert ((early == 0) | (low[known, 0] % 16 == 0)).all()
        assert ((late == 0) | ((high[known, 0] + 1) % 16 == 0)).all()
        looks += known.all() and not early.any() and not late.any()
    reader.close()
    assert child.communicate()[1] == ""
    assert looks > 100


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="looks at the files of shared memory")
def test_the_memory_of_a_killed_writer_is_given_back():
    child, name = start(0.1, "hang")
    assert child.stdout is not None
    child.stdout.readline()
    child.kill()
    reader = RingReader(name)
    assert reader.written > 0
    discard(name)
    assert not (Path("/dev/shm") / name).exists()
    reader.close()
    discard(name)
    child.communicate()


def test_a_program_that_ends_without_closing_says_nothing():
    program = (
        "import numpy as np\n"
        "from studio.devices.ring_buffer import RingReader, RingWriter\n"
        "writer = RingWriter(2, 100.0, budget_bytes=1 << 20)\n"
        "writer.append(0, np.zeros((50, 2), np.float32))\n"
        "reader = RingReader(writer.name)\n"
        "held = reader._head\n"
        "reader.close()\n"
        "reader = RingReader(writer.name)\n"
        "writer.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
