import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from peers.ours import DATA, frame
from streams import runs

from studio.devices.packet import PacketDecoder
from studio.devices.readings import Assembler
from studio.types import Axis, StreamInfo

STREAM = StreamInfo("b", "f", 100.0, "int16", (Axis("x"), Axis("y")), 0)
VALUES = (np.arange(2000).reshape(1000, 2) * 31 % 4001 - 2000).astype(np.int16)


def body(first, count, sequence=1):
    """A packet's body as a board sends it, by way of the wire."""
    payload = struct.pack("<I", first % (1 << 32))
    payload += VALUES[first % 1000 : first % 1000 + count].astype("<i2").tobytes()
    (got,) = PacketDecoder().bodies(b"\0" + frame(DATA, sequence % (1 << 16), payload))
    return got


def test_even_packets_are_one_block():
    assembler = Assembler()
    (block,) = assembler.blocks([body(i * 10, 10) for i in range(30)], STREAM)
    assert block.first_reading == 0
    assert block.values.dtype == np.int16
    assert np.array_equal(block.values, VALUES[:300])
    assert assembler.lost == 0


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 2)), min_size=1, max_size=40))
def test_every_reading_is_at_its_place_however_they_came(plan):
    """Packets of any size, some lost before each, in one go and one by one."""
    bodies, places, at, sequence = [body(0, 1)], [0], 1, 1
    for count, lost in plan:
        at += 7 * lost
        sequence += lost + 1
        if at + count > 1000:
            break
        bodies.append(body(at, count, sequence))
        places += range(at, at + count)
        at += count
    together, singly = Assembler(), Assembler()
    one = runs(together.blocks(bodies, STREAM))[0]
    other = runs([block for row in bodies for block in singly.blocks([row], STREAM)])[0]
    for found in (one, other):
        assert list(found) == places
        assert all(np.array_equal(row, VALUES[i]) for i, row in found.items())
    assert together.lost == singly.lost == at - len(places)


@pytest.mark.parametrize("together", [True, False])
def test_a_damaged_packet_with_a_right_checksum_costs_itself(together):
    bodies = [body(i * 10, 10, i) for i in range(6)]
    wrong = bytearray(bodies[3])
    wrong[6] ^= 0x20  # half a thousand million readings ahead
    sent = [*bodies[:3], bytes(wrong), *bodies[4:]]
    assembler = Assembler()
    parts = [sent] if together else [[row] for row in sent]
    found = runs([block for part in parts for block in assembler.blocks(part, STREAM)])[0]
    assert list(found) == [*range(30), *range(40, 60)]
    assert (assembler.lost, assembler.left_out) == (10, 1)


def test_readings_that_the_board_dropped_are_believed_when_the_next_packet_bears_it_out():
    assembler = Assembler()
    assembler.blocks([body(0, 10, 0)], STREAM)
    assert assembler.blocks([body(500, 10, 1)], STREAM) == []
    # another packet, such as an answer, came between them
    (block,) = assembler.blocks([body(510, 10, 7)], STREAM)
    assert (block.first_reading, len(block.values)) == (500, 20)
    assert (assembler.lost, assembler.left_out) == (490, 0)


def test_old_and_strange_packets_are_left_out():
    assembler = Assembler()
    assembler.blocks([body(0, 10), body(10, 10)], STREAM)
    odd = body(20, 10)
    assert assembler.blocks([body(0, 10), odd[:-3] + odd[-2:]], STREAM) == []
    (block,) = assembler.blocks([body(20, 10)], STREAM)
    assert block.first_reading == 20
    assembler.begin()
    (block,) = assembler.blocks([body(0, 10)], STREAM)
    assert block.first_reading == 0
    assert assembler.blocks([body(10, 2)], StreamInfo("b", "f", 1.0, "int16", (), 0)) == []


def test_numbering_goes_on_beyond_what_a_packet_can_say():
    assembler = Assembler()
    assembler._next = (1 << 32) - 10
    blocks = assembler.blocks([body((1 << 32) - 10, 10), body(1 << 32, 10)], STREAM)
    assert [block.first_reading for block in blocks] == [(1 << 32) - 10]
    (block,) = assembler.blocks([body((1 << 32) + 10, 10)], STREAM)
    assert block.first_reading == (1 << 32) + 10
    assert assembler.lost == 0
