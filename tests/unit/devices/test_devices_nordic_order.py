"""The parts below the codec: sequence numbers in order, CBOR within bounds."""

import contextlib
import itertools

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.devices.cbor import MAX_DEPTH, CborError, decode
from studio.devices.sequence import PacketOrder

START = st.sampled_from([0, 5, 1000, (1 << 32) - 20])


def take(order, numbers, cuts):
    """Present numbers in batches; return places and numbers of what was accepted."""
    places = sorted({0, len(numbers), *(cut % (len(numbers) + 1) for cut in cuts)})
    found = []
    for start, stop in itertools.pairwise(places):
        batch = np.array(numbers[start:stop], np.uint32)
        for run in order.take(batch, batch[:, None]):
            found += list(enumerate(run.values[:, 0].tolist(), run.position))
    return found


@settings(max_examples=300, deadline=None)
@given(START, st.sets(st.integers(0, 60), min_size=1), st.lists(st.integers(0, 60), max_size=20))
def test_whatever_is_lost_the_rest_is_in_place(start, kept, cuts):
    kept = sorted(kept)
    order = PacketOrder(64)
    order.begin()
    found = take(order, [(start + number) % (1 << 32) for number in kept], cuts)
    wanted = [(number - kept[0], (start + number) % (1 << 32)) for number in kept]
    assert found in (wanted, wanted[:-1])  # what follows the last one may have to tell
    assert order.odd == 0
    if found == wanted:
        assert order.lost == kept[-1] - kept[0] + 1 - len(kept)


@settings(max_examples=300, deadline=None)
@given(START, st.integers(2, 57), st.integers(0, (1 << 32) - 1), st.lists(st.integers(0, 60)))
def test_one_wrong_number_costs_its_packet_at_most(start, place, wrong, cuts):
    numbers = [(start + number) % (1 << 32) for number in range(60)]
    numbers[place] = wrong
    order = PacketOrder(64)
    order.begin()
    found = take(order, numbers, cuts)
    right = [(i, number) for i, number in enumerate(numbers) if i != place]
    assert [row for row in found if row[0] != place] == right
    assert order.lost + order.odd in (0, 2)


def test_a_restart_is_noticed_though_packets_are_lost():
    order = PacketOrder(64)
    order.begin()
    numbers = np.array([*range(100), 3, 5, 6], np.uint32)
    runs = order.take(numbers, numbers)
    assert [(run.position, len(run.values), run.restarted) for run in runs] == [
        (0, 100, False),
        (3, 1, True),
        (5, 2, False),
    ]
    assert order.lost == 4


KEYS = st.one_of(st.text(max_size=5), st.integers(-9, 9))
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(1 << 64), (1 << 64) - 1),
        st.floats(allow_nan=False),
        st.text(max_size=30),
        st.binary(max_size=30),
    ),
    lambda one: st.one_of(st.lists(one, max_size=30), st.dictionaries(KEYS, one, max_size=5)),
    max_leaves=30,
)


def depth(value):
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0) if isinstance(value, dict | list) else 1


@settings(max_examples=300, deadline=None)
@given(VALUES, st.booleans(), st.binary(max_size=9))
def test_reads_what_an_independent_writer_wrote(value, shortest, after):
    data = cbor2.dumps(value, canonical=shortest)
    if depth(value) > MAX_DEPTH:
        with pytest.raises(CborError, match="deeper"):
            decode(data)
    else:
        assert decode(data + after) == (value, len(data))


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=100))
def test_arbitrary_bytes_raise_nothing_else(data):
    with contextlib.suppress(CborError):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x9b" + b"\xff" * 8, b"\xbb" + b"\xff" * 8, b"\x7b" + b"\xff" * 8, b"\xff", b"\x1c"],
)
def test_what_claims_more_than_there_is_is_refused(data):
    with pytest.raises(CborError):
        decode(data)
