import itertools
import json
import os
import struct
import sys
import time
import tracemalloc
import zlib

import numpy as np
import pytest

from studio import capture_log
from studio.capture_log import CaptureHeader, CaptureWriter
from studio.errors import ProjectError
from studio.types import Axis, Gap

HEADER = CaptureHeader(
    axes=(Axis("x", "g"), Axis("y", "g")),
    sample_rate_hz=100.0,
    dtype="float32",
    name="take 1",
    label="wave",
    group="anna",
    source="virtual://a",
)


def values(start: int, stop: int) -> np.ndarray:
    return np.arange(2 * start, 2 * stop, dtype=np.float32).reshape(-1, 2)


def write_small(path, blocks=((0, 5), (5, 9), (20, 22))) -> list[int]:
    """Write a log of small blocks; return the file's length after the header and each block."""
    with CaptureWriter(path, HEADER) as writer:
        lengths = [path.stat().st_size]
        for start, stop in blocks:
            writer.append(start, values(start, stop))
            writer.flush()
            lengths.append(path.stat().st_size)
    return lengths


def test_reads_back_what_was_written(tmp_path):
    path = tmp_path / "a.capture"
    write_small(path)
    capture = capture_log.scan(path)
    assert capture.header == HEADER
    expected = np.concatenate([values(0, 9), values(20, 22)])
    assert capture.values.dtype == np.float32
    np.testing.assert_array_equal(capture.values, expected)
    assert capture.gaps == (Gap(at=9, missing=11),)
    assert (capture.left_out, capture.damaged) == (0, False)


def test_opens_after_a_cut_at_any_byte(tmp_path):
    path = tmp_path / "a.capture"
    lengths = write_small(path)
    data = path.read_bytes()
    held = {lengths[0]: 0, lengths[1]: 5, lengths[2]: 9, lengths[3]: 11}
    for size in range(len(data)):
        path.write_bytes(data[:size])
        if size < lengths[0]:
            with pytest.raises(ProjectError):
                capture_log.scan(path)
            continue
        good = max(length for length in lengths if length <= size)
        capture = capture_log.scan(path)
        assert len(capture.values) == held[good]
        assert (capture.left_out, capture.damaged) == (size - good, False)


