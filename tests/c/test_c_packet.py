"""The board's packet codec against the PC's, against zlib, and against damage."""

import random
import shutil
import subprocess
import zlib
from binascii import crc_hqx
from pathlib import Path

import cffi
import pytest
from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.devices.packet import MAX_FRAME, Packet, PacketDecoder, encode
from studio.paths import RUNTIME
from studio.runtime.cc import build_library

CDEF = """
uint16_t tml_crc16(uint16_t crc, const uint8_t *bytes, uint32_t count);
uint32_t tml_crc32(uint32_t crc, const uint8_t *bytes, uint32_t count);
typedef struct { uint8_t type; uint16_t sequence; uint32_t size; const uint8_t *payload; }
    tml_packet;
typedef struct { uint8_t frame[246]; uint32_t fill; uint32_t overflow; } tml_packet_decoder;
uint32_t tml_packet_finish(uint8_t *frame, uint8_t type, uint16_t sequence, uint32_t size);
void tml_packet_decoder_init(tml_packet_decoder *decoder);
int tml_packet_decoder_push(tml_packet_decoder *decoder, uint8_t byte, tml_packet *packet);
"""
FFI = cffi.FFI()
FFI.cdef(CDEF)


@pytest.fixture(scope="module")
def codec():
    files = [RUNTIME / "stream" / "packet.c", RUNTIME / "stream" / "crc.c"]
    return FFI.dlopen(str(build_library("packet-test", files=files, include=[RUNTIME])))


def c_encode(codec, kind: int, sequence: int, payload: bytes) -> bytes:
    frame = FFI.new("uint8_t[]", MAX_FRAME)
    FFI.memmove(frame + 4, payload, len(payload))
    count = codec.tml_packet_finish(frame, kind, sequence, len(payload))
    return bytes(FFI.buffer(frame, count))


def c_decode(codec, data: bytes) -> tuple[list[Packet], int]:
    decoder = FFI.new("tml_packet_decoder *")
    packet = FFI.new("tml_packet *")
    codec.tml_packet_decoder_init(decoder)
    found, damaged = [], 0
    for byte in data:
        result = codec.tml_packet_decoder_push(decoder, byte, packet)
        if result == 1:
            payload = bytes(FFI.buffer(packet.payload, packet.size))
            found.append(Packet(packet.type, packet.sequence, payload))
        damaged += result == -1
    return found, damaged


payloads = st.one_of(
    st.binary(max_size=240),
    st.lists(st.sampled_from([0, 1, 255]), max_size=240).map(bytes),
)
packets = st.builds(Packet, st.integers(0, 255), st.integers(0, 65535), payloads)


@given(packets)
@settings(max_examples=200, deadline=None)
def test_both_sides_write_the_same_bytes(codec, packet):
    sent = encode(packet.type, packet.sequence, packet.payload)
    assert c_encode(codec, packet.type, packet.sequence, packet.payload) == sent
    assert sent.count(0) == 1
    assert len(sent) <= MAX_FRAME
    body = cobs.decode(sent[:-1])
    assert int.from_bytes(body[-2:], "little") == crc_hqx(body[:-2], 0xFFFF)
    assert c_decode(codec, sent) == ([packet], 0)
    assert PacketDecoder().feed(sent) == [packet]


@given(st.lists(packets, max_size=6), st.binary(max_size=600), st.randoms())
@settings(max_examples=100, deadline=None)
def test_in_step_again_after_noise(codec, sent, noise, rng):
    stream = noise + b"\0" + b"".join(encode(p.type, p.sequence, p.payload) for p in sent)
    found, _ = c_decode(codec, stream)
    assert found[len(found) - len(sent) :] == sent
    decoder, mine = PacketDecoder(), []
    while stream:
        size = rng.randint(1, 300)
        mine += decoder.feed(stream[:size])
        stream = stream[size:]
    assert mine == found


def test_every_flipped_bit_is_noticed(codec):
    rng = random.Random(5)
    for size in (0, 1, 8, 40, 240):
        for alphabet in (256, 3):
            payload = bytes(rng.randrange(alphabet) for _ in range(size))
            good = encode(2, rng.randrange(65536), payload)
            packet = PacketDecoder().feed(good)[0]
            for bit in range(8 * len(good)):
                bad = bytearray(good)
                bad[bit // 8] ^= 1 << bit % 8
                # a second packet follows: a lost boundary may cost it, never falsify it
                second = Packet(1, 7, b"next")
                stream = bytes(bad) + encode(1, 7, b"next") + encode(1, 8, b"last")
                found, damaged = c_decode(codec, stream)
                assert packet not in found
                assert found in ([second, Packet(1, 8, b"last")], [Packet(1, 8, b"last")])
                assert damaged >= 1
                assert PacketDecoder().feed(b"\0" + stream) == found


def test_too_long_is_refused(codec):
    with pytest.raises(ValueError, match="241"):
        encode(2, 0, bytes(241))
    frame = FFI.new("uint8_t[]", 512)
    assert codec.tml_packet_finish(frame, 2, 0, 241) == 0
    assert codec.tml_packet_finish(frame, 2, 0, 0xFFFFFFFF) == 0


@given(st.binary(max_size=700), st.integers(0, 700))
@settings(max_examples=100, deadline=None)
def test_checksums_are_the_known_ones_and_work_in_parts(codec, data, cut):
    head, tail = data[:cut], data[cut:]
    first = codec.tml_crc32(0, head, len(head))
    assert codec.tml_crc32(first, tail, len(tail)) == zlib.crc32(data)
    first = codec.tml_crc16(0xFFFF, head, len(head))
    assert codec.tml_crc16(first, tail, len(tail)) == crc_hqx(data, 0xFFFF)


def test_decoder_stays_within_its_memory(tmp_path):
    gcc = shutil.which("gcc") or shutil.which("clang")
    if gcc is None:
        pytest.skip("no gcc or clang with an address sanitizer")
    program = tmp_path / "fuzz"
    sources = [
        Path(__file__).with_name("packet_fuzz.c"),
        RUNTIME / "stream" / "packet.c",
        RUNTIME / "stream" / "crc.c",
    ]
    flags = ["-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
    argv = [gcc, *flags, f"-I{RUNTIME}", *map(str, sources), "-o", str(program)]
    if subprocess.run(argv, capture_output=True, check=False).returncode != 0:
        pytest.skip("this compiler has no address sanitizer")
    ran = subprocess.run([program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:] + ran.stdout
