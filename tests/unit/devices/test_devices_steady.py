"""One numbering over resets and reconnects; the sources are written out reading by reading."""

import numpy as np
import pytest

from studio.devices.source import Block, Item, LinkStats, Restarted, Source, Text
from studio.devices.steady import Changed, Resumed, Steady, Waiting
from studio.errors import DeviceError
from studio.types import Axis, StreamInfo

STREAM = StreamInfo("told", "", 1000.0, "int16", (Axis("a"),), 0)


class Told:
    """Delivers what it was told, then nothing; an error in the list is raised."""

    url = "told"

    def __init__(self, reads: list[list[Item] | DeviceError], stream: StreamInfo = STREAM) -> None:
        self._reads = reads
        self._stream = stream
        self.stats = LinkStats(board_dropped=7)
        self.starts = 0

    def hello(self, *, timeout_s: float = 6.0) -> StreamInfo:
        return self._stream

    def start(self) -> StreamInfo:
        self.starts += 1
        return self._stream

    def stop(self) -> None:
        raise DeviceError("It has gone.", "")

    def read(self) -> list[Item]:
        given = self._reads.pop(0) if self._reads else []
        if isinstance(given, DeviceError):
            raise given
        return given

    def waiting(self) -> list[Item]:
        return []

    def close(self) -> None:
        pass


def block(first: int, count: int) -> Block:
    return Block(first, np.arange(first, first + count, dtype=np.int16).reshape(-1, 1))


def steady(*sources: Source, patience_s: float = 5.0) -> Steady:
    left = list(sources)
    made = Steady(lambda _: left.pop(0), stall_s=4.0, patience_s=patience_s)
    made.hello()
    made.start()
    return made


def read(made: Steady, times: int) -> list:
    return [item for _ in range(times) for item in made.read()]


def test_a_reset_leaves_a_gap_however_short_it_was():
    source = Told([[block(0, 100)], [Restarted(), block(0, 5)], [block(0, 500)], [block(500, 10)]])
    made = steady(source)
    items = read(made, 4)
    first, restarted, waiting, resumed, second, third = items
    assert isinstance(restarted, Restarted)
    assert isinstance(waiting, Waiting)
    assert isinstance(resumed, Resumed)
    assert resumed.missing >= 1  # 500 cannot have come since; the seam is seen
    assert source.starts == 2
    assert first.first_reading == 0
    assert second.first_reading == 100 + resumed.missing
    assert third.first_reading == second.first_reading + 500
    assert made.stats.lost_readings == resumed.missing
    assert made.stats.board_dropped == 0  # what it dropped before is not of this recording


def test_a_port_that_goes_is_opened_again_as_the_same():
    sources = [Told([[block(0, 100)], DeviceError("It has gone.", "")]), Told([[block(3, 10)]])]
    made = steady(*sources)
    items = []
    while len(items) < 4:
        items += made.read()
    first, waiting, resumed, second = items
    assert waiting == Waiting("It has gone.")
    assert resumed.away_s > 0.4
    assert resumed.missing == pytest.approx(1000 * resumed.away_s, abs=30)
    assert second.first_reading == 100 + resumed.missing
    assert first.values.tolist() == block(0, 100).values.tolist()
    assert made.stop() == []


def test_another_sensor_is_not_taken_for_the_same():
    other = StreamInfo("told", "", 1000.0, "int16", (Axis("b"),), 0)
    made = steady(Told([[block(0, 9)], DeviceError("It has gone.", "")]), Told([], other))
    items = []
    while len(items) < 3:
        items += made.read()
    assert items[2] == Changed(other)


def test_without_patience_the_first_failure_ends_it():
    made = steady(Told([[block(0, 9)], DeviceError("It has gone.", "")]), patience_s=0)
    assert len(made.read()) == 1
    with pytest.raises(DeviceError, match="It has gone"):
        made.read()


def test_numbers_that_are_none_lie_in_gaps():
    stream = StreamInfo("told", "", 1000.0, "float32", (Axis("a"),), 0)
    values = np.array([[1], [np.nan], [np.inf], [2], [3], [np.nan]], np.float32)
    made = steady(Told([[Block(0, values)], [Block(6, values[:1])]], stream))
    items = read(made, 2)
    assert [(one.first_reading, one.values.ravel().tolist()) for one in items] == [
        (0, [1.0]),
        (3, [2.0, 3.0]),
        (6, [1.0]),
    ]
    assert made.stats.lost_readings == 3


def text_stream(*names: str, hz: float = 100.0) -> StreamInfo:
    axes = tuple(Axis(name) for name in names)
    return StreamInfo("", "text lines", hz, "float32", axes, 0, measured=True)


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (("x", "y"), False),
        (("axis1", "axis2"), False),
        (("x", "}"), False),
        (("x", "y", "z"), True),
    ],
)
def test_names_without_a_checksum_do_not_end_a_recording(now, changed):
    gone = DeviceError("Unplugged.", "")
    before = Told([[block(0, 10)], gone], text_stream("x", "y"))
    made = steady(before, Told([[block(0, 5)]], text_stream(*now)))
    made._retry = 0.0
    items = read(made, 2)
    made._retry = 0.0
    items += read(made, 2)
    assert any(isinstance(item, Changed) for item in items) is changed
    renamed = [item.text for item in items if isinstance(item, Text)]
    assert bool(renamed) is (not changed and now != ("x", "y"))


@pytest.mark.parametrize(
    ("rates", "changed"),
    [((100.0,), False), ((95.0,), False), ((50.0, 50.0), True), ((140.0, 100.0), False)],
)
def test_another_rate_that_is_measured_twice_is_another_sensor(rates, changed):
    gone = DeviceError("Unplugged.", "")
    before = Told([[block(0, 10)], gone], text_stream("x"))
    made = steady(before, *(Told([[block(0, 5)]], text_stream("x", hz=hz)) for hz in rates))
    items = read(made, 2)
    for _ in range(4):
        made._retry = 0.0
        items += made.read()
    assert any(isinstance(item, Changed) for item in items) is changed
    assert sum(isinstance(item, Waiting) for item in items) == 1
    assert any(isinstance(item, Resumed) for item in items) or changed