def test_a_flipped_bit_costs_its_block_alone(tmp_path):
    path = tmp_path / "a.capture"
    lengths = write_small(path)
    data = path.read_bytes()
    spans = [(0, 5), (5, 9), (20, 22)]
    for bit in range(8 * len(data)):
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bad)
        if bit // 8 < lengths[0]:
            with pytest.raises(ProjectError):
                capture_log.scan(path)
            continue
        lost = sum(length <= bit // 8 for length in lengths) - 1
        kept = [span for place, span in enumerate(spans) if place != lost]
        capture = capture_log.scan(path)
        expected = np.concatenate([values(*span) for span in kept])
        np.testing.assert_array_equal(capture.values, expected)
        assert capture.readings == len(expected)
        edges = [(0, 0), *kept]
        starts = np.cumsum([0, *(stop - start for start, stop in kept)]).tolist()
        missing = [start - before for (_, before), (start, _) in itertools.pairwise(edges)]
        gaps = [Gap(at, n) for at, n in zip(starts, missing, strict=False) if n]
        assert list(capture.gaps) == gaps
        assert capture.left_out == lengths[lost + 1] - lengths[lost]
        assert capture.damaged is (lost < 2)


def test_blocks_behind_a_long_damage_are_found(tmp_path):
    path = tmp_path / "a.capture"
    lengths = write_small(path, tuple((i * 100, i * 100 + 100) for i in range(40)))
    data = bytearray(path.read_bytes())
    noise = np.random.default_rng(0).integers(0, 256, lengths[30] - lengths[10], np.uint8)
    data[lengths[10] : lengths[30]] = noise.tobytes()
    middle = np.random.default_rng(1).integers(0, 256, 3 << 20, np.uint8).tobytes()
    path.write_bytes(data[: lengths[20]] + middle + data[lengths[20] :])
    capture = capture_log.scan(path)
    assert (capture.readings, capture.damaged) == (2000, True)
    assert capture.gaps == (Gap(1000, 2000),)
    np.testing.assert_array_equal(
        capture.values, np.concatenate([values(0, 1000), values(3000, 4000)])
    )


def test_a_log_made_to_be_slow_is_not(tmp_path):
    path = tmp_path / "a.capture"
    write_small(path)
    with path.open("ab") as file:
        file.write(struct.pack("<IQI", 1 << 19, 50, 7) * (1 << 16))
    begun = time.process_time()
    assert capture_log.scan(path).readings == 11
    assert time.process_time() - begun < 5


def test_a_block_is_written_after_some_time_or_64_kib(tmp_path):
    path = tmp_path / "a.capture"
    with CaptureWriter(path, HEADER) as writer:
        writer.append(0, values(0, 10))
        assert writer.saved == 0
        writer.append(10, values(10, 10000))
        assert writer.saved == 10000
        writer.append(10000, values(10000, 10001))
        writer.tick()
        assert writer.saved == 10000
        time.sleep(0.3)
        writer.tick()
        assert writer.saved == 10001
        assert len(capture_log.scan(path).values) == 10001  # readable while it is being written


def test_readings_that_go_back_are_refused(tmp_path):
    path = tmp_path / "a.capture"
    with CaptureWriter(path, HEADER) as writer:
        writer.append(0, values(0, 10))
        with pytest.raises(ProjectError, match="Reading 9 came after reading 9"):
            writer.append(9, values(9, 12))
    assert len(capture_log.scan(path).values) == 10


def test_an_existing_log_is_not_overwritten(tmp_path):
    path = tmp_path / "a.capture"
    write_small(path)
    with pytest.raises(ProjectError, match="could not be created"):
        CaptureWriter(path, HEADER)
    assert len(capture_log.scan(path).values) == 11


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a thing of POSIX")
def test_a_full_disk_is_told_and_costs_nothing_written_before(tmp_path):
    import resource

    path = tmp_path / "a.capture"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = CaptureWriter(path, HEADER)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        writer.append(0, values(0, 9000))
        with pytest.raises(ProjectError, match="9000 readings"):
            writer.append(9000, values(9000, 18000))
        with pytest.raises(ProjectError, match="disk refused"):
            writer.append(18000, values(18000, 27000))
        with pytest.raises(ProjectError, match="disk refused"):
            writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    capture = capture_log.scan(path)
    np.testing.assert_array_equal(capture.values, values(0, 9000))
    assert capture.left_out


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "a.capture"
    for content in (b"", b"TMLLOG1\n", os.urandom(500), b"TMLLOG1\n" + b"\xff" * 100):
        path.write_bytes(content)
        with pytest.raises(ProjectError, match=r"a\.capture"):
            capture_log.scan(path)
    with pytest.raises(ProjectError, match="cannot be read"):
        capture_log.scan(tmp_path / "absent.capture")


def test_int16_audio_keeps_its_type(tmp_path):
    header = CaptureHeader((Axis("audio"),), 16000.0, "int16")
    path = tmp_path / "a.capture"
    sound = np.array([[-32768], [32767], [0]], np.int16)
    with CaptureWriter(path, header) as writer:
        writer.append(3, sound)
    capture = capture_log.scan(path)
    assert capture.values.dtype == np.int16
    np.testing.assert_array_equal(capture.values, sound)
    assert capture.gaps == (Gap(at=0, missing=3),)


def test_blocks_larger_than_a_piece_come_in_pieces(tmp_path):
    path = tmp_path / "a.capture"
    everything = values(0, 400_000)  # 3.2 MB in one block
    with CaptureWriter(path, HEADER) as writer:
        writer.append(0, everything)
        writer.append(500_000, values(500_000, 500_010))
    capture = capture_log.scan(path)
    parts = list(capture.chunks())
    assert max(part.nbytes for part in parts) <= 1 << 20
    np.testing.assert_array_equal(np.concatenate(parts)[:400_000], everything)
    assert capture.readings == 400_010
    assert capture.gaps == (Gap(at=400_000, missing=100_000),)


def test_a_long_log_is_checked_and_read_in_little_memory(tmp_path):
    path = tmp_path / "long.capture"
    header = CaptureHeader((Axis("audio"),), 16000.0, "int16")
    block = np.arange(32_768, dtype=np.int16).reshape(-1, 1)
    with CaptureWriter(path, header) as writer:
        for number in range(600):  # 39 MB, 20 minutes
            writer.append(number * len(block), block)
    tracemalloc.start()
    capture = capture_log.scan(path)
    total = sum(len(part) for part in capture.chunks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == capture.readings == 600 * len(block)
    assert peak < 4 << 20


def test_a_log_of_an_older_program_opens(tmp_path):
    path = tmp_path / "old.capture"
    write_small(path)
    data = path.read_bytes()
    size = int.from_bytes(data[8:12], "little")
    fields = json.loads(data[16 : 16 + size])
    for name in ("session", "started_s"):
        del fields[name]
    text = json.dumps(fields).encode()
    start = data[:8] + struct.pack("<II", len(text), zlib.crc32(text)) + text
    path.write_bytes(start + data[16 + size :])
    old = capture_log.scan(path)
    assert (old.header, old.readings) == (HEADER, 11)
